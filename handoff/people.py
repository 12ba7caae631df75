"""Who is who (`people.yml`): their role, team, manager and calendar."""

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

import holidays
from pydantic import AfterValidator, Field

from handoff.names import Name
from handoff.spans import DAYS, WorkCalendar, read_hours, regional
from handoff.yaml_files import Frozen, Location, near_to, nearest

ROLES = ("csm", "onboarding", "manager", "vp", "rep", "sales_manager", "cs_ops", "revops", "other")


ADDRESS = re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+\.[^\s@<>(),;:\"]+")


def _address(said: str) -> str:
    if not ADDRESS.fullmatch(said):
        raise ValueError(f"{said!r} is no e-mail address. Write it like priya@northwind.example")
    return said


def _role(said: str) -> str:
    if said not in ROLES:
        raise ValueError(f"{said!r} is no role. {nearest(said, ROLES)}")
    return said


@cache
def _zones() -> frozenset[str]:
    """Return every time zone there is; finding them reads a folder of files."""
    return frozenset(available_timezones())


def _zone(said: str) -> str:
    """Return the name of a time zone; raises `ValueError` that offers the nearest."""
    if said not in _zones():
        raise ValueError(f"{said!r} is no time zone. {_nearest_zone(said)}")
    return said


def _nearest_zone(said: str) -> str:
    """Offer the zone of a city, or the one that is nearly written so."""
    zones = sorted(_zones())
    city = said.strip().replace(" ", "_").lower()
    of_city = [zone for zone in zones if "/" in zone and zone.lower().endswith(f"/{city}")]
    near = of_city[0] if of_city else near_to(said, zones) if "/" in said else None
    return f"Nearest: {near}." if near else "Write it like Europe/London"


def _country(said: str) -> str:
    """Offer the two letters of a country: of its name in English, or of letters in another case."""
    known = holidays.list_supported_countries()
    names = holidays.registry.COUNTRIES
    near = said.upper() if said.upper() in known else names.get(said.strip().lower().replace(" ", "_"), ("", None))[1]
    return f"Nearest: {near}." if near else "Write its two letters, such as GB or US"


def _hours(said: str) -> str:
    read_hours(said)
    return said


Email = Annotated[str, AfterValidator(_address)]
Zone = Annotated[str, AfterValidator(_zone)]


class Calendar(Frozen):
    """When people work: their zone, days and hours, and whose public holidays they keep."""

    country: str | None = Field(None, description="Two letters, GB: whose public holidays are kept.")
    region: str | None = Field(None, description="A part of the country with holidays of its own, TX.")
    zone: Zone = Field("UTC", description="The time zone of days: Europe/London.")
    days: list[str] = Field(
        default_factory=lambda: list(DAYS[:5]), min_length=1, description="Working days: mon, tue ..."
    )
    hours: Annotated[str, AfterValidator(_hours)] = Field("09:00-17:30", description="Working hours, in quotes.")

    def mistakes(self) -> Iterator[tuple[Location, str]]:
        """Yield what names no day and no country, with the key where it stands."""
        for place, day in enumerate(self.days):
            if day not in DAYS:
                near = f"Nearest: {day[:3].lower()}." if day[:3].lower() in DAYS else nearest(day, DAYS)
                yield ("days", place), f"{day!r} is no day. {near}"
        known = holidays.list_supported_countries()
        if self.country is not None and self.country not in known:
            yield ("country",), f"{self.country!r} is no country we know the holidays of. {_country(self.country)}"
        elif self.country is None and self.region is not None:
            yield ("region",), f"{self.region!r} is a region without its country. Add country: US, or whose it is"
        elif self.region is not None and self.region not in known[self.country or ""]:
            near = nearest(self.region, known[self.country or ""])
            yield ("region",), f"{self.region!r} is no region of {self.country}. {near}"

    def compiled(self) -> WorkCalendar:
        """Return the calendar to count with; it must be free of mistakes."""
        days = frozenset(DAYS.index(day) for day in self.days)
        return WorkCalendar(self.zone, days, self.country, self.region)


class Team(Frozen):
    """A team and who leads it."""

    lead: Email = Field(description="E-mail of who leads it.")


class Absence(Frozen):
    """Days on which somebody receives nothing, both included."""

    from_: dt.date = Field(alias="from", description="First day away.")
    to: dt.date = Field(description="Last day away.")


class Person(Frozen):
    """Somebody who takes part in handoffs."""

    email: Email = Field(description="As in CRM and platform.")
    role: Annotated[str, AfterValidator(_role)] = Field(description=f"One of {', '.join(ROLES)}.")
    manager: Email | None = Field(None, description="E-mail of whom a late step is told to next.")
    team: str | None = Field(None, description="A name under `teams`.")
    territories: list[str] = Field(default_factory=list, description="Regions they serve.")
    skills: list[str] = Field(default_factory=list, description="Industries or products they know.")
    capacity: int | None = Field(None, ge=0, description="Accounts they can have at once.")
    calendar: str | None = Field(None, description="A name under `calendars`.")
    away: list[Absence] = Field(default_factory=list, description="Absences: {from: 2026-12-21, to: 2027-01-04}.")
    slack: str | None = Field(None, description="Their Slack member id.")
    users: dict[str, str] = Field(default_factory=dict, description="Their login per platform, where it differs.")


class People(Frozen):
    """`people.yml`, whole."""

    calendars: dict[Name, Calendar] = Field(default_factory=dict, description="Named calendars.")
    teams: dict[Name, Team] = Field(default_factory=dict, description="Named teams, as segments and people call them.")
    people: list[Person] = Field(default_factory=list, description="Everybody who takes part.")

    def lead(self, segment: str) -> str | None:
        """Return the e-mail of who leads the team of this segment."""
        team = self.teams.get(segment)
        return team.lead if team else None

    def person(self, email: str | None) -> Person | None:
        """Return who has this e-mail address, in any letter case."""
        return next((one for one in self.people if email and one.email.lower() == email.lower()), None)

    def nearest(self, email: str) -> str:
        """Return a sentence that names whose address was surely meant, else what to do; the host tells nothing."""
        by_name = {one.email.partition("@")[0]: one.email for one in self.people}
        near = near_to(email.partition("@")[0], by_name)
        return f"Nearest: {by_name[near]}." if near else "Add them to people.yml, or name somebody who is there."

    def calendar_of(self, email: str | None) -> WorkCalendar:
        """Return somebody's calendar; of somebody unknown, Monday to Friday in UTC."""
        person = self.person(email)
        calendar = self.calendars.get(person.calendar or "") if person else None
        return calendar.compiled() if calendar else WorkCalendar()

    def notices(self) -> Iterator[tuple[Location, str]]:
        """Yield what is no mistake and may surprise: holidays that only a part of a country keeps."""
        for name, calendar in self.calendars.items():
            if calendar.region is None and calendar.country is not None and regional(calendar.country):
                what = "no region is named, so a holiday that only a part of the country keeps is a working day"
                yield ("calendars", name, "country"), f"{what}. Add region if you keep it"

    def mistakes(self) -> Iterator[tuple[Location, str]]:
        """Yield what does not fit together, with the key where it stands."""
        for name, calendar in self.calendars.items():
            yield from ((("calendars", name, *inside), what) for inside, what in calendar.mistakes())
        known = {person.email.lower() for person in self.people}
        for name, team in self.teams.items():
            if known and team.lead.lower() not in known:
                yield ("teams", name, "lead"), f"{team.lead!r} is nobody under `people`. {self.nearest(team.lead)}"
        seen: dict[str, int] = {}
        for index, person in enumerate(self.people):
            yield from ((("people", index, *inside), what) for inside, what in self._of(person, seen))
            seen.setdefault(person.email.lower(), index)

    def _of(self, person: Person, seen: dict[str, int]) -> Iterator[tuple[Location, str]]:
        if person.email.lower() in seen:
            yield ("email",), f"{person.email!r} is there already. Keep one of the two"
        if person.team is not None and person.team not in self.teams:
            yield ("team",), f"{person.team!r} is no team. {nearest(person.team, self.teams)}"
        if person.calendar is not None and person.calendar not in self.calendars:
            yield ("calendar",), f"{person.calendar!r} is no calendar. {nearest(person.calendar, self.calendars)}"
        if person.manager is not None and person.manager.lower() == person.email.lower():
            yield ("manager",), f"{person.email!r} cannot be their own manager. Name somebody else, or take it out"
        for place, absence in enumerate(person.away):
            if absence.to < absence.from_:
                yield ("away", place, "to"), f"it ends {absence.to} and begins {absence.from_}. Swap the two days"
