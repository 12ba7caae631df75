"""What a look at the live systems is asked, and what it tells, before anything is sent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from handoff.errors import ConfigError, NotAllowed, ServiceError

OPERATOR = "whoever runs the bridge"
REVOPS = "RevOps"
KEY_LENGTH = 100
"""The longest key that is planted in a record."""


class State(StrEnum):
    """How a check ended."""

    WELL = "well"
    FOUND = "found"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and who must do what about it; `what` may name a person, so it is for screens only."""

    what: str
    who: str
    remedy: str


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: `told` is a fact worth knowing, `because` says why it was not looked at."""

    system: str
    name: str
    state: State
    told: str = ""
    findings: tuple[Finding, ...] = ()
    because: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, without its findings."""
        return {name: value for name, value in asdict(self).items() if name != "findings"}


def looked(system: str, name: str, findings: Iterable[Finding] = (), told: str = "") -> Check:
    """Return a check that was made: well where nothing was found."""
    found = tuple(findings)
    return Check(system, name, State.FOUND if found else State.WELL, told, found)


def not_checked(system: str, name: str, because: str, told: str = "") -> Check:
    """Return a check that could not be made."""
    return Check(system, name, State.NOT_CHECKED, told, because=because)


def attempt(system: str, name: str, look: Callable[[str], Check], *, admin: str = "") -> Check:
    """Return the check that `look` makes under this name; a refusal is its finding, in the system's words."""
    try:
        return look(name)
    except (ServiceError, ConfigError) as error:
        return looked(system, name, [refusal(system, error, admin)])


def locked_out(system: str, error: ServiceError | ConfigError, names: Iterable[str], *, admin: str = "") -> list[Check]:
    """Return the checks of a system that the first call did not get into: one finding, the others named."""
    known = isinstance(error, NotAllowed)
    because = "the credentials are not accepted" if known else "the first call did not get through"
    first = looked(system, "credentials", [refusal(system, error, admin)])
    return [first, *(not_checked(system, name, f"{because} (see credentials)") for name in names)]


def refusal(system: str, error: ServiceError | ConfigError, admin: str = "") -> Finding:
    """Return a refusal as a finding; `admin` is who administers the system, where its name alone would say it wrong."""
    admin = admin or admin_of(system)
    if isinstance(error, ConfigError):
        return Finding(error.message, admin, " ".join(error.findings))
    status = f" (HTTP {error.status})" if error.status else ""
    who = admin if isinstance(error, NotAllowed) else OPERATOR
    return Finding(f"It failed while {error.doing}{status}: {error.why}", who, error.remedy or "Run the check again.")


def admin_of(system: str) -> str:
    """
    Return who administers a system, as in `a Salesforce admin`; of `Salesforce or HubSpot` one of them.

    A name with a capital is as its vendor writes it.
    """
    names = [one.split()[0] for one in system.split(" or ")]
    return f"a {' or '.join(name.capitalize() if name.islower() else name for name in names)} admin"


@dataclass(frozen=True)
class Use:
    """A path of the CRM's record, and where the mapping reads it: `go_live_on, sources/salesforce.yml:9`."""

    path: str
    place: str


class Form(StrEnum):
    """What kind of value is written into a field of the CRM."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    DAY = "day"
    BOOLEAN = "yes or no"
    ANY = "anything"


@dataclass(frozen=True)
class Written:
    """A field of the CRM that is written to: the longest text it must hold, and the words it must take, if known."""

    name: str
    place: str
    form: Form = Form.ANY
    longest: int | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExpectedStage:
    """A stage that the contract names, in the CRM's words; `won`: it must be one that the CRM counts as won."""

    name: str
    place: str
    won: bool = False


@dataclass(frozen=True)
class ExpectedOfCrm:
    """
    What the mappings need of the CRM.

    Args:
        reads: Paths of the deal.
        lists: By list of the record the paths of its rows.
        writes: Fields that the deal is told in.
        stages: Stages that make a deal ours.
        starts: The moment from which wins are ours, if it is decided.
        won_deals: How many won deals there are by an admin's count, if one was given.
        every_seconds: How far apart passes are.
    """

    reads: tuple[Use, ...] = ()
    lists: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    writes: tuple[Written, ...] = ()
    stages: tuple[ExpectedStage, ...] = ()
    starts: datetime | None = None
    won_deals: int | None = None
    every_seconds: int = 60


@dataclass(frozen=True)
class ExpectedField:
    """
    A field of the platform that a step sends (`updates`: later too), or finds records by (`matched`).

    `parts` are the fields of single steps, where it says what several expect.
    """

    name: str
    place: str
    sent: bool = True
    updates: bool = False
    matched: bool = False
    literals: tuple[str, ...] = ()
    longest: int | None = None
    parts: tuple["ExpectedField", ...] = field(default=(), compare=False)

    def place_of(self, literal: str) -> str:
        """Return where this value is written into it: at the steps that write it, and at no other."""
        return "; ".join(dict.fromkeys(one.place for one in self.parts or (self,) if literal in one.literals))


@dataclass(frozen=True)
class ExpectedStep:
    """
    One step of the target: the object it makes, its fields, and whether it takes over work that is there.

    Records made together with a step's own (`within`: the list they stand in) are a step beside it, of the kind
    `success_plan.Objectives`: only the platform's connector knows what they are.
    """

    name: str
    kind: str
    fields: tuple[ExpectedField, ...]
    adopts: bool = False
    within: str = ""


@dataclass(frozen=True)
class Addressed:
    """Somebody whom the files name: the address, and as what (`csm in people.yml`)."""

    email: str
    roles: tuple[str, ...]


def not_users(
    people: Iterable[Addressed], active: Mapping[str, bool], platform: str, admin: str, *, away: str = "an inactive"
) -> list[Finding]:
    """
    Return a finding for everybody who cannot own work on a platform.

    Args:
        active: The platform's users by lower-case address: whether each may log in.
        away: What somebody who may not log in is there, as in `an inactive user`.
    """
    found = []
    for one in people:
        is_active, named = active.get(one.email.strip().lower()), f"{one.email} ({'; '.join(one.roles)})"
        if is_active is None:
            remedy = f"Add the user in {platform}, or correct the address in the file."
            found.append(Finding(f"{named} is no user of {platform}.", admin, remedy))
        elif not is_active:
            remedy = f"Activate the user in {platform}, or name somebody else in the file."
            found.append(Finding(f"{named} is {away} user of {platform}.", admin, remedy))
    return found


@dataclass(frozen=True)
class ExpectedOfPlatform:
    """What the mappings need of the platform; `every_seconds` is how far apart passes are."""

    steps: tuple[ExpectedStep, ...] = ()
    people: tuple[Addressed, ...] = ()
    every_seconds: int = 60

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the objects that the steps make, each once; what is made within a record is none of them."""
        return tuple(dict.fromkeys(step.kind for step in self.steps if not step.within))

    def fields(self, kind: str) -> tuple[ExpectedField, ...]:
        """Return what the steps of one object expect, by field: each once, with all that any step asks of it."""
        merged: dict[str, ExpectedField] = {}
        for step in self.steps:
            for one in step.fields if step.kind == kind else ():
                merged[one.name] = _both(merged[one.name], one) if one.name in merged else one
        return tuple(merged.values())


def _both(one: ExpectedField, other: ExpectedField) -> ExpectedField:
    return ExpectedField(
        one.name,
        one.place if one.place == other.place else f"{one.place}; {other.place}",
        one.sent or other.sent,
        one.updates or other.updates,
        one.matched or other.matched,
        tuple(dict.fromkeys((*one.literals, *other.literals))),
        max((size for size in (one.longest, other.longest) if size), default=None),
        (*(one.parts or (one,)), *(other.parts or (other,))),
    )
