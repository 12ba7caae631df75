"""A CRM and a platform at the level of the ports that keep nothing: what is left to measure is the core."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from handoff.counted import Counted, CountedDeal, Whereabouts
from handoff.inspection import Check, ExpectedOfCrm, ExpectedOfPlatform
from handoff.model import Customer, Deal, DealRef, Found, Held, Left, Outcome, Page, Result, Step, User, Window, WonHow
from handoff.ports import Capability, Identity, Intend, Receipt, Traffic

ORG = "00D5g000004XyZwEAK"
START = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIRST_WIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
PEOPLE = ("priya.shah", "ben.okafor", "cleo.martin", "maya.lind", "tomas.reyes")


class StillClock:
    """A business clock that moves only while somebody sleeps."""

    scale = 1.0

    def __init__(self) -> None:
        self._at = START

    def now(self) -> datetime:
        """Return the moment."""
        return self._at

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self._at += timedelta(seconds=seconds)


class WallClock:
    """The lease clock: the machine's."""

    def now(self) -> datetime:
        """Return the moment."""
        return datetime.now(UTC)


def won_deal(number: int) -> Deal:
    """Return one won deal of an account of its own, filled as a careful rep fills it: two contacts, one product."""
    name, amount = f"Nordwind Freight {number}", Decimal(5_000 + number % 7 * 20_000)
    return Deal(
        ref=DealRef("main", "salesforce", ORG, f"006{number:012d}AAV"),
        name=f"Harbor lights, {number % 90} seats",
        account_id=f"001{number:012d}AAV",
        account_name=name,
        amount=amount,
        currency="USD",
        owner_email="rosa.lang@northwind.example",
        owner_active=True,
        won_at=FIRST_WIN + timedelta(seconds=number % 5_000_000),
        won_how=WonHow.HISTORY,
        episode=1,
        url=f"https://acme.my.salesforce.example/006{number:012d}AAV",
        source={
            "Name": f"Harbor lights, {number % 90} seats",
            "Amount": amount,
            "ARR__c": None,
            "Business_Goal__c": "<p>Fewer late berths, from 11 a week to 4 by June.</p>",
            "Success_Metric__c": "Berth delay report",
            "Promised_Go_Live__c": "2026-05-04",
            "Commitments__c": "Migrate two ports | 2026-04-20 | service | Rosa Lang\nTrain the night shift",
            "Replacing__c": "A spreadsheet",
            "Handoff_Notes__c": "They like short mails.",
            "Account.Name": name,
            "Account.Industry": "Shipping",
            "Account.BillingCountry": "NO",
            "Owner.Name": "Rosa Lang",
        },
        children={
            "OpportunityContactRoles": (
                {"Contact.Name": "Ida Brandt", "Contact.Email": "ida@n.example", "Contact.Title": "Ops", "Role": None},
                {
                    "Contact.Name": "Per Moe",
                    "Contact.Email": "per@n.example",
                    "Contact.Title": None,
                    "Role": "Evaluator",
                },
            ),
            "OpportunityLineItems": (
                {"Product2.Name": "Lights", "Product2.Family": "Port", "Quantity": Decimal(number % 90)},
            ),
        },
    )


class WonDeals:
    """A CRM that wins `deals` deals: it makes each as it is read, and forgets it."""

    instance, system = "main", "salesforce"
    receipts_a_call = 200

    def __init__(self, clock: StillClock, deals: int, *, page: int = 2_000) -> None:
        self._clock, self._deals, self._page = clock, deals, page
        self.told = 0

    def traffic(self) -> Traffic:
        """Return that nobody counts."""
        return Traffic("salesforce main", 0)

    def org(self) -> str:
        """Return the org of all deals."""
        return ORG

    def server_now(self) -> datetime:
        """Return the clock's moment."""
        return self._clock.now()

    def changed(self, window: Window) -> Iterator[Page]:
        """Yield every deal."""
        for start in range(0, self._deals, self._page):
            yield Page(tuple(won_deal(n) for n in range(start, min(start + self._page, self._deals))))

    def read(self, ids: Sequence[str]) -> Page:
        """Return these deals."""
        return Page(tuple(won_deal(int(one[3:15])) for one in ids))

    def updated(self, span: Window) -> None:
        """Keep no log of changes."""

    def left(self, window: Window) -> Iterator[Sequence[Left]]:
        """Let nothing leave won."""
        yield []

    def census(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        """Count nothing: nobody reconciles here."""
        yield []

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Know where nothing is."""
        return {}

    def search(self, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """Find nothing."""
        return []

    def write_back(self, receipts: Sequence[Receipt]) -> list[Outcome]:
        """Count them."""
        self.told += len(receipts)
        return [Outcome(one.key, Result.UPDATED, one.deal.id) for one in receipts]

    def inspect(self, wanted: ExpectedOfCrm) -> list[Check]:
        """Find nothing."""
        return []


class CountingPlatform:
    """A platform that makes whatever it is given, at once, and keeps only how many of each kind."""

    instance, system, title = "main", "gainsight", "Gainsight"

    def __init__(self, *, batch: int = 50) -> None:
        findable, natural = Capability(Identity.FINDABLE, batch), Capability(Identity.NATURAL, batch)
        self.kinds: Mapping[str, Capability] = {
            "company": findable,
            "success_plan": findable,
            "cta": findable,
            "timeline": natural,
        }
        self.made = dict.fromkeys(self.kinds, 0)
        self._numbers = count()
        emails = (f"{name}@harbor.example" for name in PEOPLE)
        self._users = {email: User(f"1P01{n:032d}", email, active=True) for n, email in enumerate(emails)}

    def traffic(self) -> Traffic:
        """Return that nobody counts."""
        return Traffic("gainsight main", 0)

    def people(self, emails: Iterable[str]) -> dict[str, User]:
        """Return those of the users that are asked for."""
        return {email: self._users[email] for email in emails if email in self._users}

    def find(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Find nothing: everything is new."""
        return {}

    def read(self, steps: Sequence[Step]) -> dict[str, Held]:
        """Hold nothing."""
        return {}

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Know nobody."""
        return {}

    def census(self, since: datetime | None = None) -> Iterator[Sequence[Counted]]:
        """Yield nothing: it keeps nothing."""
        yield from ()

    def deleted(self, refs: Sequence[str]) -> dict[str, datetime]:
        """Return nothing: it keeps nothing."""
        return {}

    def put(self, steps: Sequence[Step], intend: Intend = lambda steps: None) -> list[Outcome]:
        """Make them."""
        intend(steps)
        self.made[steps[0].kind] += len(steps)
        return [Outcome(step.key, Result.CREATED, f"1S01{next(self._numbers):032d}") for step in steps]

    def calls(self, steps: Sequence[Step]) -> int:
        """Return that one call is enough."""
        return 1

    def link(self, kind: str, ref: str) -> str:
        """Return where a person would see it."""
        return f"https://acme.gainsight.example/{kind}/{ref}"

    def inspect(self, wanted: ExpectedOfPlatform) -> list[Check]:
        """Find nothing."""
        return []
