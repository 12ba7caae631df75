"""One tenant: its choices and its records by object, with what the REST API sees of them."""

import copy
from collections import Counter
from datetime import datetime, timedelta

from sandbox.churnzero.choices import Choices
from sandbox.journal import iso_z
from sandbox.naming import unknown
from sandbox.wire import Json, Objects, Record

PULLED = ("Account", "Contact", "Event", "Task", "EventType", "Journey", "JourneyProgress", "UserAccount")
OBJECTS = (*PULLED, "play", "accepted", "rejected", "outbox")
"""What the REST API shows, and beside it plays, a journal of what was pushed, and the mails about CSV files."""

SEEN = frozenset(
    {
        *("Id", "ExternalId", "CrmId", "Name", "IsActive", "TotalContractAmount", "NextRenewalDate"),
        *("StartDate", "EndDate", "PrimaryChurnScoreValue", "Tags"),
    }
)
"""The columns of an account that the REST API was seen to show, beside those of the customer's own (C2)."""

PLAY = {
    "Id": 1,
    "Name": "Onboarding",
    "Active": True,
    "Attribute": {"Onboarding Status": "New"},
    "Event": "Deal Closed Won",
    "Tasks": [{"Name": "Hold the kick-off call", "Days": 7}, {"Name": "Agree on the success criteria", "Days": 14}],
    "JourneyId": 1,
}


class Org:
    """Everything that belongs to one tenant, and nothing that belongs to one call."""

    def __init__(self) -> None:
        self.choices = Choices()
        self.inactive_users: frozenset[str] = frozenset()
        self.hidden: frozenset[tuple[str, str]] = frozenset()  # columns that the set-up hides, by object
        self.withheld: frozenset[tuple[str, str]] = frozenset()  # and that a fault does
        self.waiting: list[Record] = []  # CSV files accepted and not applied yet
        self._rows: dict[str, dict[int, Record]] = {name: {} for name in OBJECTS}
        self._given: Counter[str] = Counter()
        self._seen_from: dict[tuple[str, int], datetime] = {}
        self._by_external: dict[str, int] = {}
        self._contacts: dict[tuple[str, str], int] = {}
        self._events: set[tuple[Json, ...]] = set()
        for name, row in (("Journey", {"Id": 1, "Name": "Onboarding"}), ("play", copy.deepcopy(PLAY))):
            self.keep(name, row)

    def rows(self, name: str) -> dict[int, Record]:
        """Return an object's records by id; raises `ValueError` for one ChurnZero does not have."""
        if name not in self._rows:
            raise ValueError(unknown("object of ChurnZero", name, OBJECTS))
        return self._rows[name]

    def keep(self, name: str, row: Record, seen_from: datetime | None = None) -> Record:
        """Keep a record, new or changed; a new one is pulled from `seen_from` on."""
        rows = self.rows(name)
        if "Id" not in row:
            row = {"Id": self._next(name), **row}
        self._given[name] = max(self._given[name], row["Id"])
        if seen_from is not None and row["Id"] not in rows:
            self._seen_from[name, row["Id"]] = seen_from
        rows[row["Id"]] = row
        if name == "Account" and row["ExternalId"] is not None:
            self._by_external[row["ExternalId"]] = row["Id"]
        if name == "Contact":
            self._contacts[row["AccountExternalId"], row["ExternalId"]] = row["Id"]
        return row

    def delete(self, name: str, number: int) -> None:
        """Take a record away; raises `KeyError` where there is none."""
        row = self.rows(name).pop(number)
        if name == "Account":
            self._by_external.pop(row["ExternalId"], None)
        if name == "Contact":
            self._contacts.pop((row["AccountExternalId"], row["ExternalId"]), None)

    def pulled(self, name: str, now: datetime) -> list[Record]:
        """Return copies of the records that the REST API shows at `now`."""
        always = datetime.min.replace(tzinfo=now.tzinfo)
        seen = (row for number, row in self.rows(name).items() if self._seen_from.get((name, number), always) <= now)
        return [{column: value for column, value in row.items() if self.shows(name, column)} for row in seen]

    def shows(self, name: str, column: str) -> bool:
        """Return whether the REST API shows a column of an object; a standard one may be written and never shown."""
        unseen = name == "Account" and column not in SEEN and not column.startswith("Cf")
        return not (self.hides(name, column) or (unseen and self.choices.account_columns == "seen"))

    def hides(self, name: str, column: str) -> bool:
        """Return whether a column of an object can be neither seen nor written."""
        return (name, column) in self.hidden | self.withheld

    def account(self, external_id: Json) -> Record | None:
        """Return the account of an external id."""
        number = self._by_external.get(external_id) if isinstance(external_id, str) else None
        return None if number is None else self.rows("Account")[number]

    def contact(self, account_id: str, external_id: str) -> Record | None:
        """Return a contact of an account."""
        number = self._contacts.get((account_id, external_id))
        return None if number is None else self.rows("Contact")[number]

    def is_new(self, event: tuple[Json, ...]) -> bool:
        """Return whether nothing like this event was seen before, and remember it."""
        new = event not in self._events
        self._events.add(event)
        return new

    def seen_from(self, now: datetime, lag: timedelta) -> datetime:
        """Return from when what is pushed now is pulled, the lag of a fault being the least."""
        return now + max(lag, timedelta(seconds=self.choices.read_lag_seconds))

    def note(self, name: str, now: datetime, **said: Json) -> None:
        """Write a row of a journal: `accepted`, `rejected` or `outbox`."""
        self.keep(name, {"at": iso_z(now), **said})

    def state_of(self, name: str) -> list[Record]:
        """Return copies of one object's records."""
        return copy.deepcopy(list(self.rows(name).values()))

    def state(self) -> Objects:
        """Return copies of all records by object."""
        return {name: self.state_of(name) for name in OBJECTS}

    def _next(self, name: str) -> int:
        return self._given[name] + 1


def user_account(number: int, name: str, email: str) -> Record:
    """Return an active user."""
    first, _, last = name.partition(" ")
    return {
        "Id": number,
        "UserName": email,
        "Email": email,
        "FirstName": first,
        "LastName": last,
        "IsActive": True,
    }


def blank_account(external_id: str) -> Record:
    """Return an account that says nothing yet."""
    empty = ("CrmId", "Name", "TotalContractAmount", "NextRenewalDate", "StartDate", "EndDate")
    more = ("PrimaryChurnScoreValue", "Tags", "OwnerUserAccount")
    return {"ExternalId": external_id, "IsActive": True, **dict.fromkeys((*empty, *more))}


def blank_contact(account_id: str, external_id: str) -> Record:
    """Return a contact that says nothing yet."""
    named = dict.fromkeys(("FirstName", "LastName", "Email"))
    return {"ExternalId": external_id, "AccountExternalId": account_id, **named}
