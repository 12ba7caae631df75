"""Which record is associated with which, under which types."""

from collections.abc import Iterable
from typing import NamedTuple

from sandbox.hubspot.objects import ASSOCIATIONS, FIRST_LABEL, LABELS


class Type(NamedTuple):
    """One type of association, in one direction."""

    category: str
    id: int
    label: str | None


class Types:
    """The types of association of a portal."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], list[Type]] = {}
        for pair, (plain, primary) in ASSOCIATIONS.items():
            if primary is not None:
                self._of.setdefault(pair, []).append(Type("HUBSPOT_DEFINED", primary, "Primary"))
            self._of.setdefault(pair, []).append(Type("HUBSPOT_DEFINED", plain, None))
        self._next = FIRST_LABEL
        for label in LABELS:
            self.add("deals", "contacts", label)

    def add(self, from_kind: str, to_kind: str, label: str) -> Type:
        """Make a label for both directions, or return the one there is."""
        known = self.labelled(from_kind, to_kind, label)
        if known is not None:
            return known
        there, back = (Type("USER_DEFINED", self._next + step, label) for step in (0, 1))
        self._next += 2
        self._of[from_kind, to_kind].append(there)
        self._of[to_kind, from_kind].append(back)
        return there

    def between(self, from_kind: str, to_kind: str) -> list[Type]:
        """Return the types from one type of object to another; none where they cannot be associated."""
        return self._of.get((from_kind, to_kind), [])

    def plain(self, from_kind: str, to_kind: str) -> Type:
        """Return the type without a label; raises `ValueError` where there is none."""
        found = next((each for each in self.between(from_kind, to_kind) if each.label is None), None)
        if found is None:
            raise ValueError(f"{from_kind} cannot be associated with {to_kind}.")
        return found

    def labelled(self, from_kind: str, to_kind: str, label: str) -> Type | None:
        """Return the type of a label, in whatever case, or None."""
        wanted = label.lower()
        return next((each for each in self.between(from_kind, to_kind) if (each.label or "").lower() == wanted), None)

    def numbered(self, from_kind: str, type_id: int) -> tuple[str, Type] | None:
        """Return to which type of object a type of association leads, and the type; None for one unknown."""
        for (begin, end), types in self._of.items():
            for each in types:
                if begin == from_kind and each.id == type_id:
                    return end, each
        return None

    def inverse(self, from_kind: str, to_kind: str, one: Type) -> Type:
        """Return the same type in the other direction."""
        place = self.between(from_kind, to_kind).index(one)
        return self.between(to_kind, from_kind)[place]


class Links:
    """The associations of a portal, each known from both of its ends."""

    def __init__(self) -> None:
        self.types = Types()
        self._of: dict[tuple[str, str], dict[str, dict[str, set[Type]]]] = {}

    def tie(self, from_kind: str, from_id: str, to_kind: str, to_id: str, types: Iterable[Type]) -> bool:
        """Associate two records under these types and the plain one; return whether anything is new."""
        wanted = {self.types.plain(from_kind, to_kind), *types}
        there = self._pair(from_kind, from_id, to_kind).setdefault(to_id, set())
        if wanted <= there:
            return False
        there |= wanted
        back = self._pair(to_kind, to_id, from_kind).setdefault(from_id, set())
        back |= {self.types.inverse(from_kind, to_kind, each) for each in wanted}
        return True

    def untie(self, from_kind: str, from_id: str, to_kind: str, to_id: str) -> bool:
        """Take every association of two records away; return whether there was one."""
        found = self._pair(from_kind, from_id, to_kind).pop(to_id, None)
        self._pair(to_kind, to_id, from_kind).pop(from_id, None)
        return found is not None

    def of(self, from_kind: str, from_id: str, to_kind: str) -> dict[str, list[Type]]:
        """Return the records of one type that a record is associated with, and under which types."""
        found = self._of.get((from_kind, to_kind), {}).get(from_id, {})
        order = self.types.between(from_kind, to_kind)
        return {to_id: [each for each in order if each in types] for to_id, types in found.items()}

    def targets(self, from_kind: str) -> list[str]:
        """Return the types of object that records of a type are associated with."""
        return [end for begin, end in self._of if begin == from_kind]

    def _pair(self, from_kind: str, from_id: str, to_kind: str) -> dict[str, set[Type]]:
        return self._of.setdefault((from_kind, to_kind), {}).setdefault(from_id, {})
