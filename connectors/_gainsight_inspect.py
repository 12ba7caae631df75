"""A look at a tenant before anything is sent: what the mapping needs of it, and what is not as it must be."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from connectors._gainsight_inspect_fields import ADMIN, DESCRIBE, Fields, named
from connectors._gainsight_inspect_values import CONFIGURATION, Values
from connectors._gainsight_inspect_work import Work
from connectors._gainsight_settings import COMPANY, CTA, PLAN, TIMELINE
from connectors._gainsight_wire import CALLS_PER_DAY, QUERY, TOKEN, USERS, Wire
from handoff.errors import ServiceError
from handoff.inspection import (
    Addressed,
    Check,
    ExpectedOfPlatform,
    ExpectedStep,
    attempt,
    locked_out,
    looked,
    not_users,
)
from handoff.model import User

ROUTES = (TOKEN, DESCRIBE, CONFIGURATION, QUERY, USERS)

VENDOR_CALLS_A_MINUTE = 100
VENDOR_CALLS_A_DAY = 50_000
CALLS_A_PASS = 2
"""Calls of a quiet pass over open deals; its token counts against no limit. A test counts them."""
DAY_SECONDS = 86_400
MADE_WITHIN: Mapping[str, str] = {f"{PLAN}.Objectives": CTA}
"""Objectives are CTAs of type Objective (vendor's pages); how one looks inside its plan's record is unknown."""
Look = Callable[[str], Check]


class Inspector:
    """
    Looks at one tenant.

    Args:
        wire: The way to the tenant.
        people: Returns the users behind e-mail addresses, by lower-case address.
    """

    def __init__(self, wire: Wire, people: Callable[[Iterable[str]], Mapping[str, User]]) -> None:
        self._wire, self._people, self._system = wire, people, wire.exchange.system
        self._fields = Fields(wire)
        self._values, self._work = Values(wire, self._fields), Work(wire, self._fields)

    def look(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Return every check of the tenant; after refused credentials the others are named, and not made."""
        wanted = replace(wanted, steps=tuple(self._as_objects(wanted.steps)))
        looks = self._looks(wanted)
        try:
            missing = self._fields.learn(_kinds(wanted))
        except ServiceError as error:
            return locked_out(self._system, error, ("objects", *looks))
        objects = looked(self._system, "objects", missing, f"there: {named(self._fields.kinds)}")
        made = (attempt(self._system, name, look) for name, look in looks.items())
        return [looked(self._system, "credentials", told="accepted"), objects, *made]

    def _as_objects(self, steps: Iterable[ExpectedStep]) -> Iterator[ExpectedStep]:
        """Yield the steps, with what is made within a record as the object that it is here."""
        for step in steps:
            if not step.within:
                yield step
            elif self._wire.settings.objectives != "off":
                yield replace(step, kind=MADE_WITHIN[step.kind])

    def _looks(self, wanted: ExpectedOfPlatform) -> dict[str, Look]:
        looks: dict[str, Look] = {
            "fields": partial(self._fields.check, wanted=wanted),
            "key fields": partial(self._fields.check_keys, kinds=wanted.kinds),
        }
        kinds = _kinds(wanted)
        for kind in (COMPANY, PLAN, CTA):
            if kind in kinds:
                fields = wanted.fields(kind)
                looks[f"values of {named([kind])}"] = partial(self._values.check, kind=kind, fields=fields)
        if CTA in kinds:
            looks["reasons of Call To Action"] = partial(self._values.check_reasons, steps=wanted.steps)
        if TIMELINE in wanted.kinds:
            looks["types of Timeline"] = partial(self._work.check_types, fields=wanted.fields(TIMELINE))
        looks["people"] = partial(self._check_people, people=wanted.people)
        looks["calls a minute"] = partial(self._check_calls, every_seconds=wanted.every_seconds)
        if CTA in wanted.kinds:
            looks["work that others make"] = partial(self._work.check_others, steps=wanted.steps)
        return looks

    def _check_people(self, name: str, people: Sequence[Addressed]) -> Check:
        users = self._people([one.email for one in people])
        active = {email: user.active for email, user in users.items()}
        found = not_users(people, active, "Gainsight", ADMIN)
        return looked(self._system, name, found, f"{len(people)} named in the files")

    def _check_calls(self, name: str, every_seconds: int) -> Check:
        ours = min(limit.calls for limit in self._wire.exchange.limits)
        polling = CALLS_A_PASS * DAY_SECONDS // every_seconds
        told = (
            f"we allow ourselves {ours} of the vendor's {VENDOR_CALLS_A_MINUTE}, and {CALLS_PER_DAY:,} of its "
            f"{VENDOR_CALLS_A_DAY:,} a day, which all of your tools share; polling every {every_seconds} s takes about "
            f"{polling:,} a day"
        )
        return looked(self._system, name, told=told)


def _kinds(wanted: ExpectedOfPlatform) -> tuple[str, ...]:
    """Return every object that records are made of, those within others among them."""
    return tuple(dict.fromkeys((*wanted.kinds, *(step.kind for step in wanted.steps))))
