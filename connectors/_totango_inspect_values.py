"""Whether the names and values that the mapping writes are those of the tenant."""

from collections.abc import Iterator, Mapping, Sequence

from connectors._totango_lists import LISTS, Lists
from connectors._totango_records import Hit, Records
from connectors._totango_settings import ACCOUNT, ENROLMENT, ROW
from connectors._totango_values import ATTRIBUTE, ATTRIBUTE_RULE, IDS
from connectors._totango_wire import TooMany, Wire
from handoff.inspection import REVOPS, Check, ExpectedField, ExpectedStep, Finding, looked, not_checked
from handoff.yaml_files import nearest

ADMIN = "a Totango admin"


class Values:
    """Looks at lists, attributes and stages; a few calls at most."""

    def __init__(self, wire: Wire, records: Records, lists: Lists) -> None:
        self._wire, self._records, self._lists = wire, records, lists
        self._system = wire.exchange.system

    def check_lists(self, name: str, steps: Sequence[ExpectedStep]) -> Check:
        """Return the check of flows, touchpoint types and tags: that they are there, and not disabled."""
        found, told = [], []
        for field in (one for step in steps for one in step.fields if one.name in LISTS and one.literals):
            entries = self._lists.of(field.name)
            what = LISTS[field.name][2]
            for said in field.literals:
                entry = next((one for one in entries if said in (one.id, one.name)), None) or next(
                    (one for one in entries if said.casefold() == one.name.casefold()), None
                )
                told.append(f"{what} {said}")
                if entry is None:
                    names = nearest(said, [one.name for one in entries])
                    found.append(Finding(f"There is no {what} {said!r}; {field.place} names it.", ADMIN, names))
                elif entry.disabled:
                    found.append(
                        Finding(f"The {what} {said!r} is disabled; {field.place} names it.", ADMIN, "Enable it.")
                    )
        return looked(self._system, name, found, ", ".join(dict.fromkeys(told)) or "the mapping names none")

    def check_attributes(self, name: str, steps: Sequence[ExpectedStep]) -> Check:
        """Return the check of attributes' names: a search refuses some, and what none holds nobody can see."""
        found = [
            Finding(
                f"{field.name!r}, {field.place}: {ATTRIBUTE_RULE}.",
                REVOPS,
                "Correct the name in the mapping.",
            )
            for field in _attributes(steps, (ACCOUNT, ENROLMENT, ROW))
            if not ATTRIBUTE.fullmatch(field.name)
        ]
        told = "attributes are made by hand in Totango's Data Modeler; whether one is missing no call tells"
        return looked(self._system, name, found, told)

    def check_stages(self, name: str, steps: Sequence[ExpectedStep]) -> Check:
        """
        Return the check of lifecycle stages, whose case counts: against those that accounts are in.

        No call lists the stages; one in which no account is yet cannot be told from a wrong one.
        """
        lifecycles = self._wire.settings.lifecycle_attributes
        fields = [one for one in _attributes(steps, (ACCOUNT, ENROLMENT)) if one.name in lifecycles and one.literals]
        if not fields:
            return looked(self._system, name, told="the mapping writes no lifecycle stage")
        known = self._known([one.name for one in fields])
        found, unseen = [], []
        for field in fields:
            stages = known.get(field.name, frozenset())
            for said in field.literals:
                if said in stages:
                    continue
                alike = next((one for one in stages if one.casefold() == said.casefold()), None)
                if alike is None:
                    unseen.append(f"{field.name} = {said!r}")
                else:
                    what = f"{field.name}: {said!r} is spelled {alike!r} in Totango; {field.place} writes it."
                    remedy = f"Write {alike!r} in the mapping: the case counts, and another stage is passed over."
                    found.append(Finding(what, REVOPS, remedy))
        if unseen and not found:
            because = (
                f"no account is in {', '.join(unseen)} yet, and no call lists the stages; compare the spelling by hand"
            )
            return not_checked(self._system, name, because)
        return looked(self._system, name, found, f"not seen yet: {', '.join(unseen)}" if unseen else "")

    def _known(self, names: Sequence[str]) -> Mapping[str, frozenset[str]]:
        hits: list[Hit] = []
        try:
            for page in self._records.every_account(names):
                hits += page
        except TooMany:
            hits = self._records.some_accounts(names)
        return {name: frozenset(str(hit.values[name]) for hit in hits if hit.values.get(name)) for name in names}


def _attributes(steps: Sequence[ExpectedStep], kinds: Sequence[str]) -> Iterator[ExpectedField]:
    for step in steps:
        yield from (one for one in step.fields if step.kind in kinds and one.name not in IDS)
