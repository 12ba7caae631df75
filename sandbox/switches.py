"""Switches: the answers that a vendor's reference leaves open, one field each of a frozen dataclass."""

from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any, TypeVar

Choices = TypeVar("Choices")


def one_of(default: str, *others: str) -> Any:
    """Return a field that takes one of these words."""
    return field(default=default, metadata={"of": (default, *others)})


def thrown(choices: Choices, switches: Mapping[str, Any], vendor: str) -> Choices:
    """Return choices with `switches` thrown; raises `ValueError` for a name or value unknown."""
    known = {each.name: each for each in fields(choices)}  # type: ignore[arg-type]
    for name, value in switches.items():
        if name not in known:
            raise ValueError(f"{vendor} has no switch {name!r}. Use one of: {', '.join(sorted(known))}.")
        _check(name, value, known[name].default, known[name].metadata.get("of"))
    return replace(choices, **switches)  # type: ignore[type-var]


def _check(name: str, value: Any, default: Any, allowed: tuple[str, ...] | None) -> None:
    if allowed is not None and value not in allowed:
        raise ValueError(f"Switch {name!r} is one of {', '.join(allowed)}; got {value!r}.")
    wanted: tuple[type, ...] = (str, type(None)) if default is None else (type(default),)
    if type(value) not in wanted:
        raise ValueError(f"Switch {name!r} takes {' or '.join(t.__name__ for t in wanted)}; got {value!r}.")
