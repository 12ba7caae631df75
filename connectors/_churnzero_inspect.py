"""A look at a tenant before anything is sent: what can be known of it, and what nobody can know."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial

from connectors._churnzero_records import where_of
from connectors._churnzero_settings import ACCOUNT, CONTACT, EVENT
from connectors._churnzero_values import IDS, column, standard
from connectors._churnzero_wire import ACCOUNTS, CONTACTS, EVENT_TYPES, EVENTS, Json, Wire
from connectors._http import Route
from handoff.errors import Rejected, ServiceError
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
)
from handoff.model import User

ADMIN, REVOPS = "a ChurnZero admin", "RevOps"
OWNER = "OwnerUserAccount"
UNSEEN = "the REST API is not used (verify)"
KEY_UNKNOWABLE = (
    "ChurnZero answers every key alike, and a wrong one loses all that is sent: "
    "hand off one deal, and look at its account"
)
HOST_UNKNOWABLE = (
    "all that is sent goes to {push}, a generic host, and a host that is not yours answers alike and loses it: "
    "set `push_url` to the one on Admin > Application Keys, even where it is this one"
)

Look = Callable[[str], Check]
Ask = Callable[[Iterable[str]], Mapping[str, User]]


class Inspector:
    """Looks at one tenant; `people` returns the users behind e-mail addresses, by lower-case address."""

    def __init__(self, wire: Wire, people: Ask) -> None:
        self._wire, self._people, self._settings = wire, people, wire.settings
        self._push, self._pull = wire.exchange.system, wire.pull_exchange.system
        self._accounts = cache(partial(self._first_page, ACCOUNTS, "Account"))

    def look(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Return every check of the tenant; what cannot be known without the REST API is named."""
        told = f"{self._wire.addresses.push} answers"
        return [
            attempt(self._push, "address", partial(self._check_address, told=told)),
            *self._of_host(),
            not_checked(self._push, "application key", KEY_UNKNOWABLE),
            looked(self._push, "steps", self._of_steps(wanted)),
            *self._pulled(wanted),
        ]

    def _check_address(self, name: str, told: str) -> Check:
        self._wire.knock()
        return looked(self._push, name, told=told)

    def _of_host(self) -> list[Check]:
        addresses = self._wire.addresses
        because = HOST_UNKNOWABLE.format(push=addresses.push)
        return [not_checked(self._push, "host", because)] if addresses.assumed else []

    def _pulled(self, wanted: ExpectedOfPlatform) -> list[Check]:
        looks: dict[str, Look] = {
            "one account": self._check_one_account,
            "filters": self._check_filters,
            "attributes": partial(self._check_attributes, wanted=wanted),
            "event types": partial(self._check_events, wanted=wanted),
            "people": partial(self._check_people, people=wanted.people),
        }
        if not self._wire.verifies:
            return [not_checked(self._pull, name, f"{UNSEEN}{_more(name)}") for name in looks]
        try:
            self._accounts()
        except ServiceError as error:
            return locked_out(self._pull, error, looks)
        made = [attempt(self._pull, name, look) for name, look in looks.items()]
        return [looked(self._pull, "credentials", told="accepted"), *made]

    def _of_steps(self, wanted: ExpectedOfPlatform) -> list[Finding]:
        """Return what no tenant could take: events that are changed, an account with two steps' keys."""
        found = [
            Finding(f"{field.place}: an event cannot be changed.", REVOPS, "Take `write` out.")
            for field in wanted.fields(EVENT)
            if field.updates
        ]
        if Counter(step.kind for step in wanted.steps)[ACCOUNT] > 1:
            what = "Several steps write to the account; it holds the key of the last one alone."
            found.append(Finding(what, REVOPS, "Put their attributes into one step."))
        return found

    def _first_page(self, route: Route, name: str) -> list[Json]:
        return next(self._wire.all_of(route, name, first=True))

    def _check_one_account(self, name: str) -> Check:
        """Return whether an account that is listed is found by its id too; one that is not found counts as new."""
        known = next((str(row["ExternalId"]) for row in self._accounts() if row.get("ExternalId")), "")
        if not known or self._settings.account_lookup != "key":
            return looked(self._pull, name, told="" if known else "there is none to try it with")
        if self._wire.account(known) is not None:
            return looked(self._pull, name, told="found by its id")
        what = "An account that is listed is not found by AccountExternalId, so every customer would be taken for new."
        return looked(self._pull, name, [Finding(what, OPERATOR, 'Try `account_lookup = "filter"`.')])

    def _check_filters(self, name: str) -> Check:
        """Return whether events can be listed as a look-up asks for them; contacts are asked for by account alike."""
        where = where_of("nobody", "2000-01-01T00:00:00Z", self._settings)
        try:
            next(self._wire.all_of(EVENTS, "Event", where, first=True))
        except Rejected:
            what = f"Events cannot be listed where {where}, so none of ours would be found again."
            return looked(self._pull, name, [Finding(what, OPERATOR, self._other_filter())])
        return looked(self._pull, name, told="events can be looked up")

    def _other_filter(self) -> str:
        if not self._settings.account_filter:
            return "Try `account_filter = true`, or leave `verify` out."
        other = 'Try `event_lookup = "account"`; where' if self._settings.event_lookup == "moment" else "Where"
        return f"{other} no list can be filtered by account, set `account_filter = false`."

    def _check_attributes(self, name: str, wanted: ExpectedOfPlatform) -> Check:
        """
        Return which attributes are nowhere yet: writing them makes them, also where one is misspelt.

        A standard one is there also where it is not shown; it cannot be read back then.
        """
        new: list[str] = []
        unseen: list[str] = []
        for kind in (ACCOUNT, CONTACT):
            if kind not in wanted.kinds:
                continue
            row = _first(self._accounts() if kind == ACCOUNT else self._first_page(CONTACTS, "Contact"))
            fields = [field for field in wanted.fields(kind) if field.sent and field.name not in IDS]
            for field in (each for each in fields if column(kind, each.name) not in row):
                (unseen if standard(kind, field.name) else new).append(f"{field.name} ({field.place})")
        hidden = f"not shown, so left alone in what is there already (write: always apart): {_listed(unseen)}; "
        told = f"made with the first handoff, if that is what is meant: {_listed(new)}"
        return looked(self._pull, name, told=(hidden if unseen else "") + told)

    def _check_events(self, name: str, wanted: ExpectedOfPlatform) -> Check:
        sent = [
            (one, field.place_of(one))
            for field in wanted.fields(EVENT)
            if field.name == "eventName"
            for one in field.literals
        ]
        counted = self._settings.census_events
        found = [
            Finding(f"{place}: {one!r} is not among census_events, so it is not counted.", OPERATOR, "Add it there.")
            for one, place in sent
            if counted and one not in counted
        ]
        known = {str(row.get("Name")) for page in self._wire.all_of(EVENT_TYPES, "EventType") for row in page}
        new = [one for one, _ in sent if one not in known]
        told = f"nothing can be set off by these before the first handoff: {_listed(new)}" if new else ""
        return looked(self._pull, name, found, told)

    def _check_people(self, name: str, people: Sequence[Addressed]) -> Check:
        users = self._people([one.email for one in people])
        found: list[Finding] = []
        for one in people:
            user, roles = users.get(one.email.strip().lower()), "; ".join(one.roles)
            if user is None:
                what = f"No user of ChurnZero has the address {one.email} ({roles}); {OWNER} is matched by user."
                found.append(Finding(what, ADMIN, "Add the user in ChurnZero, or correct the address in the file."))
            elif not user.active:
                what = f"{one.email} ({roles}) is not active in ChurnZero."
                found.append(Finding(what, ADMIN, "Activate the user, or name somebody else in the file."))
        return looked(self._pull, name, found, f"{len(people) - len(found)} of {len(people)} are users")


def _more(name: str) -> str:
    if name == "people":
        return f"; {OWNER} is matched by name, and an owner that ChurnZero does not know is dropped without a word"
    return ""


def _first(rows: Sequence[Json]) -> Json:
    """Return all columns that the first page shows."""
    return {name: value for row in rows for name, value in row.items()}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
