"""What Gainsight holds already: records by our key, companies by what they share with the deal, users by e-mail."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors import _gainsight_ids as ids
from connectors._gainsight_records import Records, title
from connectors._gainsight_settings import COMPANY, KEY_FIELD, TIMELINE, GainsightSettings
from connectors._gainsight_wire import Json
from handoff.model import Found, How, Step, User

FOREIGN = "belongs to another CRM account. Correct its account id, or rename one of the two."


class Finder:
    """Looks records up in batches; every method raises what `Exchange.call` raises."""

    def __init__(self, records: Records, settings: GainsightSettings) -> None:
        self._records, self._settings = records, settings

    def by_key(self, kind: str, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records that carry it."""
        field = "ExternalId" if kind == TIMELINE else KEY_FIELD
        wanted = {step.key: step for step in steps}
        found: dict[str, list[Found]] = {}
        for row in self._records.of_kind(kind, steps, field, wanted):
            if row.get(field) in wanted:
                found.setdefault(row[field], []).append(self.as_found(row, How.KEY, wanted[row[field]]))
        return found

    def companies(self, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """
        Return by step key the companies that are there.

        The first rule, the CRM's account id, is asked before the key: its answer shows the key too, and
        for a customer Gainsight knows one call is enough. The key comes next, then the other rules in order.
        """
        found = self._by_rule(0, steps)
        found |= self.by_key(COMPANY, [step for step in steps if step.key not in found])
        for position in range(1, max((len(step.match) for step in steps), default=0)):
            found |= self._by_rule(position, [step for step in steps if step.key not in found])
        return found

    def _by_rule(self, position: int, steps: Sequence[Step]) -> dict[str, list[Found]]:
        asked: dict[tuple[str, ...], list[Step]] = {}
        for step in steps:
            rule = step.match[position] if position < len(step.match) else {}
            if rule and all(rule.values()):
                asked.setdefault(tuple(rule), []).append(step)
        found: dict[str, list[Found]] = {}
        for fields, askers in asked.items():
            found |= self._by_fields(position, fields, askers)
        return found

    def _by_fields(self, position: int, fields: tuple[str, ...], steps: Sequence[Step]) -> dict[str, list[Found]]:
        lead, crm_id = fields[0], self._settings.crm_id_field
        shared = [crm_id] if any(crm_id in rule for step in steps for rule in step.match) else []
        values = [form for step in steps for form in self._forms(lead, step.match[position][lead])]
        by_value: dict[str, list[Json]] = {}
        for row in self._records.of_kind(COMPANY, steps, lead, values, *shared, KEY_FIELD, *fields):
            by_value.setdefault(self._plain(lead, row.get(lead)), []).append(row)
        found: dict[str, list[Found]] = {}
        for step in steps:
            rule = step.match[position]
            hits = by_value.get(self._plain(lead, rule[lead]), [])
            hits = [row for row in hits if all(self._same(field, row, rule[field]) for field in fields)]
            ours = [row for row in hits if row.get(KEY_FIELD) == step.key]
            if hits:
                how = How.KEY if ours else How.MATCH
                found[step.key] = [self.as_found(row, how, step, self._conflict(row, step)) for row in ours or hits]
        return found

    def as_found(self, row: Json, how: How, step: Step, conflict: str = "") -> Found:
        """Return a record as one found for this step."""
        label, closed = str(row.get(title(step.kind)) or ""), row.get("IsClosed") is True
        return Found(row["Gsid"], how, label, conflict, self._records.holds(step, row), closed)

    def _conflict(self, row: Json, step: Step) -> str:
        """A namesake that another CRM account owns is for a person to decide."""
        field = self._settings.crm_id_field
        own = next((rule[field] for rule in step.match if rule.get(field)), None)
        return FOREIGN if own and row.get(field) and not self._same(field, row, own) else ""

    def _forms(self, field: str, value: str) -> list[str]:
        return ids.forms(value) if field == self._settings.crm_id_field else [value]

    def _plain(self, field: str, value: Any) -> str:
        return ids.plain(value) if field == self._settings.crm_id_field else str(value or "").strip().casefold()

    def _same(self, field: str, row: Mapping[str, Any], value: str) -> bool:
        return self._plain(field, row.get(field)) == self._plain(field, value)

    def users(self, emails: Iterable[str]) -> dict[str, User]:
        """Return by lower-case address the users behind these; of two with one address the active one."""
        # Whether the vendor compares with regard to case is unknown: both ways of writing are asked for.
        values = [form for email in emails for form in (email.strip(), email.strip().lower())]
        found: dict[str, User] = {}
        select = ["Gsid", "Email", "Name", "IsActiveUser"]
        for row in self._records.named(self._settings.user_object, select, (), "Email", values):
            email = str(row.get("Email") or "").strip().lower()
            user = User(row["Gsid"], email, row.get("IsActiveUser") is True, str(row.get("Name") or ""))
            if email not in found or (user.active and not found[email].active):
                found[email] = user
        return found
