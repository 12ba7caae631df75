"""Every won deal of an org, asked for in a way of its own: by when it was won, not by when its record changed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from connectors._http import Route
from connectors._salesforce_deals import Deals
from connectors._salesforce_pages import IDS_A_CALL
from connectors._salesforce_records import Row, id18, moment, opportunity_id, soql, value_at, whole_second
from connectors._salesforce_schema import Schema
from handoff.batches import batches
from handoff.counted import CountedDeal, Whereabouts
from handoff.model import Window, WonHow

CENSUS = Route("counting won deals", reads=True, repeatable=True)
WHEREABOUTS = Route("asking where deals stand", reads=True, repeatable=True)

SELECTED = ("Id", "Name", "AccountId", "Account.Name", "StageName", "CloseDate", "IsDeleted", "SystemModstamp")
CHANGED_STAGE = "LastStageChangeDate"
HISTORY = "(SELECT StageName, CreatedDate FROM OpportunityHistories ORDER BY CreatedDate, Id)"
ASKED = "SELECT Id, IsWon, IsClosed, IsDeleted FROM Opportunity"


@dataclass(frozen=True)
class Org:
    """
    What a census needs of its connector.

    `rows` yields pages of rows, those of deleted records too, none twice; `deals` says what a row tells of a deal.
    """

    rows: Callable[[Route, Callable[[Row | None], str]], Iterator[list[Row]]]
    described: Callable[[], Schema]
    deals: Deals


class Census:
    """Counts the won deals of one org; `told` are the fields of the write-back."""

    def __init__(self, org: Org, told: Sequence[str]) -> None:
        self._org, self._told = org, tuple(told)

    def pages(self, window: Window) -> Iterator[Sequence[CountedDeal]]:
        """
        Yield every deal won inside the window, deleted ones too, in the order of ids.

        A superset is asked for, by close date, change of stage and creation; what decides is when a deal was won.
        """
        schema = self._org.described()
        told = [name for name in self._told if name.lower() in schema.fields]
        dated = CHANGED_STAGE.lower() in schema.fields
        names = [*SELECTED, *([CHANGED_STAGE] if dated else []), *told]
        names += [HISTORY] if "opportunityhistories" in schema.children else []
        select = f"SELECT {', '.join(names)} FROM Opportunity"  # noqa: S608  names of fields, checked when it was made
        lower = whole_second(window.lower)
        since = soql("CloseDate >= {} OR CreatedDate >= {}", lower.date(), lower)
        since = f"({since}{soql(' OR LastStageChangeDate >= {}', lower)})" if dated else ""

        def statement(last: Row | None) -> str:
            terms = ["IsWon = true", since, soql("Id > {}", last["Id"]) if last else ""]
            return f"{select} WHERE {' AND '.join(term for term in terms if term)} ORDER BY Id"

        for rows in self._org.rows(CENSUS, statement):
            page = [self._counted(row, told) for row in rows]
            yield [one for one in page if window.lower <= one.won_at < window.upper or one.won_how is WonHow.FIRST_SEEN]

    def _counted(self, row: Row, told: Sequence[str]) -> CountedDeal:
        ref = self._org.deals.ref(str(row["Id"]))
        won_at, how, episode = self._org.deals.won(row)
        account = row.get("AccountId")
        return CountedDeal(
            ref=ref,
            name=str(row["Name"]),
            account_id=id18(str(account)) if account else None,
            account_name=value_at(row, "Account.Name"),
            url=self._org.deals.link(ref),
            won_at=won_at,
            won_how=how,
            episode=episode,
            changed_at=moment(str(row["SystemModstamp"])),
            deleted=row["IsDeleted"] is True,
            told={name: value_at(row, name) for name in told},
        )

    def whereabouts(self, ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Return where these deals stand now; one that is gone for good or hidden is absent."""
        found: dict[str, Whereabouts] = {}
        for some in batches(list(dict.fromkeys(opportunity_id(one) for one in ids)), IDS_A_CALL):
            text = f"{ASKED} WHERE {soql('Id IN {}', list(some))} ORDER BY Id"
            for rows in self._org.rows(WHEREABOUTS, lambda _, text=text: text):  # type: ignore[misc]
                found |= {id18(str(row["Id"])): _stands(row) for row in rows}
        return found


def _stands(row: Row) -> Whereabouts:
    if row["IsDeleted"] is True:
        return Whereabouts.DELETED
    if row["IsWon"] is True:
        return Whereabouts.WON
    return Whereabouts.LOST if row["IsClosed"] is True else Whereabouts.OPEN
