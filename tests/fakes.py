"""Small stand-ins that keep what they were given: clocks, budgets, a CRM, a platform, and a bridge between them."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from handoff.batches import batches
from handoff.bridge import Bridge, Pace
from handoff.counted import Counted, CountedDeal, Whereabouts
from handoff.errors import NotAllowed, Transient
from handoff.ledger import Ledger
from handoff.mapping import Mappings
from handoff.model import (
    Customer,
    Deal,
    DealRef,
    Found,
    Held,
    How,
    Left,
    Outcome,
    Page,
    Result,
    Step,
    Unreadable,
    Updated,
    User,
    Value,
    Window,
)
from handoff.ports import Capability, Identity, Intend, Limit, Receipt, Traffic
from handoff.report import Report
from handoff.run import run_once
from tests.handoff.builders import SOURCE, TARGET, mappings_in

NOON = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)


class FakeClock:
    """A business clock that stands still until somebody sleeps; `slept` keeps every wait in seconds."""

    def __init__(self, start: datetime = NOON, scale: float = 1.0) -> None:
        self.at, self._scale, self.slept = start, scale, list[float]()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.at += timedelta(seconds=max(seconds, 0.0))

    @property
    def scale(self) -> float:
        return self._scale

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        self.at += timedelta(seconds=seconds)


class OpenBudget:
    """Grants every call; `spent` holds (name, moment) of each, `closed` those of each closing."""

    def __init__(self) -> None:
        self.spent: list[tuple[str, datetime]] = []
        self.closed: list[tuple[str, datetime]] = []

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        self.spent += [(name, at)] * calls
        return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        self.closed.append((name, at))


class WindowBudget:
    """Counts each limit's fixed windows as the ledger does; `spent` holds (name, moment) of each call."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, timedelta, int], int] = {}
        self.spent: list[tuple[str, datetime]] = []
        self.closed: list[tuple[str, datetime]] = []
        self._lock = threading.Lock()

    def spend(self, name: str, limits: Sequence[Limit], at: datetime, calls: int = 1) -> datetime | None:
        with self._lock:
            cells = [(name, limit.per, _window(limit, at)) for limit in limits]
            full = [
                limit for limit, cell in zip(limits, cells, strict=True) if self.used.get(cell, 0) + calls > limit.calls
            ]
            if full:
                return max(_start(limit, _window(limit, at) + 1) for limit in full)
            for cell in cells:
                self.used[cell] = self.used.get(cell, 0) + calls
            self.spent += [(name, at)] * calls
            return None

    def close(self, name: str, limits: Sequence[Limit], at: datetime) -> None:
        with self._lock:
            shortest = min(limits, key=lambda limit: limit.per)
            self.used[name, shortest.per, _window(shortest, at)] = shortest.calls
            self.closed.append((name, at))


def _window(limit: Limit, at: datetime) -> int:
    return int(at.timestamp() // limit.per.total_seconds())


def _start(limit: Limit, window: int) -> datetime:
    return datetime.fromtimestamp(window * limit.per.total_seconds(), UTC)


class PowerCut(BaseException):
    """The process ends here, as far as the code under test can tell."""


def out_of_reach(system: str) -> Transient:
    """Return the error of a system that does not answer."""
    return Transient(system=system, doing="being asked", why="it could not be reached.")


class FakeCrm:
    """
    Won deals by id, each with the moment its record changed; `told` holds what each record says of its handoff.

    `refuses_receipts` maps ids to reasons, `unreadable` likewise; `breaks_at_page` counts pages from 1;
    `loses_receipts` writes them and never answers. A deal in `unseen` is in no window; `log` is what `updated` says.
    """

    system = "salesforce"
    receipts_a_call = 200

    def __init__(
        self,
        clock: FakeClock,
        *,
        org: str = "00D5g000004XyZwEAK",
        page_size: int = 2_000,
        instance: str = "main",
    ) -> None:
        self.clock, self._org, self.page_size, self.instance = clock, org, page_size, instance
        self.won: dict[str, tuple[Deal, datetime]] = {}
        self.told: dict[str, dict[str, Value]] = {}
        self.receipts: list[Receipt] = []
        self.tried: list[str] = []
        self.windows: list[Window] = []
        self.asked: list[list[str]] = []
        self.unreadable: dict[str, str] = {}
        self.lost: dict[str, tuple[Left, datetime]] = {}
        self.unseen: set[str] = set()
        self.log: Callable[[Window], Updated | None] = self._log
        self.logged: list[Window] = []
        self.refuses_receipts: dict[str, str] = {}
        self.breaks_at_page: int | None = None
        self.loses_receipts = self.gone = False
        self.calls = 0

    def traffic(self) -> Traffic:
        return Traffic("salesforce main", self.calls)

    def win(self, *deals: Deal) -> None:
        """Hold these deals as won, or as changed, from now on."""
        for deal in deals:
            self.won[deal.ref.id] = deal, self.clock.now()
            self.lost.pop(deal.ref.id, None)

    def edit(self, deal_id: str, **changes: Any) -> None:
        """Let a rep change a deal; `source` adds raw fields to those that are there."""
        deal, _ = self.won[deal_id]
        if "source" in changes:
            changes["source"] = {**deal.source, **changes["source"]}
        self.win(replace(deal, **changes))

    def lose(self, deal_id: str, stage: str | None = "Negotiation") -> None:
        """Let a deal be won no longer, and in this stage; None deletes it."""
        deal, _ = self.won.pop(deal_id)
        self.lost[deal_id] = Left(deal.ref, stage), self.clock.now()

    def org(self) -> str:
        return self._org

    def server_now(self) -> datetime:
        self._answer()
        return self.clock.now()

    def changed(self, window: Window) -> Iterator[Page]:
        self._answer()
        self.windows.append(window)
        stamped = {one: deal for one, (deal, at) in self.won.items() if window.lower <= at < window.upper}
        inside = [deal for one, deal in stamped.items() if one not in self.unseen]
        inside.sort(key=lambda deal: (self.won[deal.ref.id][1], deal.ref.id))
        for number, start in enumerate(range(0, len(inside), self.page_size), start=1):
            if number == self.breaks_at_page:
                raise out_of_reach("salesforce main")
            yield self._page(inside[start : start + self.page_size])

    def updated(self, span: Window) -> Updated | None:
        self._answer()
        self.logged.append(span)
        return self.log(span)

    def _log(self, span: Window) -> Updated:
        stamps = {one: at for one, (_, at) in (self.won | self.lost).items()}
        return Updated(frozenset(one for one, at in stamps.items() if span.lower <= at < span.upper), span.upper)

    def left(self, window: Window) -> Iterator[Sequence[Left]]:
        self._answer()
        yield [one for one, at in self.lost.values() if window.lower <= at < window.upper]

    def read(self, ids: Sequence[str]) -> Page:
        self._answer()
        self.asked.append(list(ids))
        return self._page([self.won[one][0] for one in ids if one in self.won])

    def search(self, text: str, limit: int = 20) -> list[tuple[str, str]]:
        self._answer()
        deals = [deal for deal, _ in self.won.values()]
        fits = [d for d in deals if text.lower() in f"{d.account_name} {d.name}".lower()]
        return [(deal.ref.id, f"{deal.name}, {deal.account_name}") for deal in fits][:limit]

    def census(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        self._answer()
        inside = sorted((one for one in self.won.values() if window.lower <= one[0].won_at), key=lambda one: one[0].ref)
        for page in batches(inside, self.page_size):
            yield [self._counted(deal, at) for deal, at in page]

    def _counted(self, deal: Deal, at: datetime) -> CountedDeal:
        given = (deal.ref, deal.name, deal.account_id, deal.account_name, deal.url, deal.won_at, deal.won_how)
        return CountedDeal(*given, deal.episode, at, told=self.told.get(deal.ref.id, {}))

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        self._answer()
        return {one: Whereabouts.WON for one in ids if one in self.won}

    def write_back(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        self._answer()
        outcomes = [self._tell(receipt) for receipt in receipts]
        if self.loses_receipts:
            raise out_of_reach("salesforce main")
        return outcomes

    def _tell(self, receipt: Receipt) -> Outcome:
        deal_id = receipt.deal.id
        self.tried.append(deal_id)
        if deal_id in self.refuses_receipts:
            return Outcome(receipt.key, Result.REJECTED, reason=self.refuses_receipts[deal_id])
        self.receipts.append(receipt)
        self.told[deal_id] = dict(receipt.fields)
        if deal_id in self.won:  # our own write moves the record's stamp
            self.won[deal_id] = self.won[deal_id][0], self.clock.now()
        return Outcome(receipt.key, Result.UPDATED, deal_id)

    def _page(self, deals: Sequence[Deal]) -> Page:
        torn = [Unreadable(d.ref, d.name, self.unreadable[d.ref.id]) for d in deals if d.ref.id in self.unreadable]
        return Page(tuple(deal for deal in deals if deal.ref.id not in self.unreadable), tuple(torn))

    def _answer(self) -> None:
        self.calls += 1
        if self.gone:
            raise out_of_reach("salesforce main")


class End(Enum):
    """
    How a `put` may end other than well.

    An `UNKNOWN_...` outcome is ambiguous, a `CUT_...` ends the process; `SHUT_OUT`: the platform lets nobody in.
    """

    REFUSED = auto()
    WAITING = auto()
    UNKNOWN_BEFORE = auto()
    UNKNOWN_AFTER = auto()
    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    SHUT_OUT = auto()


@dataclass
class Made:
    """One record of the platform; `closed` says that its work is over."""

    ref: str
    kind: str
    key: str
    payload: dict[str, Value]
    closed: bool = False


class FakeDestination:
    """
    Keeps what it was given; `made` holds every record, so that a double shows, and `sent` every step put.

    `ends` says of a step how its `put` ends, None is well. A record in `unseen` is not found; a field in `hidden`
    cannot be read back. `looked` and `asked` hold the keys of each `find` and each `read`.
    """

    instance, system, title = "main", "gainsight", "Gainsight"

    def __init__(self, users: Mapping[str, User], *, batch: int = 50) -> None:
        self.users = dict(users)
        self.made: list[Made] = []
        self.sent: list[Step] = []
        self.looked: list[list[str]] = []
        self.asked: list[list[str]] = []
        self.hidden: set[str] = set()
        self.known: dict[str, Customer] = {}
        self.ends: Callable[[Step], End | None] = lambda step: None
        self.unseen: set[str] = set()
        self.deletions: dict[str, datetime] = {}
        self.conflicts: dict[str, str] = {}
        self.gone = False
        self.called = self.put_calls = 0
        self._numbers = count()
        self.kinds: Mapping[str, Capability] = {
            kind: Capability(Identity.NATURAL if kind == "timeline" else Identity.FINDABLE, batch)
            for kind in ("company", "success_plan", "cta", "timeline")
        }

    def of(self, kind: str) -> list[Made]:
        """Return the records of a kind, in the order they were made."""
        return [one for one in self.made if one.kind == kind]

    def add(self, kind: str, payload: Mapping[str, Value], *, key: str = "") -> str:
        """Hold a record that the bridge did not make; return its id."""
        self.made.append(Made(f"1P01{next(self._numbers):032d}", kind, key, dict(payload)))
        return self.made[-1].ref

    def one(self, ref: str) -> Made:
        """Return the record of an id."""
        (one,) = (each for each in self.made if each.ref == ref)
        return one

    def edit(self, ref: str, **fields: Value) -> None:
        """Let a person change fields of a record; None empties one."""
        self.one(ref).payload |= fields

    def close(self, ref: str) -> None:
        """Let a person end the work of a record."""
        self.one(ref).closed = True

    def delete(self, ref: str) -> None:
        """Let a person delete a record; the platform has it on record."""
        self.made.remove(self.one(ref))
        self.deletions[ref] = NOON

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        return {email.lower(): self.users[email.lower()] for email in emails if email.lower() in self.users}

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        self._answer()
        self.looked.append([step.key for step in steps])
        return {step.key: found for step in steps if (found := self._found(step))}

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        self._answer()
        self.asked.append([step.key for step in steps])
        there = {one.ref: one for one in self.made}
        return {
            step.key: Held(one.ref, self._holds(one, step), one.closed, self._label(one))
            for step in steps
            if (one := there.get(step.ref or ""))
        }

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        self._answer()
        there = {
            str(one.payload["SfdcAccountId"]): Customer(
                one.ref, str(one.payload.get("Name") or ""), one.payload.get("Status"), one.payload.get("Stage")
            )
            for one in self.of("company")
            if one.payload.get("SfdcAccountId")
        } | self.known
        return {account: there[account] for account in accounts if account in there}

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        self._answer()
        seen = [one for one in self.made if one.key and self.kinds[one.kind].identity is not Identity.BLIND]
        yield [Counted(one.key, one.kind, one.ref, closed=one.closed) for one in seen]

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        self._answer()
        return {ref: self.deletions[ref] for ref in refs if ref in self.deletions}

    def calls(self, steps: Sequence[Step]) -> int:
        return len({step.ref is None for step in steps})

    def traffic(self) -> Traffic:
        return Traffic("gainsight main", self.called, (Limit(timedelta(minutes=1), 30),))

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        self._answer()
        intend(steps)
        self.put_calls += self.calls(steps)
        ends = [self.ends(step) for step in steps]
        if End.CUT_BEFORE in ends:
            raise PowerCut
        if End.SHUT_OUT in ends:
            raise NotAllowed(system="gainsight main", doing=f"making a {steps[0].kind}", why="the key was revoked.")
        outcomes = [self._one(step, end) for step, end in zip(steps, ends, strict=True)]
        if End.CUT_AFTER in ends:
            raise PowerCut
        return outcomes

    def link(self, kind: str, ref: str) -> str:
        return f"https://acme.gainsight.example/{kind}/{ref}"

    def _found(self, step: Step) -> list[Found]:
        rows = [one for one in self.of(step.kind) if one.ref not in self.unseen]
        ours = [self._as_found(one, How.KEY, step) for one in rows if one.key == step.key]
        if ours:
            return ours
        for match in step.match:
            hits = [one for one in rows if match.items() <= one.payload.items()]
            if hits:
                return [self._as_found(one, How.MATCH, step) for one in hits]
        agree = {name: step.payload.get(name) for name in step.adopt}
        alike = [one for one in rows if not one.key and agree.items() <= one.payload.items()] if step.adopt else []
        return [self._as_found(one, How.ADOPT, step) for one in alike]

    def _as_found(self, one: Made, how: How, step: Step) -> Found:
        conflict = self.conflicts.get(one.ref, "") if how is How.MATCH else ""
        return Found(one.ref, how, self._label(one), conflict, self._holds(one, step), one.closed)

    def _holds(self, one: Made, step: Step) -> dict[str, Value]:
        return {name: one.payload.get(name) for name in step.payload if name not in self.hidden}

    def _label(self, one: Made) -> str:
        return str(one.payload.get("Name", ""))

    def _one(self, step: Step, end: End | None) -> Outcome:
        if end is End.REFUSED:
            return Outcome(step.key, Result.REJECTED, step.ref, "the picklist has no such value")
        if end is End.WAITING:
            return Outcome(step.key, Result.WAITING, step.ref, "too many calls")
        if end is End.UNKNOWN_BEFORE:
            return Outcome(step.key, Result.UNKNOWN, step.ref, "the connection broke")
        outcome = self._apply(step)
        unknown = Outcome(step.key, Result.UNKNOWN, step.ref, "the connection broke")
        return unknown if end is End.UNKNOWN_AFTER else outcome

    def _apply(self, step: Step) -> Outcome:
        self.sent.append(step)
        for one in self.of(step.kind):
            if step.ref is not None and one.ref == step.ref:
                one.payload |= step.payload
                one.key = step.key if step.plants else one.key
                return Outcome(step.key, Result.UPDATED, one.ref)
            if step.ref is None and one.key == step.key and self.kinds[step.kind].identity is Identity.NATURAL:
                return Outcome(step.key, Result.UNCHANGED, one.ref)
        if step.ref is not None:
            return Outcome(step.key, Result.REJECTED, step.ref, "the record is not there any more")
        return Outcome(step.key, Result.CREATED, self.add(step.kind, step.payload, key=step.key))

    def _answer(self) -> None:
        self.called += 1
        if self.gone:
            raise out_of_reach("gainsight main")


ACTING = {
    "targets/gainsight.yml": TARGET.replace(
        "      Score:",
        "      SfdcAccountId: {from: account.id, write: create_only}\n      Goal: {from: business_goal}\n      Score:",
    ),
    "sources/salesforce.yml": SOURCE
    + """\
    Handoff_Reason__c: {from: reason, max: 255}
    Handoff_Next_Step__c: {from: next_step, max: 255}
    Handoff_Owner__c: {from: owner}
    Handoff_Missing__c: {from: gaps, as: lines}
    Handoff_Link__c: {from: link}
    Handoff_Delivered_At__c: {from: delivered_at}
    Handoff_Sequence__c: {from: sequence}
    Handoff_Receipt__c: {from: receipt}
""",
}
"""Changes to the small mappings of the tests: a company with more than one field of ours, and a whole write-back."""

EDITED_TARGET = """\
steps:
  company:
    object: company
    match: [{SfdcAccountId: account.id}, {Name: account.name}]
    fields:
      Name: {from: account.name, max: 255, write: create_only}
      SfdcAccountId: {from: account.id, write: create_only}
      Goal: {from: business_goal}
      ARR__gc: {from: arr}
      Segment: {from: segment, write: always}
      Region: {from: region, write: if_empty}
  onboarding_cta:
    object: cta
    fields:
      CompanyId: {step: company}
      OwnerId: {from: [receiver.email, lead.email], find: active_user, write: if_ours}
      Name: {text: "Onboard {account.name}", max: 80}
      DueDate: {from: go_live_on, write: if_ours}
      ARR__gc: {from: arr, write: if_ours}
      Tier__gc: {from: segment, write: always}
      type: {value: Lifecycle}
      reason: {value: Onboarding}
      status: {value: New}
      priority: {value: Medium}
      Comments: {template: cta.html.j2, max: 30000, write: if_ours}
  brief:
    object: timeline
    needs: [onboarding_cta]
    fields:
      GsCompanyId: {step: company}
      ContextName: {value: Company}
      TypeName: {value: Update}
      Author: {from: [receiver.email, lead.email], find: active_email}
      Subject: {text: "Sales handoff: {account.name}, {deal.name}", max: 60, shorten: deal.name}
      Notes: {template: brief.html.j2, max: 30000}
      ActivityDate: {from: handed_off_at, as: datetime}
"""
EDITED = ACTING | {
    "targets/gainsight.yml": EDITED_TARGET,
    "sources/salesforce.yml": ACTING["sources/salesforce.yml"].replace(
        "  go_live_on:", "  region: {from: Region__c}\n  go_live_on:"
    ),
    "templates/brief.html.j2": "<p>{{ business_goal }}, {{ money(arr) }}: {{ gaps | labels }}</p>\n",
}
"""Changes to the small mappings of the tests: fields of every write mode in an account's step and in a deal's."""


class World:
    """A CRM, a platform and a bridge between them, on one clock that moves a minute before each run."""

    def __init__(
        self,
        mappings: Mappings,
        url: str,
        users: Mapping[str, User],
        *,
        wave: int = 2_000,
        batch: int = 50,
        page_size: int = 2_000,
    ) -> None:
        self.clock = FakeClock()
        self.crm = FakeCrm(self.clock, page_size=page_size)
        self.platform = FakeDestination(users, batch=batch)
        self.ledger = Ledger(url)
        self.ledger.open(stamps={})
        self.bridge = Bridge(self.crm, self.platform, mappings, self.ledger, self.clock, Pace(wave=wave))

    def run(self, *, after: float = 60, **asked: Any) -> Report:
        """Do one pass, `after` seconds later."""
        self.clock.advance(after)
        return run_once(self.bridge, **asked)

    def until_quiet(self, *, after: float = 3_700, most: int = 12) -> Report:
        """Do passes, an hour apart, until nothing waits; return the last."""
        for _ in range(most):
            report = self.run(after=after)
            due = self.ledger.due("main", self.clock.now(), self.bridge.mappings.version)
            if not report.balance.waiting and not report.receipts["pending"] and not due:
                return report
        raise AssertionError(f"still not quiet: {report.balance.words()}, {report.exceptions}")

    def deal(self, deal_id: str) -> Any:
        """Return the ledger's row of a deal."""
        ref = DealRef("main", "salesforce", self.crm.org(), deal_id)
        return self.ledger.deals([str(ref)])[str(ref)]

    def standing(self, deal_id: str) -> str:
        """Return what the ledger counts a deal as."""
        return str(self.deal(deal_id).standing)

    def keys_twice(self) -> list[str]:
        """Return the keys that more than one record of the platform carries."""
        keys = [one.key for one in self.platform.made if one.key]
        return sorted({key for key in keys if keys.count(key) > 1})


@cache
def with_files(*changes: tuple[str, str]) -> Mappings:
    """Return the mappings of `EDITED`, with other texts for these files."""
    with TemporaryDirectory() as folder:
        return mappings_in(Path(folder), EDITED | dict(changes))
