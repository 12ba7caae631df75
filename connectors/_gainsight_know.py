"""What Gainsight holds of what we know: the records of steps, the customers of accounts, open work to link."""

from collections.abc import Iterable, Sequence
from typing import Any

from connectors import _gainsight_ids as ids
from connectors._gainsight_find import Finder
from connectors._gainsight_records import Records, title
from connectors._gainsight_settings import COMPANY, KEY_FIELD, TIMELINE, GainsightSettings
from connectors._gainsight_values import path_of
from connectors._gainsight_wire import Json
from handoff.model import Customer, Found, Held, How, Step, Value


class Knower:
    """Reads in batches; every method raises what `Exchange.call` raises."""

    def __init__(self, records: Records, finder: Finder, settings: GainsightSettings) -> None:
        self._records, self._finder, self._settings = records, finder, settings

    def read(self, kind: str, steps: Sequence[Step]) -> dict[str, Held]:
        """
        Return by step key what the records of these steps hold; those that are gone are absent.

        A timeline entry is read by its key: whether the id that its creation answers with is its Gsid is unknown.
        """
        field = "ExternalId" if kind == TIMELINE else "Gsid"
        by_step = {step.key: step.key if kind == TIMELINE else str(step.ref) for step in steps}
        rows = {row.get(field): row for row in self._records.of_kind(kind, steps, field, by_step.values())}
        return {step.key: self._held(step, rows[by_step[step.key]]) for step in steps if by_step[step.key] in rows}

    def _held(self, step: Step, row: Json) -> Held:
        values, label = self._records.holds(step, row, whole=True), str(row.get(title(step.kind)) or "")
        return Held(str(step.ref), values, row.get("IsClosed") is True, label)

    def open_work(self, kind: str, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """
        Return by step key the open records of its company that agree in what it adopts by and carry no key of ours.

        Only the company and `IsClosed` are asked for: longer conditions than `A AND B` are not documented, and how
        a tenant compares labels is unknown, so those are compared here, without regard to case.
        """
        companies = {step.key: _company(step) for step in steps}
        asked = [company for company in companies.values() if company]
        by_company: dict[str, list[Json]] = {}
        for row in self._records.of_kind(kind, steps, "CompanyId", asked, KEY_FIELD, still_open=True):
            if row.get("IsClosed") is not True and not row.get(KEY_FIELD):
                by_company.setdefault(str(row.get("CompanyId")), []).append(row)
        found = {
            step.key: [
                self._finder.as_found(row, How.ADOPT, step)
                for row in by_company.get(companies[step.key], [])
                if _agrees(step, row)
            ]
            for step in steps
        }
        return {key: hits for key, hits in found.items() if hits}

    def customers(self, accounts: Iterable[str]) -> dict[str, Customer]:
        """Return what is known of these accounts, by account id as asked; one that two companies claim is absent."""
        wanted = {account: ids.plain(account) for account in accounts if account.strip()}
        field, settings = self._settings.crm_id_field, self._settings
        values = [form for account in wanted for form in ids.forms(account.strip())]
        more = [name for name in (settings.status_field, settings.stage_field, settings.csm_email_field) if name]
        by_account: dict[str, list[Json]] = {}
        for row in self._records.named(settings.company_object, ["Gsid", "Name", field], more, field, values):
            by_account.setdefault(ids.plain(row.get(field)), []).append(row)
        known = {account: by_account.get(plain, []) for account, plain in wanted.items()}
        return {account: self._customer(rows[0]) for account, rows in known.items() if len(rows) == 1}

    def _customer(self, row: Json) -> Customer:
        settings = self._settings
        status, stage = (
            self._records.label(COMPANY, row.get(name)) for name in (settings.status_field, settings.stage_field)
        )
        email = str(row.get(settings.csm_email_field) or "").strip().lower()
        return Customer(row["Gsid"], str(row.get("Name") or ""), status, stage, email or None)


def _company(step: Step) -> str:
    """Return the company's id; "" while it is another step's, or stands for one that is not made."""
    company = step.payload.get("CompanyId")
    return company if isinstance(company, str) and company.isalnum() else ""


def _agrees(step: Step, row: Json) -> bool:
    return all(_folded(step.payload.get(name)) == _folded(row.get(_path(step, name))) != "" for name in step.adopt)


def _path(step: Step, name: str) -> str:
    return path_of(step.kind, name, step.payload.get(name)) or ""


def _folded(value: Value | Any) -> str:
    return str(value).strip().casefold() if isinstance(value, str) else ""
