"""What the mapping files may say already and the bridge does not act on yet; `check` tells it."""

from collections.abc import Iterator

from handoff.canonical import LATER
from handoff.contract import Contract
from handoff.mapping_files import SourceFile, TargetFile
from handoff.people import People
from handoff.yaml_files import Lines, Location

Notice = tuple[Location, str]


def not_in_force(lines: Lines, notices: Iterator[Notice]) -> list[str]:
    """Return the notices in words, each with the place where it stands."""
    return [f"{lines.finding(at, 'not in force yet')}; until then {what}." for at, what in notices]


def of_contract(contract: Contract) -> Iterator[Notice]:
    """Yield what of `handoff.yml` waits for a later release."""
    if contract.trigger.prepare_at:
        yield ("trigger", "prepare_at"), "a deal is read once it is won"
    if contract.incomplete.do == "wait" or contract.incomplete.wait_at_most:
        yield ("incomplete",), "an incomplete deal is handed off, and Sales is told what is missing"
    for index, segment in enumerate(contract.segments):
        if segment.incomplete == "wait":
            yield (
                ("segments", index, "incomplete"),
                "an incomplete deal is handed off, and Sales is told what is missing",
            )
    for index, rule in enumerate(contract.routing):
        if rule.use != "fixed":
            yield (
                ("routing", index, "use"),
                f"{rule.use} is passed over, and the lead of the segment's team receives it",
            )
    for name in contract.deadlines:
        yield ("deadlines", name), "its due date is computed, and nobody is told when it has passed"
    if contract.ladder:
        yield ("ladder",), "nobody is told that something is late"
    if contract.pause is not None:
        yield ("pause",), "no clock stands still"


def of_people(people: People) -> Iterator[Notice]:
    """Yield what of `people.yml` waits for a later release."""
    for name, calendar in people.calendars.items():
        if "hours" in calendar.model_fields_set:
            yield ("calendars", name, "hours"), "hours count around the clock, and a working day is a whole one"
    for key in ("manager", "team", "territories", "skills", "capacity", "away", "slack", "users"):
        index = next((i for i, person in enumerate(people.people) if getattr(person, key)), None)
        if index is not None:
            yield ("people", index, key), "nobody is chosen or told by it"


def of_source(source: SourceFile) -> Iterator[Notice]:
    """Yield what of a source file waits for a later release."""
    if source.write_back.to == "handoff_object":
        yield ("write_back", "to"), "nothing is written back"


def of_target(target: TargetFile) -> Iterator[Notice]:
    """Yield what of a target file waits for a later release."""
    for name in target.signals:
        yield ("signals", name), "nothing is read back for it"
    for step, spec in target.steps.items():
        for field, rule in spec.fields.items():
            if set(rule.sources) & set(LATER):
                yield ("steps", step, "fields", field), f"nothing fills {rule.sources[0]}, and the field is left out"
