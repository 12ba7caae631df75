"""What Gainsight holds already: records by our key, companies by what they share with the deal, users by e-mail."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors._gainsight_settings import COMPANY, KEY_FIELD, TIMELINE
from connectors._gainsight_wire import Json, Wire
from handoff.batches import batches
from handoff.model import Found, How, Step, User

_SFDC_ID = re.compile(r"[A-Za-z0-9]{15}([A-Z0-5]{3})?")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
FOREIGN = "belongs to another CRM account. Correct its account id, or rename one of the two."


class Finder:
    """Looks records up in batches; every method raises what `Exchange.call` raises."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._settings = wire, wire.settings

    def by_key(self, kind: str, steps: Sequence[Step]) -> dict[str, list[Found]]:
        """Return by step key the records that carry it."""
        field, name = ("ExternalId", "Subject") if kind == TIMELINE else (KEY_FIELD, "Name")
        found: dict[str, list[Found]] = {}
        wanted = {step.key for step in steps}
        for row in self._rows(self._settings.objects[kind], ["Gsid", name, field], field, [s.key for s in steps]):
            if row.get(field) in wanted:
                found.setdefault(row[field], []).append(Found(row["Gsid"], How.KEY, str(row.get(name) or "")))
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
        select = list(dict.fromkeys(["Gsid", "Name", *shared, KEY_FIELD, *fields]))
        values = [form for step in steps for form in self._forms(lead, step.match[position][lead])]
        by_value: dict[str, list[Json]] = {}
        for row in self._rows(self._settings.company_object, select, lead, values):
            by_value.setdefault(self._plain(lead, row.get(lead)), []).append(row)
        found: dict[str, list[Found]] = {}
        for step in steps:
            rule = step.match[position]
            hits = by_value.get(self._plain(lead, rule[lead]), [])
            hits = [row for row in hits if all(self._same(field, row, rule[field]) for field in fields)]
            ours = [row for row in hits if row.get(KEY_FIELD) == step.key]
            if hits:
                how = How.KEY if ours else How.MATCH
                found[step.key] = [self._as_found(row, how, step) for row in ours or hits]
        return found

    def _as_found(self, row: Json, how: How, step: Step) -> Found:
        """A namesake that another CRM account owns is a conflict, for a person to decide."""
        field, name = self._settings.crm_id_field, str(row.get("Name") or "")
        own = next((rule[field] for rule in step.match if rule.get(field)), None)
        theirs = row.get(field)
        foreign = own and theirs and not self._same(field, row, own)
        return Found(row["Gsid"], how, name, FOREIGN if foreign else "")

    def _rows(self, name: str, select: Sequence[str], field: str, values: Iterable[str]) -> list[Json]:
        """Return every record once, by Gsid."""
        rows: dict[str, Json] = {}
        for some in batches(dict.fromkeys(values), self._settings.keys_per_lookup):
            rows |= {row["Gsid"]: row for row in self._wire.query(name, select, field, some) if row.get("Gsid")}
        return list(rows.values())

    def _forms(self, field: str, value: str) -> list[str]:
        """Return the ways a value may be stored: a Salesforce id with 18 characters or with 15."""
        if field != self._settings.crm_id_field or not _SFDC_ID.fullmatch(value):
            return [value]
        return [value[:15] + _suffix(value[:15]), value[:15]]

    def _plain(self, field: str, value: Any) -> str:
        text = str(value or "").strip()
        if field == self._settings.crm_id_field and _SFDC_ID.fullmatch(text):
            return text[:15]  # its letters' case tells two ids apart
        return text.casefold()

    def _same(self, field: str, row: Mapping[str, Any], value: str) -> bool:
        return self._plain(field, row.get(field)) == self._plain(field, value)

    def users(self, emails: Iterable[str]) -> dict[str, User]:
        """Return by lower-case address the users behind these; of two with one address the active one."""
        # Whether the vendor compares with regard to case is unknown: both ways of writing are asked for.
        values = [form for email in emails for form in (email.strip(), email.strip().lower())]
        found: dict[str, User] = {}
        select = ["Gsid", "Email", "Name", "IsActiveUser"]
        for row in self._rows(self._settings.user_object, select, "Email", values):
            email = str(row.get("Email") or "").strip().lower()
            user = User(row["Gsid"], email, row.get("IsActiveUser") is True, str(row.get("Name") or ""))
            if email not in found or (user.active and not found[email].active):
                found[email] = user
        return found


def _suffix(id15: str) -> str:
    """Return the three letters that make an 18-character Salesforce id: which characters are capitals."""
    fives = (id15[start : start + 5] for start in (0, 5, 10))
    return "".join(_LETTERS[sum(1 << place for place, char in enumerate(five) if char.isupper())] for five in fives)
