"""Every answer the vendor's reference leaves open, chosen in one place and open to a switch.

The grades are the reference's: C confirmed, C2 stated by maintainers of connectors, R recorded, I inferred, U unknown.
A check against a real portal corrects this page and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


def _one_of(default: str, *others: str) -> Any:
    return field(default=default, metadata={"of": (default, *others)})


@dataclass(frozen=True)
class Choices:
    """One portal's behaviour wherever the reference is silent or of two minds; each name is a switch."""

    searches_per_second: int = 5  # C, per account
    per_ten_seconds: int = 190  # C for Professional and Enterprise
    per_day: int = 650_000  # C for Professional
    time_zone: str = "US/Eastern"  # C: the day of the limit begins at midnight here
    currency: str = "USD"
    search_policy_name: bool = False  # R without (2022); C2 newer ones carry policyName SECONDLY
    search_headers: bool = True  # R the two Daily headers on search answers; C none at all

    search_delay_seconds: float = 5.0  # C "a few moments": until the index shows a change
    search_late_share: float = 0.0  # C2: which share of the changes surfaces late, out of order
    search_late_seconds: float = 3600.0  # C2: how late those surface at most, up to an hour
    search_order: str = _one_of("sorted", "loose")  # C2: not reliably in the order asked for
    search_groups: int = 5  # C 5; the specification says 6
    unknown_filter: str = _one_of("refused", "nothing")  # U: a filter or sort by a property that does not exist

    silent_merged: str = _one_of("missing", "resolved", "error")  # R: batch read of an id that was merged away
    merge_id: str = _one_of("winner", "new")  # U: whether the winner of a merge gets a new id
    dropped_id: str | None = None  # R: an id carried out and left out of the answer without a word
    shuffle: bool = True  # R: the order of a batch's results is not that of its inputs
    to_object_id: str = _one_of("number", "string")  # R number, C string
    associations_per_record: int = 500  # U: how many associations of one record a batch shows at once
    ties_of_gone: str = _one_of(
        "error", "none"
    )  # U: associations of a record that is not there; none as of an empty one
    ties_of_merged: str = _one_of("resolved", "error")  # U: associations asked for by an id that was merged away
    associating_moves_stamp: bool = True  # I: num_associated_contacts is written, and so the stamp moves
    touch_seconds: int = 0  # R 2 to 4: background processes touch a record made so long ago; 0 never
    property_exists_status: int = 409  # U 409 or 400
    unknown_owner: str = _one_of("refused", "accepted")  # U: an owner id that no living owner has
    closed_won_date: str = _one_of("moment", "empty", "zero")  # C2: hs_closed_won_date as found in portals

    def with_switches(self, switches: Mapping[str, Any]) -> "Choices":
        """Return these choices with `switches` thrown; raises `ValueError` for a name or value unknown."""
        known = {each.name: each for each in fields(self)}
        for name, value in switches.items():
            if name not in known:
                raise ValueError(f"HubSpot has no switch {name!r}. Use one of: {', '.join(sorted(known))}.")
            _check(name, value, known[name].default, known[name].metadata.get("of"))
        return replace(self, **switches)


def _check(name: str, value: Any, default: Any, allowed: tuple[str, ...] | None) -> None:
    if allowed is not None and value not in allowed:
        raise ValueError(f"Switch {name!r} is one of {', '.join(allowed)}; got {value!r}.")
    wanted: tuple[type, ...] = (str, type(None)) if default is None else (type(default),)
    if type(default) is float:
        wanted = (int, float)
    if type(value) not in wanted:
        names = " or ".join(each.__name__ for each in wanted)
        raise ValueError(f"Switch {name!r} takes {names}; got {value!r}.")
    if isinstance(value, int | float) and value < 0:
        raise ValueError(f"Switch {name!r} takes a number of at least 0; got {value!r}.")
