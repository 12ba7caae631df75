"""A look at a tenant before anything is sent: what the mapping needs of it, and what is not as it must be."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

ADMIN = "a Totango admin"
VENDOR_CALLS_A_MINUTE = 100
NOBODY = "handoff-check-no-such-account"
"""An account that is nowhere, on which no play can be run."""
SERVICE = "In handoff.toml: service_id = "

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
            self._people([one.email for one in wanted.people] or ["nobody@nowhere.invalid"])
        except ServiceError as error:
            return [*self._region(error), *locked_out(self._system, error, looks)]
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

    def _region(self, error: ServiceError) -> Iterator[Check]:
        """Yield the finding that the token is of the other region, where it is."""
        if self._elsewhere is None or not isinstance(error, NotAllowed) or error.status != 401:
            return
        other, people = self._elsewhere
        try:
            people.by_address(["nobody@nowhere.invalid"])
        except ServiceError:
            return
        what = f"The token is accepted in the other region, {other.region}."
        yield looked(self._system, "region", [Finding(what, OPERATOR, f'In handoff.toml: region = "{other.region}".')])

    def _check_service(self, name: str) -> Check:
        """Return the check of the number that the Integration Hub is told, against the one that searches name."""
        ours, seen = self._wire.service_id, self._wire.service_seen
        parts = ours.split("-")
        if not ours.isdecimal():
            number = parts[1] if len(parts) > 1 and parts[1].isdecimal() else seen or "<the number>"
            what = f"service_id is {ours!r}; the Integration Hub takes the number in its middle alone."
            return looked(self._system, name, [Finding(what, OPERATOR, f'{SERVICE}"{number}".')])
        if seen is not None and seen.isdecimal() and seen != ours:
            what = f"service_id is {ours}, and the token is of the service {seen}."
            return looked(self._system, name, [Finding(what, OPERATOR, f'{SERVICE}"{seen}".')])
        return looked(self._system, name, told=ours if seen is None else f"{ours}, as searches say")

    def _check_plays(self, name: str, wanted: ExpectedOfPlatform) -> Check:
        """Return the check that plays are manual and active: they are asked for on an account that is nowhere."""
        plays = {
            play: field.place
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
            why = self._asked(play)
            if why in (NO_ACCOUNT, ""):
                told.append(play)
            else:
                found.append(
                    Finding(f"{play}, which {place} runs: {why}", ADMIN, "Correct it in Totango or the mapping.")
                )
        said = f"as far as a run for no account tells: {', '.join(told)}" if told else ""
        return looked(self._system, name, found, said)

    def _asked(self, play: str) -> str:
        """Return why a play cannot be run on an account that is nowhere; "" where nothing is said against it."""
        body = {"successplayId": play, "accountId": NOBODY}
        try:
            self._wire.send(PROBE_PLAY, "POST", "/api/v2/automations/run-manual-successplay", body)
        except Refused as error:
            return error.why
        return ""

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
