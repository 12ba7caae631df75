"""A look at a tenant before anything is sent: what the mapping needs of it, and what is not as it must be."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from connectors._totango_inspect_values import Values
from connectors._totango_lists import Lists
from connectors._totango_people import People
from connectors._totango_records import Records
from connectors._totango_settings import PLAY, Addresses
from connectors._totango_wire import PROBE_PLAY, Refused, Wire
from connectors._totango_words import NO_ACCOUNT
from handoff.errors import NotAllowed, ServiceError
from handoff.inspection import (
    OPERATOR,
    REVOPS,
    Addressed,
    Check,
    ExpectedOfPlatform,
    Finding,
    attempt,
    locked_out,
    looked,
    not_checked,
    not_users,
)
from handoff.model import User
from handoff.owners import Owner
from handoff.settings import Instance

ADMIN = "a Totango admin"
VENDOR_CALLS_A_MINUTE = 100
NOBODY = "handoff-check-no-such-account"
"""An account that is nowhere, on which no play can be run."""
STRANGER = "nobody@nowhere.invalid"

Look = Callable[[str], Check]
Ask = Callable[[Iterable[str]], Mapping[str, User]]


class Inspector:
    """
    Looks at one tenant.

    Args:
        people: Returns the users behind e-mail addresses, by lower-case address.
        elsewhere: The other region, tried once where the token is not accepted; None tries none.
    """

    def __init__(
        self, wire: Wire, records: Records, lists: Lists, people: Ask, elsewhere: tuple[Addresses, People] | None
    ) -> None:
        self._wire, self._records, self._people, self._elsewhere = wire, records, people, elsewhere
        self._system = wire.exchange.system
        self._values = Values(wire, records, lists)

    def look(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Return every check of the tenant; after refused credentials the others are named, and not made."""
        looks = self._looks(wanted)
        try:
            self._people([one.email for one in wanted.people] or [STRANGER])
        except ServiceError as error:
            return self._not_let_in(error, list(looks))
        made = (attempt(self._system, name, look) for name, look in looks.items())
        return [looked(self._system, "credentials", told="accepted"), *made]

    def _looks(self, wanted: ExpectedOfPlatform) -> dict[str, Look]:
        return {
            "service id": self._check_service,
            "lists": partial(self._values.check_lists, steps=wanted.steps),
            "attributes": partial(self._values.check_attributes, steps=wanted.steps),
            "stages": partial(self._values.check_stages, steps=wanted.steps),
            "plays": partial(self._check_plays, wanted=wanted),
            "people": partial(self._check_people, people=wanted.people),
            "calls a minute": self._check_calls,
        }

    def _not_let_in(self, error: ServiceError, names: list[str]) -> list[Check]:
        """Return the checks of a tenant that the first call did not get into, with the one reason where it is known."""
        if self._elsewhere is None or not isinstance(error, NotAllowed) or error.status != 401:
            return locked_out(self._system, error, names)
        ours, (other, people) = self._wire.addresses.region, self._elsewhere
        accepted = _is_accepted(people)
        if accepted is None:
            return locked_out(self._system, error, names)
        if accepted:
            what = f"region is {ours}, and the token is one of region {other.region}."
            region = looked(self._system, "region", [Finding(what, OPERATOR, self._setting("region", other.region))])
            because = "the token is of the other region (see region)"
            return [region, *(not_checked(self._system, name, because) for name in ("credentials", *names))]
        what = f"The token is accepted in neither region ({ours}, {other.region}): its user may have been deactivated."
        remedy = (
            "A token stops with its user, and when it expires or is revoked. Activate the user, or make a new token in "
            f"the profile of an active global admin and set {self._variable('token')}."
        )
        first = looked(self._system, "credentials", [Finding(what, ADMIN, remedy)])
        because = "the credentials are not accepted (see credentials)"
        return [first, *(not_checked(self._system, name, because) for name in names)]

    def _setting(self, name: str, value: str) -> str:
        """Return what whoever runs the bridge must write."""
        place = f"handoff.toml [platform.{self._wire.instance}]"
        return f'Write {name} = "{value}" in {place}, or {self._variable(name)}={value} where the environment sets it.'

    def _variable(self, name: str) -> str:
        return Instance("platform", self._wire.instance, {}, {}).variable(name)

    def _check_service(self, name: str) -> Check:
        """Return the check of the number that the Integration Hub is told, against the one that searches name."""
        ours, seen = self._wire.service_id, self._wire.service_seen
        parts = ours.split("-")
        if not ours.isdecimal():
            number = parts[1] if len(parts) > 1 and parts[1].isdecimal() else seen or "<the number>"
            what = f"service_id is {ours!r}; the Integration Hub takes the number in its middle alone."
            return looked(self._system, name, [Finding(what, OPERATOR, self._setting("service_id", number))])
        if seen is not None and seen.isdecimal() and seen != ours:
            what = f"service_id is {ours}, and the token is of the service {seen}."
            return looked(self._system, name, [Finding(what, OPERATOR, self._setting("service_id", seen))])
        return looked(self._system, name, told=ours if seen is None else f"{ours}, as searches say")

    def _check_plays(self, name: str, wanted: ExpectedOfPlatform) -> Check:
        """Return the check that plays are manual and active: they are asked for on an account that is nowhere."""
        plays = {
            play: field.place_of(play)
            for field in wanted.fields(PLAY)
            if field.name == "successplayId"
            for play in field.literals
        }
        if not plays:
            return looked(self._system, name, told="the mapping runs none")
        if not self._wire.settings.probe_plays:
            return not_checked(self._system, name, "probe_plays is off, and no other call tells of plays")
        if self._records.accounts([NOBODY]):
            return not_checked(self._system, name, f"there is an account {NOBODY}")
        found, told = [], []
        for play, place in plays.items():
            refused = self._asked(play)
            if refused is None or refused.why == NO_ACCOUNT:
                told.append(play)
                continue
            why, _, remedy = refused.why.partition(". ")
            who = ADMIN if refused.owner is Owner.PLATFORM_ADMIN else REVOPS
            what = f"{place}, runs {play}: {why.rstrip('.')}."
            found.append(Finding(what, who, remedy or "Correct it in Totango, or name another one in the mapping."))
        said = f"as far as a run for no account tells: {', '.join(told)}" if told else ""
        return looked(self._system, name, found, said)

    def _asked(self, play: str) -> Refused | None:
        """Return why a play cannot be run on an account that is nowhere; None where nothing is said against it."""
        body = {"successplayId": play, "accountId": NOBODY}
        try:
            self._wire.send(PROBE_PLAY, "POST", "/api/v2/automations/run-manual-successplay", body)
        except Refused as error:
            return error
        return None

    def _check_people(self, name: str, people: Sequence[Addressed]) -> Check:
        users = self._people([one.email for one in people])
        active = {email: user.active for email, user in users.items()}
        found = not_users(people, active, "Totango", ADMIN, away="a disabled")
        return looked(self._system, name, found, f"{len(people)} named in the files")

    def _check_calls(self, name: str) -> Check:
        ours = min(limit.calls for limit in self._wire.exchange.limits)
        hub = self._wire.settings.hub_calls_per_minute
        told = f"we allow ourselves {ours} of the vendor's {VENDOR_CALLS_A_MINUTE} for each token"
        return looked(self._system, name, told=f"{told}, and {hub} of the Integration Hub, whose limit is unknown")


def _is_accepted(people: People) -> bool | None:
    """Return whether the token is accepted where these people are looked up; None where nobody knows."""
    try:
        people.by_address([STRANGER])
    except NotAllowed as error:
        return None if error.status != 401 else False
    except ServiceError:
        return None
    return True
