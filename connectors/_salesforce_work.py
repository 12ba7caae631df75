"""The handoff's work in Salesforce itself: tasks of the won deal, and a note, which is a task that is done."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors._http import Route
from connectors._salesforce_gateway import Gateway
from connectors._salesforce_records import Row, id18, moment, soql, whole_second
from connectors._salesforce_work_look import DESCRIBE, look
from connectors._salesforce_work_records import (
    KEY_FIELD,
    NOT_NAMED,
    NOTE,
    OURS,
    SELECTED,
    TASK,
    WRITTEN,
    closed,
    counted,
    each,
    held,
    label,
    mark,
    outcome,
    record,
    ref_of,
)
from connectors._steps import of_one_kind, record_of
from handoff.batches import batches
from handoff.counted import Counted
from handoff.errors import Ambiguous, NotAllowed, Rejected, Transient
from handoff.inspection import Check, ExpectedOfPlatform
from handoff.model import Customer, Found, Held, How, Outcome, Result, Step, User
from handoff.ports import Capability, Identity, Intend, Traffic

MAKE = Route("making tasks", reads=False, repeatable=False)
CHANGE = Route("changing tasks", reads=False, repeatable=True)
FIND = Route("looking for tasks", reads=True, repeatable=True)
USERS = Route("looking for users", reads=True, repeatable=True)
CENSUS = Route("counting tasks", reads=True, repeatable=True)
ROUTES = (MAKE, CHANGE, FIND, USERS, CENSUS, DESCRIBE)

KEYS_A_LOOK, COLLECTION = 60, 200
"""Sixty keys of 100 characters keep an address below 14,000 bytes; the vendor takes 200 records a call."""
SETTLE = timedelta(seconds=30)
ONE_SINKS_ALL = frozenset({"JSON_PARSER_ERROR", "INVALID_INPUT", "MALFORMED_ID"})

Rows = Callable[[Route, Callable[[Row | None], str], bool], Iterator[Sequence[Row]]]


@dataclass
class _Put:
    """One `put` under way: who is told before a call is sent, and how each step ended."""

    intend: Intend
    done: dict[str, Outcome]


class Work:
    """
    The tasks and notes of one org's won deals, as a destination.

    Args:
        instance: The platform's name in `handoff.toml`.
        gateway: The way to the org.
        rows: Yields pages of rows, given a route, the statement behind a last row, and whether deleted ones come too.
    """

    system = "crm"
    title = "Salesforce"

    def __init__(self, *, instance: str, gateway: Gateway, rows: Rows) -> None:
        self.instance, self._gateway, self._rows = instance, gateway, rows
        able = Capability(Identity.FINDABLE, batch=COLLECTION, keys_per_lookup=KEYS_A_LOOK, settle=SETTLE)
        self.kinds: Mapping[str, Capability] = {TASK: able, NOTE: able}
        self._users: dict[str, User] = {}

    def traffic(self) -> Traffic:
        """Return how often this org was called, and may be."""
        return self._gateway.exchange.traffic()

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """Return the users behind these addresses, by lower-case address; of two with one the active one counts."""
        wanted = {email.strip().lower() for email in emails if email.strip()}
        for some in batches(sorted(wanted - self._users.keys()), KEYS_A_LOOK):
            text = _select("Id, Email, IsActive, Name", "User", soql("Email IN {}", list(some)))
            for row in self._all(USERS, text):
                user = User(id18(str(row["Id"])), str(row["Email"]), row["IsActive"] is True, str(row["Name"]))
                if not (known := self._users.get(user.email.lower())) or (user.active and not known.active):
                    self._users[user.email.lower()] = user
        return {email: self._users[email] for email in wanted if email in self._users}

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the tasks that carry it; see `Destination.find`."""
        by_mark = {mark(step): step for step in steps}
        found: dict[str, list[Found]] = {}
        for some in batches(list(by_mark), KEYS_A_LOOK):
            text = _select(f"{SELECTED}, {KEY_FIELD}", "Task", soql(f"{KEY_FIELD} IN {{}}", list(some)))
            for row in self._all(FIND, text):
                step = by_mark[str(row[KEY_FIELD])]
                one = Found(ref_of(row), How.KEY, label(row), holds=held(row, step), closed=closed(row, step.kind))
                found.setdefault(step.key, []).append(one)
        return found

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what the tasks of these steps hold now; see `Destination.read`."""
        by_ref: dict[str, list[Step]] = {}
        for step in steps:
            by_ref.setdefault(record_of(step, self.title), []).append(step)
        known: dict[str, Held] = {}
        for some in batches(list(by_ref), COLLECTION):
            text = _select(SELECTED, "Task", soql("Id IN {}", list(some)))
            for row in self._all(FIND, text):
                for step in by_ref[ref_of(row)]:
                    known[step.key] = Held(ref_of(row), held(row, step), closed(row, step.kind), label(row))
        return known

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return nothing: without a platform nobody else knows the account."""
        return {}

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """Yield every task that carries a key of ours, in pages; see `Destination.census`."""
        changed = soql(" AND SystemModstamp >= {}", whole_second(since)) if since else ""
        fields = f"Id, {KEY_FIELD}, IsClosed, CreatedDate, SystemModstamp"
        ours = f"{KEY_FIELD} LIKE '{OURS}'{changed}"

        def statement(last: Row | None) -> str:
            behind = soql(" AND Id > {}", last["Id"]) if last else ""
            return _select(fields, "Task", ours + behind)

        for rows in self._rows(CENSUS, statement, False):
            yield [counted(row) for row in rows]

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return those of these tasks that lie in the bin; see `Destination.deleted`."""
        gone: dict[str, datetime] = {}
        for some in batches(list(refs), COLLECTION):
            where = soql("IsDeleted = true AND Id IN {}", list(some))
            text = _select("Id, SystemModstamp", "Task", where)
            for row in self._all(CENSUS, text, deleted=True):
                gone[ref_of(row)] = moment(str(row["SystemModstamp"]))
        return gone

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Carry out steps of one kind; see `Destination.put`."""
        of_one_kind(steps, self.kinds, self.title)
        going = _Put(intend, {})
        try:
            for some in _chunks(steps):
                self._carry_out(some, going)
        except NotAllowed as error:
            if not going.done:
                raise
            for step in steps:
                going.done.setdefault(step.key, Outcome(step.key, Result.WAITING, step.ref, str(error)))
        return [going.done[step.key] for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return how many calls `put` makes of these steps if nothing is refused; calls nothing."""
        return sum(1 for _ in _chunks(steps))

    def link(self, kind: str, ref: str) -> str:
        """Return the address where a person sees this task."""
        return f"https://{self._gateway.host}/lightning/r/Task/{ref}/view"

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Look at all that the mappings need of this org's tasks; see `Destination.inspect`."""
        sent = {KEY_FIELD, *(WRITTEN[kind][one.name] for kind in wanted.kinds for one in wanted.fields(kind))}
        return look(self._gateway, self.people, wanted, tuple(sorted(sent)))

    def _all(self, route: Route, text: str, *, deleted: bool = False) -> list[Row]:
        return [row for rows in self._rows(route, lambda _: text, deleted) for row in rows]

    def _carry_out(self, steps: Sequence[Step], going: _Put) -> None:
        try:
            outcomes = self._send(steps, going.intend)
        except Ambiguous as error:
            outcomes = each(steps, Result.UNKNOWN, error)
        except Transient as error:
            outcomes = each(steps, Result.WAITING, error)
        except Rejected as error:
            if len(steps) > 1 and error.code in ONE_SINKS_ALL:
                # One value of the wrong type sinks the whole call, of which nothing was done: halve it.
                half = len(steps) // 2
                self._carry_out(steps[:half], going)
                self._carry_out(steps[half:], going)
                return
            outcomes = each(steps, Result.REJECTED, error)
        going.done |= {one.key: one for one in outcomes}

    def _send(self, steps: Sequence[Step], intend: Intend) -> list[Outcome]:
        fresh = steps[0].ref is None
        body = {"allOrNone": False, "records": [record(step) for step in steps]}
        results = self._gateway.ask(
            MAKE if fresh else CHANGE,
            "POST" if fresh else "PATCH",
            "composite/sobjects",
            body=body,
            before=lambda: intend(steps),
        )
        if not isinstance(results, list) or len(results) != len(steps):
            # Results are told apart by their place alone, so none of these can be believed.
            return [Outcome(step.key, Result.UNKNOWN, step.ref, NOT_NAMED) for step in steps]
        return [outcome(step, said) for step, said in zip(steps, results, strict=True)]


def _chunks(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    for fresh in (True, False):
        yield from batches([step for step in steps if (step.ref is None) is fresh], COLLECTION)


def _select(fields: str, of: str, where: str) -> str:
    """Every value in the condition was quoted by `soql`, and the rest are our own words."""
    return f"SELECT {fields} FROM {of} WHERE {where} ORDER BY Id"  # noqa: S608
