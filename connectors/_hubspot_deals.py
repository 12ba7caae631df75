"""Builds whole deals from their ids: the record, when it was won, its company, people, products and owner."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors._http import Route
from connectors._hubspot_mapped import STAGE, Mapped, Spot, Whole, held
from connectors._hubspot_records import Records, Tie, Ties
from connectors._hubspot_schema import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, PRODUCTS, Portal, Property
from connectors._hubspot_settings import HubSpotSettings
from connectors._hubspot_values import moment_or_none, won_moments
from connectors._hubspot_wire import Json
from handoff.errors import ConfigError
from handoff.model import Deal, DealRef, Page, Unreadable, Value, WonHow
from handoff.yaml_files import near_to

OF_THE_DEAL = Route("reading what belongs to deals", reads=True, repeatable=True)

WON, CLOSED, OWNER_ID, CURRENCY = "hs_is_closed_won", "hs_is_closed", "hubspot_owner_id", "deal_currency_code"
ENTERED, CLOSED_WON = "hs_v2_date_entered_current_stage", "hs_closed_won_date"
MERGED = "hs_merged_object_ids"
REQUIRED = ("dealname", "amount", STAGE, "pipeline", "closedate", WON, OWNER_ID)
IF_THERE = (CURRENCY, ENTERED, CLOSED_WON, MERGED)
PRODUCT_ID = "hs_product_id"
KINDS = (DEALS, COMPANIES, CONTACTS, LINE_ITEMS, PRODUCTS)

Known = Mapping[str, Mapping[str, Property]]


@dataclass(frozen=True)
class Around:
    """What belongs to some deals: what they are associated with, by kind, and those records by kind and id."""

    ties: Mapping[str, Ties]
    records: Mapping[str, Mapping[str, Json]]


class Deals:
    """
    Builds the deals of one portal.

    Args:
        instance: The CRM's instance name; part of every key.
        mapped: What the mapping reads.
        first_seen: Gives the moment for a deal whose winning HubSpot does not date; its close date may be earlier.
    """

    def __init__(
        self,
        *,
        instance: str,
        portal: Portal,
        records: Records,
        mapped: Mapped,
        first_seen: Callable[[], datetime],
        settings: HubSpotSettings,
    ) -> None:
        self._instance, self._portal, self._records = instance, portal, records
        self.mapped, self._first_seen, self._settings = mapped, first_seen, settings
        self._known: Known | None = None

    def page(self, route: Route, ids: Sequence[str]) -> Page:
        """Return those of some deals that are won, whole, in the order asked."""
        known = self.known()
        there = [name for name in IF_THERE if name in known[DEALS]]
        properties = list(dict.fromkeys([*REQUIRED, *there, *self.mapped.properties(DEALS)]))
        rows = self._records.read(route, DEALS, ids, properties, history=(STAGE,))
        # A deal that was merged away comes as the one that it went into, which has an id of its own.
        won = {one: rows[one] for one in ids if one in rows and str(rows[one].get("id")) == one and self.won(rows[one])}
        around = self._around(list(won), known)
        built = [self._deal(one, row, around, known) for one, row in won.items()]
        return Page(
            tuple(one for one in built if isinstance(one, Deal)),
            tuple(one for one in built if isinstance(one, Unreadable)),
        )

    def known(self) -> Known:
        """Return the properties of every kind that the mapping reads; one that is not there is a `ConfigError`."""
        if self._known is None:
            known: dict[str, Mapping[str, Property]] = {}
            missing: list[str] = []
            for kind in KINDS:
                wanted = [*(REQUIRED if kind == DEALS else ()), *self.mapped.properties(kind)]
                if wanted:
                    known[kind] = self._portal.properties(kind)
                    missing += [lacking(kind, name, known[kind]) for name in wanted if name not in known[kind]]
            if missing:
                message = f"HubSpot {self._instance} does not have all that the mapping reads."
                raise ConfigError(message, tuple(dict.fromkeys(missing)))
            self._known = known
        return self._known

    # When it was won

    def won(self, row: Json) -> bool:
        """Return whether a record says that its deal is won: the flag, which its stage must not contradict."""
        told = row.get("properties") or {}
        stage = self._portal.stages().stages.get(str(told.get(STAGE)))
        return str(told.get(WON)).lower() == "true" and (stage is None or stage.won)

    def dated(self, row: Json) -> tuple[datetime, WonHow, int]:
        """Return when a won deal was won, how that is known, and how often it was."""
        told = row.get("properties") or {}
        # A won deal's own stage is a won one, also when it was taken out of its pipeline since.
        stages = self._portal.stages().won | {str(told.get(STAGE))}
        history = (row.get("propertiesWithHistory") or {}).get(STAGE) or ()
        moments = won_moments(history, stages)
        episode = max(1, len(moments))
        if moments:
            return moments[-1], WonHow.HISTORY, episode
        entered = moment_or_none(told.get(ENTERED)) or moment_or_none(told.get(CLOSED_WON))
        if entered is not None and self._settings.trust_entered_stage:
            return entered, WonHow.LAST_STAGE_CHANGE, episode
        # It was won at the latest now, and a deal of last year must not look like one of today.
        closed, seen = moment_or_none(told.get("closedate")), self._first_seen()
        return min(seen, closed) if closed else seen, WonHow.FIRST_SEEN, episode

    # What belongs to it

    def accounts(self, ids: Sequence[str]) -> dict[str, Json]:
        """Return the company of each of these deals; one without a company, or with too many, is absent."""
        ties = self._records.ties(DEALS, COMPANIES, ids)
        chosen = {one: tie for one in ids if (tie := self._main(ties.of.get(one, ()))) is not None}
        rows = self._records.read(OF_THE_DEAL, COMPANIES, [tie.id for tie in chosen.values()], ("name",))
        return {one: rows[tie.id] for one, tie in chosen.items() if tie.id in rows}

    def _around(self, ids: Sequence[str], known: Known) -> Around:
        if not ids:
            return Around({}, {})
        kinds = dict.fromkeys((COMPANIES, *self.mapped.rows))
        ties = {kind: self._records.ties(DEALS, kind, ids) for kind in kinds}
        records = {kind: self._of_kind(kind, some, known) for kind, some in ties.items()}
        if PRODUCTS in known:
            held_by = (row.get("properties") or {} for row in records.get(LINE_ITEMS, {}).values())
            products = [str(told[PRODUCT_ID]) for told in held_by if told.get(PRODUCT_ID)]
            wanted = self.mapped.properties(PRODUCTS)
            records[PRODUCTS] = self._records.read(OF_THE_DEAL, PRODUCTS, products, wanted)
        return Around(ties, records)

    def _of_kind(self, kind: str, ties: Ties, known: Known) -> dict[str, Json]:
        """Return the records of one kind that deals are associated with; of companies only what is needed."""
        all_of_them = kind in self.mapped.rows
        ids = [tie.id for some in ties.of.values() for tie in (some if all_of_them else self._mains(some))]
        always = {COMPANIES: ("name",), LINE_ITEMS: (PRODUCT_ID,) if PRODUCTS in known else ()}
        wanted = tuple(dict.fromkeys([*always.get(kind, ()), *self.mapped.properties(kind)]))
        return self._records.read(OF_THE_DEAL, kind, ids, wanted)

    def _mains(self, ties: Sequence[Tie]) -> list[Tie]:
        main = self._main(ties)
        return [main] if main else []

    def _main(self, ties: Sequence[Tie]) -> Tie | None:
        """Return the company that a deal belongs to: the primary one, or the only one."""
        main = next((tie for tie in ties if tie.primary), None)
        if main is None and ties and (len(ties) == 1 or self._settings.several_companies == "first"):
            return ties[0]
        return main

    # Building

    def _deal(self, record: str, row: Json, around: Around, known: Known) -> Deal | Unreadable:
        ref = self.ref(record)
        told = row["properties"]
        name = str(told.get("dealname") or "")
        owner_id = str(told.get(OWNER_ID) or "")
        owner = self._portal.owner(owner_id) if owner_id else None
        why = self._unreadable(record, around) or (_HIDDEN_OWNER if owner_id and owner is None else "")
        if why:
            return Unreadable(ref, name, why)
        company = self._company(record, around)
        won_at, how, episode = self.dated(row)
        stages = self._portal.stages()
        currency = told.get(CURRENCY) or self._portal.details().get("companyCurrency")
        return Deal(
            ref=ref,
            name=name,
            account_id=str(company["id"]) if company else None,
            account_name=_said(company, "name"),
            amount=_amount(row, known),
            currency=str(currency) if currency else None,
            owner_email=owner.email if owner else None,
            owner_active=owner is not None and owner.active,
            won_at=won_at,
            won_how=how,
            episode=episode,
            url=str(row.get("url") or self._portal.link(record)),
            source=self.mapped.source(Whole(row, company, owner, stages), known),
            stage=stages.label(told.get(STAGE)),
            merged=tuple(one for one in str(told.get(MERGED) or "").split(";") if one.strip().isdecimal()),
            children={each: tuple(self._rows(each, record, around, known)) for each in self.mapped.rows},
        )

    def ref(self, record: str) -> DealRef:
        """Return which deal this is, for ever."""
        return DealRef(self._instance, "hubspot", self._portal.org(), record)

    def _company(self, record: str, around: Around) -> Json | None:
        main = self._main(around.ties[COMPANIES].of.get(record, ()))
        return around.records[COMPANIES].get(main.id) if main else None

    def _unreadable(self, record: str, around: Around) -> str:
        """Return why a deal cannot be read whole; "" when it can."""
        for kind, ties in around.ties.items():
            if record in ties.failed:
                return f"Its {_words(kind)} could not be read. {ties.failed[record]}"
            some = ties.of.get(record, ())
            main = self._main(some)
            if kind == COMPANIES and some and main is None:
                return f"It has {len(some)} companies, and none is the primary one. Mark one as primary in HubSpot."
            needed = some if kind in self.mapped.rows else [main] if main else []
            if any(tie.id not in around.records[kind] for tie in needed):
                return f"One of its {_words(kind)} is hidden or was just deleted. Give the service key access to it."
        return ""

    def _rows(self, each: str, record: str, around: Around, known: Known) -> Iterable[dict[str, Value]]:
        """Yield the rows of a list: an associated record comes once for each label that it has."""
        for tie in around.ties[each].of.get(record, ()):
            row = around.records[each][tie.id]
            product = around.records.get(PRODUCTS, {}).get(str((row.get("properties") or {}).get(PRODUCT_ID)))
            for label in tie.labels or (None,):
                yield self.mapped.row(each, row, tie, label, product, known)


_HIDDEN_OWNER = "Its owner is hidden. Give the service key the scope crm.objects.owners.read."


def lacking(kind: str, name: str, known: Mapping[str, Any]) -> str:
    """Return in words that a property is not there."""
    near = near_to(name, known)
    remedy = f"Nearest: {near}." if near else "Create it in HubSpot, or take it out of the mapping."
    return f"The property {name} of {kind} is missing. {remedy}"


def _amount(row: Json, known: Known) -> Decimal | None:
    amount = held(Spot(DEALS, "amount"), row, known)
    return amount if isinstance(amount, Decimal) else None


def _said(row: Json | None, name: str) -> str | None:
    told = (row.get("properties") or {}).get(name) if row else None
    return str(told) if told else None


def _words(kind: str) -> str:
    return kind.replace("_", " ")
