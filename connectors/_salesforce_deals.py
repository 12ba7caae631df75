"""Deals out of the rows that Salesforce tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors._salesforce_records import Row, end_of_day, id18, moment, value_at, won_moments
from handoff.model import Deal, DealRef, Left, Page, Unreadable, WonHow

HISTORY = "OpportunityHistories"


@dataclass(frozen=True)
class Deals:
    """
    Builds the deals of one org.

    `instance` is the CRM's name; `org` and `host` are known from the first call on; `won_stages` are the names of the
    stages that count as won; `source` and `rows` take out of a row what the mapping reads, of the deal and of each
    list; `first_seen` gives the moment for a deal that nothing dates, `dated_by_stage` says whether
    `LastStageChangeDate` does.
    """

    instance: str
    org: Callable[[], str]
    host: Callable[[], str]
    won_stages: Callable[[], frozenset[str]]
    source: Callable[[Row], Mapping[str, Any]]
    rows: Mapping[str, Callable[[Row], Mapping[str, Any]]]
    first_seen: Callable[[], datetime]
    dated_by_stage: bool

    def left(self, row: Row) -> Left:
        """Return where a deal went that is not won, or deleted."""
        ref = self.ref(str(row["Id"]))
        return Left(ref, None if row["IsDeleted"] is True else str(row["StageName"]))

    def page(self, rows: Sequence[Row]) -> Page:
        """Return the won ones of these rows as deals."""
        built = [self._deal(row) for row in rows if row["IsWon"] is True]
        return Page(
            tuple(one for one in built if isinstance(one, Deal)),
            tuple(one for one in built if isinstance(one, Unreadable)),
        )

    def _deal(self, row: Row) -> Deal | Unreadable:
        ref = self.ref(str(row["Id"]))
        for parent, key in (("Account", "AccountId"), ("Owner", "OwnerId")):
            if row.get(key) and row.get(parent) is None:
                why = f"Its {parent.lower()} is hidden. Give the integration user read access to it."
                return Unreadable(ref, str(row["Name"]), why)
        won_at, how, episode = self.won(row)
        account = row.get("AccountId")
        return Deal(
            ref=ref,
            name=str(row["Name"]),
            account_id=id18(str(account)) if account else None,
            account_name=value_at(row, "Account.Name"),
            amount=value_at(row, "Amount"),
            currency=value_at(row, "CurrencyIsoCode"),
            owner_email=value_at(row, "Owner.Email"),
            owner_active=value_at(row, "Owner.IsActive") is True,
            won_at=won_at,
            won_how=how,
            episode=episode,
            url=self.link(ref),
            source=self.source(row),
            stage=value_at(row, "StageName"),
            children={
                name: tuple(flat(child) for child in value_at(row, name) or ()) for name, flat in self.rows.items()
            },
        )

    def ref(self, record_id: str) -> DealRef:
        """Return the name of a deal in our words."""
        return DealRef(self.instance, "salesforce", self.org(), id18(record_id))

    def link(self, ref: DealRef) -> str:
        """Return the address where a person sees the deal."""
        return f"https://{self.host()}/lightning/r/Opportunity/{ref.id}/view"

    def won(self, row: Row) -> tuple[datetime, WonHow, int]:
        """Return when a deal was won, how that is known, and how often it was."""
        # A won deal's own stage is a won one, also when an admin added it after we read the stages.
        stages = self.won_stages() | {str(row["StageName"])}
        moments = won_moments(value_at(row, HISTORY) or (), stages)
        episode = max(1, len(moments))
        if moments:
            return moments[-1], WonHow.HISTORY, episode
        changed = row.get("LastStageChangeDate")
        if changed and self.dated_by_stage:
            return moment(str(changed)), WonHow.LAST_STAGE_CHANGE, episode
        # It was won at the latest now, and a deal of last year must not look like one of today.
        close = row.get("CloseDate")
        seen = self.first_seen()
        return min(seen, end_of_day(str(close))) if close else seen, WonHow.FIRST_SEEN, episode
