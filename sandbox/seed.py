"""
A believable tenant, made from a number: the same number and start give the same records.

Harbor, an invented seller of supply-chain software, has 60 accounts and 120 deals: 45 won over the 60 days
before the start, 25 lost, 50 open over every stage. Salesforce and HubSpot both hold them. Of the won deals
about half are well prepared for the handoff, a third thinly, the rest not at all. Twelve accounts are Gainsight
companies already, under their ids in the CRM that the tenant works with.

Deliberate trouble, one won deal each, well prepared otherwise, the only deal of its account, and found by the
beginning of its name:

- `No account: `        the deal has no account, and so no contacts
- `No amount: `         the deal has no amount and no products
- `Inactive rep: `      its owner is a user who has left
- `Two companies: `     its account stands in Gainsight twice, with one SfdcAccountId
- `Long notes: `        Handoff_Notes__c holds 40,000 characters
- `Odd characters `     its name and notes hold HTML, braces, an emoji and quotes
- `In pounds: `         the only won deal in GBP; the others are in USD and EUR
"""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from faker import Faker

from sandbox.catalogue import (
    CLOSED_LOST,
    CLOSED_WON,
    COUNTRIES,
    INDUSTRIES,
    PLAYS,
    PRODUCTS,
    STAGES,
    TEAMS,
    TITLES,
    Country,
    Stage,
)
from sandbox.ids import Ids
from sandbox.in_hubspot import Twin
from sandbox.journal import iso_z
from sandbox.people import CSMS, CUSTOMER_SUCCESS, address, crm_user, customer_success_users
from sandbox.wire import Contents, Objects, Record

ACCOUNTS, WON, LOST, OPEN = 60, 45, 25, 50
COMPANIES = 12


NOTE = "{play} Next step agreed with {contact}: kickoff in the week after signature."


def contents(number: int, now: datetime, crm: str = "salesforce") -> Contents:
    """
    Return the tenant that `number` stands for, as it is at `now` (aware).

    `crm` is the CRM by whose ids Gainsight knows its companies; both hold the deals.
    """
    made = Harbor(number, now)
    made.furnish()
    in_hubspot = Twin(made.crm)
    if crm == "hubspot":
        for company in made.platform["Company"]:
            company["SfdcAccountId"] = in_hubspot.id(company["SfdcAccountId"])
    return Contents(
        settings={"salesforce": {"multi_currency": True}},
        objects={"salesforce": made.crm, "hubspot": in_hubspot.objects(), "gainsight": made.platform},
    )


def plain(text: str) -> str:
    """Return text in lower-case ASCII letters, digits and hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(letter if letter.isalnum() else " " for letter in ascii_text).split())


@dataclass
class Deal:
    """One deal while it is being made up."""

    name: str
    account: Record | None
    owner: Record
    amount: int | None
    currency: str
    path: list[Stage]
    moments: list[datetime]
    fields: Record = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        """Where it stands now."""
        return self.path[-1]


class Harbor:
    """Makes up the tenant's records, object by object; `crm` and `platform` hold them."""

    def __init__(self, number: int, now: datetime) -> None:
        self.now = now.replace(microsecond=0)
        self.chance = random.Random(number)
        self.fake = Faker(sorted({country.locale for country in COUNTRIES}))
        self.fake.seed_instance(number)
        self.ids = Ids("Hb0")
        self.crm: Objects = {}
        self.platform: Objects = {}
        self.places: dict[str, Country] = {}
        self.doubled: Record | None = None

    def furnish(self) -> None:
        """Make everything, in the order in which records name one another."""
        self.platform["gsuser"] = [{"Gsid": self.ids.gainsight("1P01"), **user} for user in customer_success_users()]
        self._sales_people()
        self._accounts()
        self._products()
        self._contacts()
        for deal in [*self._won(), *self._lost(), *self._open()]:
            self._keep(deal)
        self._companies()
        self._customer_success()

    def _sales_people(self) -> None:
        managers = [self._user(team=team) for team in ("AMER", "EMEA")]
        reps = [self._user(team=TEAMS[n % 4], manager=managers[n % 4 // 2]["Id"]) for n in range(12)]
        reps[-1]["IsActive"] = False
        self.crm["User"] = [*managers, *reps]
        self.reps, self.left = reps[:-1], reps[-1]

    def _customer_success(self) -> None:
        """Let Customer Success be users of the CRM too: where it has no platform of its own, it works there."""
        stamps = self._stamps(self.now - timedelta(days=400))
        self.crm["User"] += [{"Id": self.ids.salesforce("005"), **crm_user(one), **stamps} for one in CUSTOMER_SUCCESS]

    def _user(self, *, team: str, manager: str | None = None) -> Record:
        fake = self.fake["en_US" if team.startswith("AMER") else "en_GB"]
        taken = {user["Email"] for user in self.crm.setdefault("User", [])}
        while (email := address(name := f"{fake.first_name()} {fake.last_name()}")) in taken:
            pass
        user = {
            "Id": self.ids.salesforce("005"),
            "Name": name,
            "Email": email,
            "Username": email,
            "IsActive": True,
            "ManagerId": manager,
            "Team__c": team,
            "TimeZoneSidKey": "America/Chicago" if team.startswith("AMER") else "Europe/London",
            **self._stamps(self.now - timedelta(days=400)),
        }
        self.crm["User"].append(user)
        return user

    def _accounts(self) -> None:
        rows: list[Record] = []
        names: set[str] = set()
        while len(rows) < ACCOUNTS:
            place = COUNTRIES[len(rows) % len(COUNTRIES)]
            name = self.fake[place.locale].company()
            if name in names:
                continue
            names.add(name)
            rows.append(self._account(name, place, number=len(rows), rows=rows))
        self.crm["Account"] = rows
        # every trouble stands alone: its account has no other deal, and no parent
        self.apart = self.chance.sample(rows[:38], k=7)
        self.plain = [account for account in rows if account not in self.apart]

    def _account(self, name: str, place: Country, *, number: int, rows: list[Record]) -> Record:
        employees = int(10 ** self.chance.uniform(1.5, 4.5))
        record = {
            "Id": self.ids.salesforce("001"),
            "Name": name,
            "ParentId": rows[number - 12]["Id"] if number >= 50 else None,
            "Industry": INDUSTRIES[number % len(INDUSTRIES)],
            "BillingCountry": place.name,
            "BillingCountryCode": place.code,
            "NumberOfEmployees": employees,
            "AnnualRevenue": employees * self.chance.randrange(80, 400) * 1000,
            "Website": f"https://www.{plain(name)}.example",
            "OwnerId": self.reps[number % len(self.reps)]["Id"],
            **self._stamps(self.now - timedelta(days=self.chance.randrange(150, 900))),
        }
        self.places[record["Id"]] = place
        return record

    def _products(self) -> None:
        stamps = self._stamps(self.now - timedelta(days=500))
        self.book = self.ids.salesforce("01s")
        self.crm["Product2"], self.crm["PricebookEntry"] = [], []
        for name, family, code, price in PRODUCTS:
            product = self.ids.salesforce("01t")
            self.crm["Product2"].append(
                {"Id": product, "Name": name, "Family": family, "ProductCode": code, "IsActive": True, **stamps}
            )
            self.crm["PricebookEntry"].append(
                {
                    "Id": self.ids.salesforce("01u"),
                    "Pricebook2Id": self.book,
                    "Product2Id": product,
                    "UnitPrice": float(price),
                    "IsActive": True,
                    **stamps,
                }
            )

    def _contacts(self) -> None:
        self.contacts: dict[str, list[Record]] = {}
        for account in self.crm["Account"]:
            fake = self.fake[self.places[account["Id"]].locale]
            titles = self.chance.sample(TITLES, k=self.chance.randrange(2, 5))
            people = [self._contact(account, fake.first_name(), fake.last_name(), title) for title, _ in titles]
            self.contacts[account["Id"]] = people
        self.crm["Contact"] = [person for people in self.contacts.values() for person in people]

    def _contact(self, account: Record, first: str, last: str, title: str) -> Record:
        return {
            "Id": self.ids.salesforce("003"),
            "FirstName": first,
            "LastName": last,
            "Email": f"{plain(first)}.{plain(last)}@{plain(account['Name'])[:32].strip('-')}.example",
            "Title": title,
            "AccountId": account["Id"],
            "OwnerId": account["OwnerId"],
            **self._stamps(self.now - timedelta(days=140)),
        }

    def _won(self) -> list[Deal]:
        troubled = range(1, WON, 7)  # far apart in time, and of every size
        accounts = iter(self.apart)
        deals = []
        for number in range(WON):
            # the last one was won some hours ago, the first one 60 days before the start
            closed = self.now - timedelta(days=60 * (1 - (number + 1) / WON), hours=self.chance.uniform(3, 20))
            account = next(accounts) if number in troubled else self.chance.choice(self.plain)
            deal = self._deal(account, self._amount(number), CLOSED_WON, closed)
            if deal.currency == "GBP":
                deal.currency = "USD"
            deals.append(deal)
        levels = ["well"] * 15 + ["thin"] * 15 + ["none"] * 8
        self.chance.shuffle(levels)
        for deal, level in zip([deals[n] for n in range(WON) if n not in troubled], levels, strict=True):
            self._prepare(deal, level)
        self._make_trouble([deals[number] for number in troubled])
        return deals

    def _lost(self) -> list[Deal]:
        return [
            self._deal(
                self.chance.choice(self.plain),
                self._amount(number),
                CLOSED_LOST,
                self.now - timedelta(days=self.chance.uniform(1, 90)),
            )
            for number in range(LOST)
        ]

    def _open(self) -> list[Deal]:
        deals = []
        for number in range(OPEN):
            account = self.chance.choice(self.plain)
            stage = STAGES[number % len(STAGES)]
            deal = self._deal(
                account, self._amount(number), stage, self.now - timedelta(days=self.chance.uniform(0.5, 40))
            )
            if stage.probability >= 75:  # reps begin to fill the handoff in when the contract is near
                self._prepare(deal, "thin")
            deals.append(deal)
        return deals

    def _amount(self, number: int) -> int:
        low, high = ((3_000, 20_000), (20_000, 100_000), (100_000, 400_000))[number % 3]
        return self.chance.randrange(low, high, 100)

    def _deal(self, account: Record, amount: int, stage: Stage, moved: datetime) -> Deal:
        before = STAGES[: STAGES.index(stage)] if stage in STAGES else STAGES
        passed = [one for one in before if one == STAGES[0] or self.chance.random() < 0.6]
        path = [*passed, stage]
        spread = sorted(self.chance.uniform(0.05, 0.95) for _ in path[1:-1])
        begun = moved - timedelta(days=self.chance.uniform(25, 110))
        moments = [begun, *(begun + (moved - begun) * part for part in spread), moved][-len(path) :]
        kind = self.chance.choice(
            ("Platform roll-out", "Insights", "Carrier integration", "Yard Mobile", "Compliance Vault")
        )
        return Deal(
            name=f"{account['Name']}: {kind}"[:120],
            account=account,
            owner=next(user for user in self.reps if user["Id"] == account["OwnerId"]),
            amount=amount,
            currency=self.places[account["Id"]].currency,
            path=path,
            moments=[moment.replace(microsecond=0) for moment in moments],
        )

    def _prepare(self, deal: Deal, level: str) -> None:
        """Fill the handoff fields of a deal: `well`, `thin` or `none`."""
        if level == "none" or deal.account is None:
            return
        play = self.chance.choice(PLAYS)
        signed = deal.moments[-1]
        days: Callable[[int], str] = lambda count: (signed + timedelta(days=count)).date().isoformat()  # noqa: E731
        words = {
            "by": days(150),
            "early": days(21),
            "golive": days(56),
            "end": days(730),
            "rep": deal.owner["Email"],
            "csm": self.chance.choice(CSMS).email,
            "contact": self._full_name(self.contacts[deal.account["Id"]][0]),
        }
        deal.fields = {
            "Promised_Go_Live__c": days(56),
            "Contract_Start__c": days(7),
            "Contract_End__c": days(372),
            "Handoff_Notes__c": play.notes,
        }
        if level == "well":
            deal.fields |= {
                "Business_Goal__c": play.goal.format(**words),
                "Success_Metric__c": play.metric.format(**words),
                "Commitments__c": "\n".join(line.format(**words) for line in play.commitments),
                "Replacing__c": play.replacing or None,
                "Switch_Reason__c": play.switch or None,
                "ARR__c": float(deal.amount) if deal.amount else None,
                "Data_Residency__c": self.places[deal.account["Id"]].residency,
                "Handoff_Notes__c": NOTE.format(play=play.notes, **words),
            }

    def _make_trouble(self, deals: list[Deal]) -> None:
        orphan, free, left, twice, long, odd, pounds = deals
        free.name, free.amount = f"No amount: {free.name}", None
        left.name, left.owner = f"Inactive rep: {left.name}", self.left
        twice.name = f"Two companies: {twice.name}"
        self.doubled = twice.account
        for deal in deals:
            self._prepare(deal, "well")
        orphan.name, orphan.account = f"No account: {orphan.name.partition(': ')[2]}", None
        long.name = f"Long notes: {long.name}"
        long.fields["Handoff_Notes__c"] = long_notes(40_000)
        odd.name = "Odd characters <b>\"Müller & Söhne\"</b> {{ deal.name }} 'O''Brien' {0} 🚀"
        odd.fields["Handoff_Notes__c"] = (
            "<script>alert('hello')</script> They said: \"don't {{ change }} a thing\" & {% if paid %}ship{% endif %}\n"
            "Prices < 5% above list; `quotes`, \\backslash, 100 % of ${budget}; café, naïve, 東京."
        )
        pounds.name, pounds.currency = f"In pounds: {pounds.name}", "GBP"

    def _keep(self, deal: Deal) -> None:
        """Turn a deal into records: itself, its history, the people's roles, its products."""
        record = self._opportunity(deal)
        self._rows("Opportunity").append(record)
        for stage, moment in zip(deal.path, deal.moments, strict=True):
            self._rows("OpportunityHistory").append(
                {
                    "Id": self.ids.salesforce("008"),
                    "OpportunityId": record["Id"],
                    "StageName": stage.name,
                    "Amount": record["Amount"],
                    "CloseDate": record["CloseDate"],
                    "Probability": stage.probability,
                    "ForecastCategory": stage.forecast,
                    "CreatedDate": iso_z(moment),
                    "CreatedById": record["OwnerId"],
                }
            )
        self._roles(deal, record)
        self._line_items(deal, record)

    def _opportunity(self, deal: Deal) -> Record:
        closed = deal.stage in (CLOSED_WON, CLOSED_LOST)
        close = deal.moments[-1] if closed else self.now + timedelta(days=self.chance.randrange(5, 90))
        upgrade = deal.account is not None and deal.account in self._customers()
        return {
            "Id": self.ids.salesforce("006"),
            "Name": deal.name,
            "AccountId": deal.account["Id"] if deal.account else None,
            "StageName": deal.stage.name,
            "Amount": float(deal.amount) if deal.amount else None,
            "CurrencyIsoCode": deal.currency,
            "CloseDate": close.date().isoformat(),
            "Type": "Existing Customer - Upgrade" if upgrade else "New Customer",
            "LeadSource": self.chance.choice(("Web", "Partner Referral", "Phone Inquiry", "Other")),
            "OwnerId": deal.owner["Id"],
            "Pricebook2Id": self.book,
            "CreatedDate": iso_z(deal.moments[0]),
            "LastStageChangeDate": iso_z(deal.moments[-1]),
            "LastModifiedDate": iso_z(deal.moments[-1]),
            "SystemModstamp": iso_z(deal.moments[-1]),
            **deal.fields,
        }

    def _roles(self, deal: Deal, record: Record) -> None:
        if deal.account is None:
            return
        role_of = dict(TITLES)
        for place, person in enumerate(self.contacts[deal.account["Id"]]):
            self._rows("OpportunityContactRole").append(
                {
                    "Id": self.ids.salesforce("00K"),
                    "OpportunityId": record["Id"],
                    "ContactId": person["Id"],
                    "Role": role_of[person["Title"]],
                    "IsPrimary": place == 0,
                    **self._stamps(deal.moments[0]),
                }
            )

    def _line_items(self, deal: Deal, record: Record) -> None:
        """Sell one to three products whose prices add up to the amount."""
        if deal.amount is None:
            return
        parts = self.chance.randrange(1, 4)
        shares = [deal.amount // 100 // parts * 100] * (parts - 1)
        shares.append(deal.amount - sum(shares))
        for share, product in zip(shares, self.chance.sample(range(len(PRODUCTS)), k=parts), strict=True):
            quantity = self.chance.choice((1, 2, 5, 10, 20, 50))
            entry = self.crm["PricebookEntry"][product]
            self._rows("OpportunityLineItem").append(
                {
                    "Id": self.ids.salesforce("00k"),
                    "OpportunityId": record["Id"],
                    "PricebookEntryId": entry["Id"],
                    "Product2Id": entry["Product2Id"],
                    "Quantity": float(quantity),
                    "UnitPrice": share / quantity,
                    **self._stamps(deal.moments[0]),
                }
            )

    def _customers(self) -> list[Record]:
        doubled = [self.doubled] if self.doubled else []
        return [*doubled, *self.plain[::4]][:COMPANIES]

    def _companies(self) -> None:
        users = {user["Email"]: user["Gsid"] for user in self.platform["gsuser"]}
        companies = [self._company(account, users) for account in self._customers()]
        twin = self._company(self._customers()[0], users)  # the doubled account comes first
        twin["Name"] = f"{twin['Name']} (duplicate)"
        self.platform["Company"] = [*companies, twin]

    def _company(self, account: Record, users: dict[str, str]) -> Record:
        since = self.now - timedelta(days=self.chance.randrange(120, 700))
        return {
            "Gsid": self.ids.gainsight("1P02"),
            "Name": account["Name"],
            "SfdcAccountId": account["Id"],
            "Status": "Active",
            "Stage": self.chance.choice(("Launched", "Adopting")),
            "Csm": users[self.chance.choice(CSMS).email],
            "Industry": account["Industry"],
            "Employees": account["NumberOfEmployees"],
            "ARR": float(self.chance.randrange(8_000, 180_000, 500)),
            "OriginalContractDate": since.date().isoformat(),
            "RenewalDate": (since + timedelta(days=730)).date().isoformat(),
        }

    def _rows(self, name: str) -> list[Record]:
        return self.crm.setdefault(name, [])

    def _full_name(self, contact: Record) -> str:
        return f"{contact['FirstName']} {contact['LastName']}"

    def _stamps(self, moment: datetime) -> dict[str, Any]:
        stamp = iso_z(moment.replace(microsecond=0))
        return {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}


def long_notes(length: int) -> str:
    """Return notes of exactly this many characters, numbered so that a cut is seen."""
    lines: list[str] = []
    while sum(len(line) for line in lines) < length:
        lines.append(
            f"{len(lines) + 1}. Call with the warehouse lead: the night shift scans pallets twice, "
            "and nobody trusts the second scan. Agreed to look at it in the pilot.\n"
        )
    return "".join(lines)[:length]
