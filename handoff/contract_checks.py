"""What does not fit together in `handoff.yml`, with itself and with the other files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from handoff.canonical import GIVEN, MOMENTS, OF_CUSTOMER
from handoff.conditions import Test, walk
from handoff.contract import EXCLUDED, NEW_CUSTOMER, Contract, Routing, Segment
from handoff.known_kinds import Known
from handoff.mapping_files import SourceFile, TargetFile
from handoff.named_accounts import ACCOUNT_ID
from handoff.people import ROLES, People
from handoff.same_customer import FIELDS
from handoff.yaml_files import Location, Mistake, nearest

EVENTS = (
    *("complete_at", "accepted_at", "sent_back_at", "first_touch_at"),
    *("intro_set_at", "intro_held_at", "kickoff_set_at", "kickoff_on"),
)
"""What a deadline may wait for, besides signals and fields."""

OF_SEGMENT = "{segment}"
OWNERS = ("rep", "receiver", "lead")
TOLD = ("owner", "owner.manager", "receiver", "lead", "rep", "rep.manager")

TOO_EARLY = {
    "kinds": ("kind", "segment", "transfer", "completeness", "gaps", "receiver.email", "lead.email"),
    "segments": ("segment", "transfer", "completeness", "gaps", "receiver.email", "lead.email"),
    "fields": ("completeness", "gaps", "receiver.email", "lead.email"),
    "routing": ("receiver.email",),
    "platforms": ("completeness", "gaps", "receiver.email", "lead.email"),
}
"""Per section the fields that are decided only after its conditions were asked."""


@dataclass(frozen=True)
class Neighbours:
    """The other files, as the contract speaks of them; `known` are all canonical fields."""

    folder: Path
    people: People
    source: SourceFile
    target: TargetFile
    platform: str
    known: frozenset[str]

    @property
    def platforms(self) -> frozenset[str]:
        """The platforms that this folder has a target file for."""
        return frozenset(one.stem for one in (self.folder / "targets").glob("*.yml")) | {self.platform}


def mistakes_in_contract(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    """Yield each mistake with the key where it stands; the words say how to fix it."""
    yield from _conditions(contract, near)
    yield from _segments(contract)
    yield from _kinds(contract)
    yield from _fields(contract, near)
    yield from _routing(contract, near)
    yield from _platforms(contract)
    yield from _same_customer(contract, near)
    yield from _deadlines(contract, near)
    yield from _ladder(contract, near)
    yield from _exceptions(contract, near)
    yield from _deliver(contract, near)
    if contract.currency.base in contract.currency.rates and "base" in contract.currency.model_fields_set:
        yield ("currency", "rates", contract.currency.base), "this is the base itself. Take its rate out"


# Conditions


def written_conditions(contract: Contract) -> Iterator[tuple[Location, Any]]:
    """Yield every condition that the contract writes, named or in place."""
    yield from ((("conditions", name), rule) for name, rule in contract.conditions.items())
    lists: tuple[tuple[str, Sequence[Any]], ...] = (
        ("kinds", contract.kinds),
        ("segments", contract.segments),
        ("routing", contract.routing),
        ("platforms", contract.platforms),
    )
    for section, rules in lists:
        yield from (((section, i, "when"), rule.when) for i, rule in enumerate(rules) if rule.when is not None)
    for name, field in contract.fields.items():
        if field.required_when is not None:
            yield ("fields", name, "required_when"), field.required_when
    if contract.rollout.only is not None:
        yield ("rollout", "only"), contract.rollout.only


def mistakes_in_condition(at: Location, rule: Any, contract: Contract, known: Iterable[str]) -> Iterator[Mistake]:
    """Yield the names that no condition has and the fields that nothing fills."""
    for inside, one in walk(rule, at):
        if isinstance(one, str) and one not in contract.conditions:
            write = "Write a name, a list of names, or a test: {field: arr, at_least: 20000}"
            yield inside, f"{one!r} is no condition. {write if ' ' in one else nearest(one, contract.conditions)}"
        elif isinstance(one, Test) and one.field not in set(known):
            yield (*inside, "field"), f"{one.field!r} is filled by no mapping. {nearest(one.field, known)}"


def mistakes_in_tests(at: Location, rule: Any, kinds: Known) -> Iterator[Mistake]:
    """Yield why a test in this condition can never hold."""
    for inside, one in walk(rule, at):
        if isinstance(one, Test):
            yield from ((inside, what) for _, what in kinds.mistakes_in_test(one))


def never_true(contract: Contract, source: SourceFile) -> Iterator[Mistake]:
    """Yield the tests that ask for a value that the source's table never gives: no mistake, and worth knowing."""
    kinds = Known(contract, source)
    for at, rule in written_conditions(contract):
        for inside, one in walk(rule, at):
            if isinstance(one, Test) and (never := kinds.never_holds(one)):
                yield inside, f"the source never gives {one.field} the value {never}, so this never holds for it"


def _conditions(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    for at, rule in written_conditions(contract):
        yield from mistakes_in_condition(at, rule, contract, near.known)
        yield from mistakes_in_tests(at, rule, Known(contract, near.source))
    circle = circle_of(contract)
    if circle:
        yield ("conditions", circle[0]), f"it asks for itself: {' -> '.join(circle)}. Take one of these names away"
        return
    for at, rule in written_conditions(contract):
        for name in tests_of(rule, contract):
            if name in TOO_EARLY.get(str(at[0]), ()):
                yield at, f"{name!r} is decided later than this. Test a field of the deal"


def circle_of(contract: Contract) -> list[str]:
    """Return the named conditions that ask for each other in a circle, [] where none do."""
    graph = {
        name: {one for _, one in walk(rule) if isinstance(one, str)} & contract.conditions.keys()
        for name, rule in contract.conditions.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def tests_of(rule: Any, contract: Contract) -> Iterator[str]:
    """Yield the fields that a condition asks about, through the names in it; there must be no circle."""
    for _, one in walk(rule):
        if isinstance(one, Test):
            yield one.field
        elif one in contract.conditions:
            yield from tests_of(contract.conditions[one], contract)


# Sections


def _segments(contract: Contract) -> Iterator[Mistake]:
    names = [segment.name for segment in contract.segments]
    for index, segment in enumerate(contract.segments):
        yield from ((("segments", index, *inside), what) for inside, what in _segment(contract, index, segment, names))


def _segment(contract: Contract, index: int, segment: Segment, names: Sequence[str]) -> Iterator[Mistake]:
    last = index == len(names) - 1
    if segment.name in names[:index]:
        yield ("name",), f"there is a segment {segment.name!r} already. Name this one otherwise"
    if last and segment.when is not None:
        yield ("when",), f"the last segment ({segment.name}) must have no `when`: it takes what is left. Take it out"
    if not last and segment.when is None:
        what = f"{segment.name} needs a `when`: without one it takes everything, and those below get nothing"
        yield ("when",), f"{what}. Add one"
    for place, field in enumerate(segment.requires):
        if field not in contract.fields:
            yield ("requires", place), f"{field!r} is no field. {nearest(field, contract.fields)}"
    if segment.extends is not None and segment.extends not in names:
        yield ("extends",), f"{segment.extends!r} is no segment. {nearest(segment.extends, names)}"
    elif segment in (chain := contract.chain(segment.name))[1:] and names.index(segment.name) == min(
        names.index(one.name) for one in chain
    ):  # a circle is told once, where it begins
        through = ", ".join(one.name for one in chain[1:])
        yield ("extends",), f"{segment.name} extends itself through {through}. Take one `extends` out"


def _kinds(contract: Contract) -> Iterator[Mistake]:
    for index, rule in enumerate(contract.kinds):
        at: Location = ("kinds", index)
        last = index == len(contract.kinds) - 1
        if last and rule.when is not None:
            yield (*at, "when"), "the last kind must have no `when`: it takes what is left. Add a last line without one"
        if not last and rule.when is None:
            yield (*at, "kind"), "without a `when` it takes everything, and those below get nothing. Add one"
        if rule.kind == EXCLUDED and not rule.because:
            yield (*at, "kind"), "an exclusion is shown on the deal, so say why. Add `because`"
        if rule.same_account_within and rule.kind != NEW_CUSTOMER:
            yield (*at, "same_account_within"), f"only a {NEW_CUSTOMER} has a handoff to join. Move it there"


def _fields(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    roles = roles_in(near.source)
    for name, field in contract.fields.items():
        at: Location = ("fields", name)
        role = field.person_with_role
        if role is not None and roles is not None and role not in roles:
            yield (*at, "person_with_role"), f"the source gives nobody the role {role!r}. {nearest(role, roles)}"
        if role is None and name not in near.source.fields:
            what = f"no source fills {name!r}, so it would always be missing. Map it in the source, or take it out"
            near_by = nearest(name, near.source.fields)
            yield at, f"{what}. {near_by}" if near_by.startswith("Nearest") else what


def roles_in(source: SourceFile) -> set[str] | None:
    """Return the roles that people can have, None where the source leaves them as the CRM says."""
    rule = source.people.fields.get("role") if source.people else None
    if source.people is None or rule is None:
        return set()
    if rule.values is None:
        return None
    return {str(value) for value in (*rule.values.values(), rule.default) if value is not None}


def _routing(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    for index, rule in enumerate(contract.routing):
        at: Location = ("routing", index)
        last = index == len(contract.routing) - 1
        if rule.use == "nobody" and not last and rule.when is None and rule.segments is None:
            yield (*at, "use"), "nobody ends the choice here, so the rules below are never asked. Move it to the end"
        yield from (((*at, *inside), what) for inside, what in _in_segments(rule.segments, contract))
        for key, what in _of_rule(rule, contract, near):
            yield (*at, key), what
    yield from _own_teams(contract, near.people)


def _of_rule(rule: Routing, contract: Contract, near: Neighbours) -> Iterator[tuple[str, str]]:
    if rule.receiver is not None:
        yield from (("receiver", what) for what in somebody(rule.receiver, near.people))
    for key in ("skill", "territory"):
        field = getattr(rule, key)
        if field is not None and field not in near.known:
            yield key, f"{field!r} is filled by no mapping. {nearest(field, near.known)}"
    if rule.among is not None:
        yield from (("among", what) for what in _team(rule.among, near.people))
    if rule.tell is not None:
        yield from (("tell", what) for what in _told(rule.tell, near.people))
    if rule.file is not None and not (near.folder / rule.file).is_file():
        there = nearest(rule.file, (one.name for one in near.folder.glob("*.csv")))
        yield "file", f"there is no {rule.file!r} beside handoff.yml. {there}"


def _own_teams(contract: Contract, people: People) -> Iterator[Mistake]:
    """Where a team is named as `{segment}`, every segment needs one; the first such place tells it."""
    asked: list[tuple[Location, str]] = [
        (("routing", index, key), said)
        for index, rule in enumerate(contract.routing)
        for key in ("among", "tell")
        if (said := getattr(rule, key)) is not None
    ]
    asked += [(("ladder", index, "tell"), rung.tell) for index, rung in enumerate(contract.ladder)]
    at = next((at for at, said in asked if said in (f"team:{OF_SEGMENT}", f"lead:{OF_SEGMENT}")), None)
    for name in dict.fromkeys(segment.name for segment in contract.segments) if at else ():
        if name not in people.teams:
            yield (
                at or (),
                f"the segment {name!r} has no team of its name, and {name!r} is no team. Add it in people.yml",
            )


def _platforms(contract: Contract) -> Iterator[Mistake]:
    asked = {} if circle_of(contract) else _from_the_platform(contract)
    for index, rule in enumerate(contract.platforms):
        at: Location = ("platforms", index)
        last = index == len(contract.platforms) - 1
        if last and not rule.takes_all:
            yield (*at, "to"), "the last rule takes what is left. Add a last line with `to` alone"
        if not last and rule.takes_all:
            yield (*at, "to"), "without a condition it takes everything, and those below get nothing. Add one"
        yield from (((*at, *inside), what) for inside, what in _in_segments(rule.segments, contract))
        tested = set() if rule.when is None or not asked else set(tests_of(rule.when, contract))
        for key, names in (("when", sorted(tested & asked.keys())), ("segments", ["segment"] if rule.segments else [])):
            for name in (one for one in names if one in asked):
                so = "is" if name == asked[name] else f"depends on {asked[name]},"
                why = f"{name!r} {so} what the platform says, and here it is not chosen yet"
                yield (*at, key), f"{why}. Test a field of the deal"


def _same_customer(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    for index, how in enumerate(contract.same_customer):
        if how in contract.same_customer[:index]:
            yield ("same_customer", index), f"{how!r} stands above already. Take one out"
        elif FIELDS[how] not in (*near.source.fields, *GIVEN):
            yield ("same_customer", index), f"no source fills {FIELDS[how]!r}. Map it in the source, or take {how} out"


def _from_the_platform(contract: Contract) -> dict[str, str]:
    """Return the fields that depend on what the platform says of the account, each with the field that it says."""
    asked = {name: name for name in OF_CUSTOMER}
    for section, decides in ((contract.kinds, ("kind",)), (contract.segments, ("segment", "transfer"))):
        rules = [rule.when for rule in section if rule.when is not None]
        found = next((asked[name] for rule in rules for name in tests_of(rule, contract) if name in asked), None)
        if found is not None:
            asked |= dict.fromkeys(decides, found)
    return asked


def _in_segments(segments: list[str] | None, contract: Contract) -> Iterator[Mistake]:
    names = [segment.name for segment in contract.segments]
    for place, name in enumerate(segments or ()):
        if name not in names:
            yield ("segments", place), f"{name!r} is no segment. {nearest(name, names)}"


def somebody(email: str, people: People) -> Iterator[str]:
    """Yield what is wrong with an address that must be somebody's in people.yml."""
    if people.people and people.person(email) is None:
        yield f"{email!r} is nobody in people.yml. {people.nearest(email)}"


def _team(said: str, people: People) -> Iterator[str]:
    kind, _, name = said.partition(":")
    if kind != "team" or not name:
        yield f"{said!r} names no team. Write team:mid_market, or team:{{segment}} for the segment's own"
    else:
        yield from _one_team(name, people)


def _one_team(name: str, people: People) -> Iterator[str]:
    if name != OF_SEGMENT and name not in people.teams:
        yield f"{name!r} is no team of people.yml. {nearest(name, people.teams)}"


def _told(said: str, people: People) -> Iterator[str]:
    kind, colon, name = said.partition(":")
    if kind == "lead" and colon:
        yield from _one_team(name, people)
    elif kind == "person" and colon:
        if name not in ROLES:
            yield f"{name!r} is no role. {nearest(name, ROLES)}"
        elif not any(one.role == name for one in people.people):
            yield f"nobody in people.yml has the role {name!r}. Add somebody, or name another role"
    elif said not in TOLD:
        yield f"{said!r} is nobody. {nearest(said, (*TOLD, f'lead:{OF_SEGMENT}', 'person:vp'))}"


def _deadlines(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    moments = (*MOMENTS, *EVENTS, *near.target.signals, *near.known)
    for name, deadline in contract.deadlines.items():
        at: Location = ("deadlines", name)
        if deadline.from_ not in moments:
            yield (*at, "from"), f"{deadline.from_!r} is no moment. {nearest(deadline.from_, moments)}"
        if deadline.done not in moments:
            yield (*at, "done"), f"nothing reports {deadline.done!r}. {nearest(deadline.done, moments)}"
        if deadline.owner not in OWNERS:
            yield (*at, "owner"), f"{deadline.owner!r} owns no step. {nearest(deadline.owner, OWNERS)}"
        yield from (((*at, *inside), what) for inside, what in _in_segments(deadline.segments, contract))


def _ladder(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    for index, rung in enumerate(contract.ladder):
        for what in _told(rung.tell, near.people):
            yield ("ladder", index, "tell"), what
    if contract.pause is not None:
        for key in ("until", "because"):
            field = getattr(contract.pause, key)
            if field is not None and field not in near.known:
                yield ("pause", key), f"{field!r} is filled by no mapping. {nearest(field, near.known)}"


def _exceptions(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    names = [segment.name for segment in contract.segments]
    for index, one in enumerate(contract.exceptions):
        at: Location = ("exceptions", index)
        if not ACCOUNT_ID.fullmatch(one.account):
            yield (*at, "account"), f"{one.account!r} is no account id. Copy the 15 or 18 characters from the CRM"
        if one.set.receiver is not None:
            yield from (((*at, "set", "receiver"), what) for what in somebody(one.set.receiver, near.people))
        if one.set.segment is not None and one.set.segment not in names:
            yield (*at, "set", "segment"), f"{one.set.segment!r} is no segment. {nearest(one.set.segment, names)}"


def _deliver(contract: Contract, near: Neighbours) -> Iterator[Mistake]:
    """One contract may serve several platforms: what it delivers to another one is checked with that one's file."""
    steps = [f"{near.platform}.{name}" for name in near.target.steps]
    others = near.platforms - {near.platform}
    for kind, listed in contract.deliver.items():
        ours = [(index, name) for index, name in enumerate(listed) if name.partition(".")[0] not in others]
        for index, name in ours:
            if name not in steps:
                yield ("deliver", kind, index), f"{name!r} is no step. {nearest(name, steps)}"
        if listed and not ours:
            yield ("deliver", kind), f"none of these is made in {near.platform}. Add one, like {steps[0]}"
    for index, name in enumerate(contract.backfill.deliver or ()):
        if name not in steps and name.partition(".")[0] not in others:
            yield ("backfill", "deliver", index), f"{name!r} is no step. {nearest(name, steps)}"
    if not contract.deliver:
        return
    used = {str(rule.kind) for rule in contract.kinds} - {EXCLUDED} or {NEW_CUSTOMER}
    for one in sorted(used - {str(kind) for kind in contract.deliver}):
        yield ("deliver",), f"it does not say what is made for {one!r}. Add the line {one}: [{steps[0]}]"
