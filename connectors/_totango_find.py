"""What Totango holds of steps: found before they are made, read where they are known."""

from collections.abc import Iterable, Mapping, Sequence

from connectors._totango_people import People
from connectors._totango_records import Hit, Records
from connectors._totango_settings import ACCOUNT, ENROLMENT, ROW, TASK, TID, TOUCHPOINT, TotangoSettings
from connectors._totango_values import account_of, key_in, row_id, stamp_name
from connectors._totango_work import Work
from handoff.model import Customer, Found, Held, How, Step

SHORT = "has the id with 15 characters. Give the account the one with 18, or merge the two."
_SHORT_LENGTH, _WHOLE_LENGTH = 15, 18


class Finder:
    """Looks up in batches; every method raises what `Exchange.call` raises."""

    def __init__(self, records: Records, work: Work, people: People, settings: TotangoSettings) -> None:
        self._records, self._work, self._people, self._settings = records, work, people, settings

    def find(self, kind: str, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records that are there; nothing tells of runs of plays and of objectives."""
        if kind in (TOUCHPOINT, TASK):
            return self._work.by_key(kind, steps)
        if kind == ROW:
            return self._rows(steps)
        return {} if kind not in (ACCOUNT, ENROLMENT) else self._accounts(steps)

    def _rows(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        hits = self._records.rows(map(row_id, steps), _wanted(steps))
        ours = {step.key: hits[row_id(step)] for step in steps if row_id(step) in hits}
        found = {step.key: self._found(step, ours[step.key]) for step in steps if step.key in ours}
        return {key: [one] for key, one in found.items() if one.how is How.KEY}

    def _accounts(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        ids = {step.key: account_of(step) for step in steps}
        short = dict.fromkeys(one[:_SHORT_LENGTH] for step in steps if _is_crm_id(step) and (one := ids[step.key]))
        hits = self._records.accounts([*(one for one in ids.values() if one), *short], _wanted(steps))
        found: dict[str, list[Found]] = {}
        for step in steps:
            account = ids[step.key]
            if account in hits:
                found[step.key] = [self._found(step, hits[account])]
            elif _is_crm_id(step) and account[:_SHORT_LENGTH] in hits:
                hit = hits[account[:_SHORT_LENGTH]]
                found[step.key] = [Found(hit.id, How.MATCH, hit.name, SHORT)]
        return found

    def _found(self, step: Step, hit: Hit) -> Found:
        how = How.KEY if key_in(hit.values.get(stamp_name(step))) == step.key else How.MATCH
        return Found(hit.id, how, hit.name, holds=self._records.holds(step, hit))

    def read(self, kind: str, steps: Sequence[Step]) -> dict[str, Held]:
        """Return by step key what records hold; runs of plays and objectives count as there, since nothing tells."""
        if kind in (TOUCHPOINT, TASK):
            return self._work.read(kind, steps)
        if kind not in (ACCOUNT, ENROLMENT, ROW):
            return {step.key: Held(str(step.ref), {}) for step in steps}
        look = self._records.rows if kind == ROW else self._records.accounts
        hits = look([str(step.ref) for step in steps], _wanted(steps))
        there = [(step, hits[str(step.ref)]) for step in steps if str(step.ref) in hits]
        return {step.key: Held(hit.id, self._records.holds(step, hit), label=hit.name) for step, hit in there}

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return what is known of these accounts, by id."""
        settings = self._settings
        wanted = dict.fromkeys((settings.status_attribute, settings.stage_attribute, f"{settings.csm_role}{TID}"), "")
        hits = self._records.accounts([one for one in accounts if one.strip()], wanted)
        return {account: self._customer(hit) for account, hit in hits.items()}

    def _customer(self, hit: Hit) -> Customer:
        settings = self._settings
        status, stage = (_said(hit, name) for name in (settings.status_attribute, settings.stage_attribute))
        email = self._people.as_address(hit.values.get(f"{settings.csm_role}{TID}"), "")
        return Customer(hit.id, hit.name, status, stage, email if email and "@" in str(email) else None)


def _wanted(steps: Iterable[Step]) -> Mapping[str, object]:
    """Return the attributes to read: those of the payloads, and our stamps, each with a value of its kind."""
    steps = list(steps)
    values = {name: value for step in steps for name, value in step.payload.items()}
    return {**values, **{stamp_name(step): "" for step in steps}}


def _is_crm_id(step: Step) -> bool:
    """Whether a step's account may be there under the shorter form of a Salesforce id."""
    return step.kind == ACCOUNT and step.deal.system == "salesforce" and len(account_of(step)) == _WHOLE_LENGTH


def _said(hit: Hit, name: str) -> str | None:
    return str(hit.values.get(name) or "").strip() or None
