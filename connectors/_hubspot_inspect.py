"""A look at a portal before anything is sent: what the mapping needs of it, and what is not as it must be."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from connectors._http import Route
from connectors._hubspot_deals import REQUIRED
from connectors._hubspot_mapped import Mapped, row_spot, spot
from connectors._hubspot_schema import COMPANIES, DEALS, Portal, Property
from connectors._hubspot_search import WON, Search
from connectors._hubspot_values import milliseconds
from connectors._hubspot_wire import Wire
from handoff.errors import ConfigError, NotAllowed, ServiceError
from handoff.inspection import (
    OPERATOR,
    REVOPS,
    Check,
    ExpectedOfCrm,
    Finding,
    Form,
    Written,
    attempt,
    locked_out,
    looked,
    not_checked,
)
from handoff.yaml_files import near_to, nearest

SIGHT = Route("looking whether records can be read", reads=True, repeatable=True)
COUNT = Route("counting won deals in the index", reads=True, repeatable=True)
ROUTES = (SIGHT, COUNT)

ADMIN = "a HubSpot admin"
FITTING: Mapping[Form, frozenset[str]] = {
    Form.TEXT: frozenset({"string", "enumeration"}),
    Form.NUMBER: frozenset({"number"}),
    Form.MOMENT: frozenset({"datetime"}),
    Form.DAY: frozenset({"date"}),
    Form.BOOLEAN: frozenset({"bool"}),
}
SCOPES = {one: f"crm.objects.{one}.read" for one in ("deals", "companies", "contacts", "line_items", "products")}
LONGEST_TEXT = 65_536
CALLS_A_PASS = 4
"""Calls of a quiet pass: the server's time, two searches, and its share of the hourly sweep."""
LARGEST_SHARE = 0.2
"""Of the calls left in the day; the portal's other apps live on the rest."""
DAY_SECONDS = 86_400
UNSEEN = "Create it in HubSpot (Settings, Properties), or correct its name in the mapping."


class Inspector:
    """Looks at one portal."""

    def __init__(self, wire: Wire, portal: Portal, search: Search, mapped: Mapped) -> None:
        self._wire, self._portal, self._search, self._mapped = wire, portal, search, mapped
        self._system = wire.system

    def look(self, wanted: ExpectedOfCrm) -> list[Check]:
        """Return every check of the portal; after a refused key the others are named, and not made."""
        looks: dict[str, Callable[[str], Check]] = {
            "portal": self._of_portal,
            "scopes": self._scopes,
            "properties it reads": lambda name: self._reads(name, wanted),
            "lists it reads": lambda name: self._lists(name, wanted),
            "properties it writes": lambda name: self._writes(name, wanted),
            "stages": lambda name: self._stages(name, wanted),
            "owners": self._owners,
            "won deals in sight": lambda name: self._deals(name, wanted),
            "calls a day": lambda name: self._calls(name, wanted),
        }
        try:
            told = f"portal {self._portal.org()}"
        except (ServiceError, ConfigError) as error:
            return locked_out(self._system, error, looks, admin=ADMIN)
        made = (attempt(self._system, name, look, admin=ADMIN) for name, look in looks.items())
        return [looked(self._system, "credentials", told=told), *made]

    # The portal and what we may do in it

    def _of_portal(self, name: str) -> Check:
        said = self._portal.details()
        zone, ours = str(said.get("timeZone") or "UTC"), self._wire.zone
        told = f"{str(said.get('accountType') or 'account').lower()}, {said.get('companyCurrency')}, {zone}"
        if zone == ours:
            return looked(self._system, name, told=told)
        what = f"The portal's day of calls begins at midnight in {zone}, and ours in {ours}."
        remedy = f'Write time_zone = "{zone}" into the section of this CRM in handoff.toml.'
        return looked(self._system, name, [Finding(what, OPERATOR, remedy)], told)

    def _scopes(self, name: str) -> Check:
        """Whether the key may read what it must; what it may write is seen only by writing."""
        kinds = dict.fromkeys((DEALS, COMPANIES, *self._mapped.rows))
        kinds |= {kind: None for kind in SCOPES if self._mapped.properties(kind)}
        found = [one for kind in kinds if (one := self._hidden(kind)) is not None]
        told = f"readable: {', '.join(kinds)}" if not found else ""
        return looked(self._system, name, found, told)

    def _hidden(self, kind: str) -> Finding | None:
        try:
            self._wire.get(SIGHT, self._wire.paths.objects(kind), {"limit": "1"})
        except NotAllowed as error:
            what = f"The credentials may not read {kind}: {error.why}"
            return Finding(what, ADMIN, f"Give the service key (or the app) the scope {SCOPES[kind]}.")
        return None

    def _owners(self, name: str) -> Check:
        people = self._portal.owners()
        active = sum(one.active for one in people)
        told = f"{active:,} active, {len(people) - active:,} deactivated"
        if active:
            return looked(self._system, name, told=told)
        what = "No owner is in sight, so nobody is known who won a deal."
        remedy = "Give the service key (or the app) the scope crm.objects.owners.read."
        return looked(self._system, name, [Finding(what, ADMIN, remedy)], told)

    # Properties

    def _reads(self, name: str, wanted: ExpectedOfCrm) -> Check:
        uses = [(DEALS, one, "the bridge itself") for one in REQUIRED]
        found: list[Finding] = []
        for use in wanted.reads:
            try:
                place = spot(use.path)
            except ConfigError as error:
                found.append(Finding(error.message, REVOPS, f"It is read for {use.place}."))
                continue
            uses += [(place.kind, one, use.place) for one in place.properties]
        told = f"{len({(kind, one) for kind, one, _ in uses})} properties"
        return looked(self._system, name, [*found, *self._missing(uses)], told)

    def _lists(self, name: str, wanted: ExpectedOfCrm) -> Check:
        uses: list[tuple[str, str, str]] = []
        found: list[Finding] = []
        for each, paths in wanted.lists.items():
            for use in paths:
                try:
                    place = row_spot(each, use.path)
                except ConfigError as error:
                    found.append(Finding(error.message, REVOPS, f"It is read for {use.place}."))
                    continue
                uses += [(place.kind, one, use.place) for one in place.properties]
        return looked(self._system, name, [*found, *self._missing(uses)], ", ".join(wanted.lists))

    def _missing(self, uses: Iterable[tuple[str, str, str]]) -> Iterator[Finding]:
        """Yield a finding for each property that is not there, with all who read it."""
        readers: dict[tuple[str, str], list[str]] = {}
        for kind, one, place in uses:
            if one not in self._portal.properties(kind):
                readers.setdefault((kind, one), []).append(place)
        for (kind, one), places in readers.items():
            near = near_to(one, self._portal.properties(kind))
            said = "; ".join(dict.fromkeys(places))
            remedy = f"Nearest: {near}. {UNSEEN}" if near else UNSEEN
            yield Finding(f"The property {one} of {kind} is missing; it is read for {said}.", ADMIN, remedy)

    def _writes(self, name: str, wanted: ExpectedOfCrm) -> Check:
        if not wanted.writes:
            return looked(self._system, name, told="write_back is off")
        known = self._portal.properties(DEALS)
        found = [one for each in wanted.writes if (one := trouble(each, known.get(each.name))) is not None]
        told = f"{len(wanted.writes)} properties of deals; the scope crm.objects.deals.write is seen only by writing"
        return looked(self._system, name, found, told)

    # Stages, deals, calls

    def _stages(self, name: str, wanted: ExpectedOfCrm) -> Check:
        """A stage that no deal has leaves every deal out: the contract names stages as people see them."""
        known = self._portal.stages()
        won = {one.label for one in known.stages.values() if one.won}
        every = {one.label for one in known.stages.values()}
        told = f"won: {', '.join(sorted(won))}; in {len(known.pipelines)} pipelines"
        if not won:
            what = "No stage of the portal's pipelines counts as won (closed, with a probability of 100%)."
            return looked(self._system, name, [Finding(what, ADMIN, "Look at the stages of its deal pipelines.")], told)
        found = []
        for one in wanted.stages:
            fitting = won if one.won else every
            if one.name in fitting:
                continue
            by_id = known.stages.get(one.name)
            is_id = f" It is the id of {by_id.label!r}." if by_id else ""
            state = "no won stage" if one.name in every else "no stage"
            what = f"{one.name!r} is {state} of the portal; it is named by {one.place}.{is_id}"
            found.append(Finding(f"{what} {nearest(one.name, fitting)}", REVOPS, "Write the stage's label."))
        return looked(self._system, name, found, told)

    def _deals(self, name: str, wanted: ExpectedOfCrm) -> Check:
        filters: list[Mapping[str, Any]] = [WON]
        if wanted.starts:
            since = milliseconds(wanted.starts)
            filters.append({"propertyName": "closedate", "operator": "GTE", "value": since})
        seen, _ = self._search.page(COUNT, DEALS, [filters], 1)
        told = f"{seen:,} won deals" + (f" with a close date from {wanted.starts:%Y-%m-%d} on" if wanted.starts else "")
        if wanted.won_deals is None:
            return looked(self._system, name, told=told)
        told += f"; by the admin's count {wanted.won_deals:,}"
        if seen >= wanted.won_deals:
            return looked(self._system, name, told=told)
        what = f"The credentials see {seen:,} of {wanted.won_deals:,} won deals."
        remedy = "Compare with a report of yours: deals that the key does not see are never handed off."
        return looked(self._system, name, [Finding(what, ADMIN, remedy)], told)

    def _calls(self, name: str, wanted: ExpectedOfCrm) -> Check:
        if self._wire.day_of_calls is None:
            return not_checked(self._system, name, "the portal does not tell this app how many calls are left")
        most, left = self._wire.day_of_calls
        a_day = CALLS_A_PASS * DAY_SECONDS // wanted.every_seconds
        told = (
            f"polling every {wanted.every_seconds} s takes about {a_day:,} of the {left:,} calls left of {most:,} a day"
        )
        if a_day <= left * LARGEST_SHARE:
            return looked(self._system, name, told=told)
        remedy = "Poll less often (`handoff serve --every`), and see which other apps use up the portal's calls."
        return looked(
            self._system, name, [Finding("Polling takes too many of the calls left.", OPERATOR, remedy)], told
        )


def trouble(one: Written, known: Property | None) -> Finding | None:
    """Return the first thing that is wrong with a property that is written to."""
    if known is None:
        return Finding(f"The property {one.name} of deals is missing; it is written by {one.place}.", ADMIN, UNSEEN)
    if not known.writable:
        what = f"The property {one.name} is read-only; it is written by {one.place}."
        return Finding(what, ADMIN, "HubSpot fills it itself: take it out of write_back.")
    if one.form is not Form.ANY and known.kind not in FITTING[one.form]:
        remedy = f"Make it a property that takes a {one.form}, as docs/set-up.md lists it, or map it to another."
        what = f"The property {one.name} is of type {known.kind}, and {one.place} writes a {one.form}."
        return Finding(what, ADMIN, remedy)
    if known.kind == "enumeration" and one.form is Form.TEXT and not one.words:
        what = f"The property {one.name} takes only its options, and {one.place} writes any text."
        return Finding(what, ADMIN, "Make it a multi-line text.")
    lacking = [word for word in one.words if word not in known.options] if known.kind == "enumeration" else []
    if lacking:
        words = ", ".join(repr(word) for word in lacking)
        remedy = "Add it to the options (their internal value must read the same), or make it a single-line text."
        return Finding(f"The property {one.name} does not take {words}.", ADMIN, remedy)
    if one.longest and one.longest > LONGEST_TEXT:
        what = f"{one.place} writes up to {one.longest:,} characters, and HubSpot holds {LONGEST_TEXT:,}."
        return Finding(what, REVOPS, f"Say max: {LONGEST_TEXT} in the mapping.")
    return None
