"""A pipeline of the past from four CSV files, as one CRM and the CS platform of one tenant."""

import csv
import difflib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

from sandbox.ids import Ids
from sandbox.in_hubspot import in_hubspot
from sandbox.journal import iso_z
from sandbox.people import address, customer_success_users, gainsight_user
from sandbox.wire import Contents, Objects, Record

Value = TypeVar("Value")

COLUMNS = {
    "accounts.csv": (
        "account",
        "sector",
        "year_established",
        "revenue",
        "employees",
        "office_location",
        "subsidiary_of",
    ),
    "products.csv": ("product", "series", "sales_price"),
    "sales_teams.csv": ("sales_agent", "manager", "regional_office"),
    "sales_pipeline.csv": (
        "opportunity_id",
        "sales_agent",
        "product",
        "account",
        "deal_stage",
        "engage_date",
        "close_date",
        "close_value",
    ),
}
STAGES = {
    "Prospecting": ("Prospecting", 10, "Pipeline"),
    "Engaging": ("Qualification", 10, "Pipeline"),
    "Won": ("Closed Won", 100, "Closed"),
    "Lost": ("Closed Lost", 0, "Omitted"),
}
NOON = time(12, tzinfo=UTC)
CRMS: Mapping[str, Callable[[Objects], Objects]] = {"salesforce": lambda crm: crm, "hubspot": in_hubspot}
"""The CRMs that the files can be loaded into."""


class CsvProblem(ValueError):
    """A file or row that cannot be read; the message names file, line and what to do."""


@dataclass(frozen=True)
class Row:
    """One line of one file, by column; every value is text without blanks around it."""

    file: Path
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def as_day(self, column: str) -> date | None:
        """Return a date, or None where the cell is empty."""
        return self._read(column, date.fromisoformat, "a date", "Write it like 2017-03-01, or leave it empty.")

    def as_number(self, column: str) -> float | None:
        """Return a number, or None where the cell is empty."""
        return self._read(column, finite, "a number", "Write it like 1054 or 1100.04, or leave it empty.")

    def find(self, column: str, known: "Names[Value]") -> Value:
        """Return what the cell's name stands for, compared by letters and digits only."""
        found = known.get(self[column])
        if found is None:
            near = difflib.get_close_matches(self[column], known.spelled, n=1, cutoff=0.4)
            hint = f" Nearest: {near[0]}." if near else ""
            self.refuse(f"there is no {column} {self[column]!r}.{hint} Correct the row, or add it to {known.home}.")
        return found

    def refuse(self, why: str) -> NoReturn:
        """Raise `CsvProblem` about this line."""
        raise CsvProblem(f"{self.file}:{self.line}: {why}")

    def _read(self, column: str, read: Callable[[str], Value], kind: str, fix: str) -> Value | None:
        if not self[column]:
            return None
        try:
            return read(self[column])
        except ValueError:
            self.refuse(f"{column} {self[column]!r} is not {kind}. {fix}")


class Names(Generic[Value]):
    """Things by name, found by letters and digits only: `GTXPro` is `GTX Pro`."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.spelled: list[str] = []
        self._things: dict[str, Value] = {}

    def put(self, name: str, thing: Value) -> None:
        """Keep a thing under a name; of two under one name the last stays, in the place of the first."""
        self.spelled.append(name)
        self._things[essence(name)] = thing

    def get(self, name: str) -> Value | None:
        """Return what a name stands for, or None."""
        return self._things.get(essence(name))

    def all(self) -> list[Value]:
        """Return everything, in the order of the names."""
        return list(self._things.values())


def essence(name: str) -> str:
    """Return the letters and digits of a name, in one case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def contents(directory: Path, now: datetime, into: str = "salesforce") -> Contents:
    """
    Return the tenant that the four files describe, as it is at `now` (aware), in one of `CRMS`.

    Gainsight holds users only. Raises `CsvProblem` for a missing file or column and for a row that
    cannot be read.
    """
    made = Pipeline(directory, now)
    made.furnish()
    users = [*customer_success_users(), *(gainsight_user(user["Name"]) for user in made.crm["User"])]
    return Contents(
        settings={"salesforce": {"multi_currency": False}},
        objects={
            into: CRMS[into](made.crm),
            "gainsight": {"gsuser": [{"Gsid": made.ids.gainsight("1P01"), **user} for user in users]},
        },
    )


def rows_of(directory: Path, name: str) -> Iterator[Row]:
    """Yield a file's rows; raises `CsvProblem` when the file or one of its columns is missing."""
    path = directory / name
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = next(lines, [])
            absent = [column for column in COLUMNS[name] if column not in header]
            if absent:
                raise CsvProblem(
                    f"{path}:1: there is no column {absent[0]!r}. The first line must name: {', '.join(COLUMNS[name])}."
                )
            for cells in lines:
                if cells:
                    yield row_from(path, lines.line_num, header, cells)
    except OSError as error:
        raise CsvProblem(
            f"{path}: cannot be read: {error.strerror}. The directory must hold {', '.join(COLUMNS)}."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CsvProblem(f"{path}: this is no CSV in UTF-8: {error}. Save it as CSV in UTF-8.") from error


def row_from(path: Path, line: int, header: list[str], cells: list[str]) -> Row:
    """Return one line by column; `CsvProblem` when it has more or fewer cells than the first line."""
    row = Row(path, line, {column: cell.strip() for column, cell in zip(header, cells, strict=False)})
    if len(cells) != len(header):
        row.refuse(f"there are {len(cells)} cells under {len(header)} columns. Put quotes around a cell with a comma.")
    return row


class Pipeline:
    """Turns the files into Salesforce records; `crm` holds them."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.directory = directory
        self.now = now.replace(microsecond=0)
        self.ids = Ids("Cs0")
        self.crm: Objects = {}
        self.users: Names[Record] = Names("sales_teams.csv")
        self.accounts: Names[Record] = Names("accounts.csv")
        self.entries: Names[Record] = Names("products.csv")
        self.long_ago = iso_z(self.now - timedelta(days=3650))

    def furnish(self) -> None:
        """Make everything, in the order in which records name one another."""
        self._people()
        self._companies()
        self._catalogue()
        self.crm |= {"Opportunity": [], "OpportunityHistory": [], "OpportunityLineItem": []}
        for row in rows_of(self.directory, "sales_pipeline.csv"):
            self._deal(row)

    def _people(self) -> None:
        for row in rows_of(self.directory, "sales_teams.csv"):
            office = row["regional_office"]
            manager = self.users.get(row["manager"]) or self._user(row["manager"], office, manager=None)
            self._user(row["sales_agent"], office, manager=manager["Id"])
        self.crm["User"] = self.users.all()

    def _user(self, name: str, office: str, *, manager: str | None) -> Record:
        user = {
            "Id": self.ids.salesforce("005"),
            "Name": name,
            "Email": address(name),
            "Username": address(name),
            "IsActive": True,
            "ManagerId": manager,
            "Team__c": office,
            "CreatedDate": self.long_ago,
        }
        self.users.put(name, user)
        return user

    def _companies(self) -> None:
        rows = list(rows_of(self.directory, "accounts.csv"))
        for row in rows:
            self.accounts.put(row["account"], self._company(row))
        for row in rows:
            if row["subsidiary_of"]:
                parent = row.find("subsidiary_of", self.accounts)
                row.find("account", self.accounts)["ParentId"] = parent["Id"]
        self.crm["Account"] = self.accounts.all()

    def _company(self, row: Row) -> Record:
        millions = row.as_number("revenue")
        return {
            "Id": self.ids.salesforce("001"),
            "Name": row["account"],
            "Industry": row["sector"] or None,
            "AnnualRevenue": None if millions is None else round(millions * 1_000_000),
            "NumberOfEmployees": whole(row.as_number("employees")),
            "BillingCountry": row["office_location"] or None,
            "Founded__c": whole(row.as_number("year_established")),
            "CreatedDate": self.long_ago,
        }

    def _catalogue(self) -> None:
        book = self.ids.salesforce("01s")
        self.crm |= {"Product2": [], "PricebookEntry": []}
        for row in rows_of(self.directory, "products.csv"):
            product = {
                "Id": self.ids.salesforce("01t"),
                "Name": row["product"],
                "Family": row["series"] or None,
                "IsActive": True,
                "CreatedDate": self.long_ago,
            }
            entry = {
                "Id": self.ids.salesforce("01u"),
                "Pricebook2Id": book,
                "Product2Id": product["Id"],
                "UnitPrice": row.as_number("sales_price") or 0.0,
                "IsActive": True,
                "CreatedDate": self.long_ago,
            }
            self.crm["Product2"].append(product)
            self.crm["PricebookEntry"].append(entry)
            self.entries.put(row["product"], {**entry, "Name": row["product"]})

    def _deal(self, row: Row) -> None:
        stage, _, _ = self._stage(row)
        engaged, closed = row.as_day("engage_date"), row.as_day("close_date")
        created = datetime.combine(engaged, NOON) if engaged else self.now - timedelta(days=30)
        moved = datetime.combine(closed, NOON) if closed else created
        entry = row.find("product", self.entries)
        account = row.find("account", self.accounts) if row["account"] else None
        due = closed or (engaged or self.now.date()) + timedelta(days=90)
        deal = {
            "Id": self.ids.salesforce("006"),
            "Legacy_Id__c": row["opportunity_id"],
            "Name": f"{account['Name'] if account else 'No account'}: {entry['Name']} ({row['opportunity_id']})"[:120],
            "AccountId": account["Id"] if account else None,
            "OwnerId": row.find("sales_agent", self.users)["Id"],
            "StageName": stage,
            "Amount": row.as_number("close_value"),
            "CloseDate": due.isoformat(),
            "Pricebook2Id": entry["Pricebook2Id"],
            "CreatedDate": iso_z(created),
            "LastStageChangeDate": iso_z(moved),
            "LastModifiedDate": iso_z(self.now - timedelta(hours=1)),
            "SystemModstamp": iso_z(self.now - timedelta(hours=1)),
        }
        self.crm["Opportunity"].append(deal)
        self._history(row, deal, created, moved)
        self._line_item(deal, entry)

    def _stage(self, row: Row) -> tuple[str, int, str]:
        if row["deal_stage"] not in STAGES:
            row.refuse(f"deal_stage {row['deal_stage']!r} is unknown. Use one of: {', '.join(STAGES)}.")
        return STAGES[row["deal_stage"]]

    def _history(self, row: Row, deal: Record, created: datetime, moved: datetime) -> None:
        steps = [(self._stage(row), moved)]
        if row["deal_stage"] in ("Won", "Lost"):
            steps.insert(0, (STAGES["Engaging"], created))
        for (stage, probability, forecast), moment in steps:
            self.crm["OpportunityHistory"].append(
                {
                    "Id": self.ids.salesforce("008"),
                    "OpportunityId": deal["Id"],
                    "StageName": stage,
                    "Amount": deal["Amount"],
                    "CloseDate": deal["CloseDate"],
                    "Probability": probability,
                    "ForecastCategory": forecast,
                    "CreatedDate": iso_z(moment),
                    "CreatedById": deal["OwnerId"],
                }
            )

    def _line_item(self, deal: Record, entry: Record) -> None:
        self.crm["OpportunityLineItem"].append(
            {
                "Id": self.ids.salesforce("00k"),
                "OpportunityId": deal["Id"],
                "PricebookEntryId": entry["Id"],
                "Product2Id": entry["Product2Id"],
                "Quantity": 1.0,
                "UnitPrice": entry["UnitPrice"] if deal["Amount"] is None else deal["Amount"],
                "CreatedDate": deal["CreatedDate"],
            }
        )


def finite(text: str) -> float:
    """Return a number; raises `ValueError` for what is none, infinity included."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def whole(number: float | None) -> int | None:
    """Return a number without its fraction, or None for none."""
    return None if number is None else int(number)
