"""The set-up of the org: what it hides, allows and refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce import objects as data
from sandbox.salesforce.ids import normalised
from sandbox.salesforce.schema import WHOLE, Schema
from sandbox.wire import Json, Loss, Record

_SHARED = frozenset({"Account", "Contact", "Task", "User"})
"""Object names that other systems of the sandbox use too: their unknown fields may be meant for those."""


@dataclass(frozen=True)
class Rule:
    """A validation rule: it refuses an update that leaves an opportunity with all these values."""

    when: Mapping[str, Any]
    message: str
    fields: Sequence[str]

    def hits(self, record: Record) -> bool:
        """Whether the record, as it would become, is refused."""
        return all(record[name] == value for name, value in self.when.items())


@dataclass
class Tenant:
    """The org's switches; `take` changes those that are named and leaves the others."""

    hidden: set[tuple[str, str]] = field(default_factory=set)
    read_only: set[tuple[str, str]] = field(default_factory=set)
    unshared: set[str] = field(default_factory=set)
    view_setup: bool = True
    picklists: dict[str, list[str]] = field(default_factory=lambda: {k: [*v] for k, v in data.PICKLISTS.items()})
    inactive_users: set[str] = field(default_factory=set)
    daily_limit: int = 100_000
    page_size: int = 2_000
    rules: list[Rule] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    withheld: dict[tuple[str, str], Loss] = field(default_factory=dict)
    multi_currency: bool = False
    jwt_public_key: str | None = None

    def take(self, settings: Mapping[str, Json]) -> list[Record] | None:
        """
        Take settings, all or none; return the new stages where they name any.

        Raises:
            ValueError: a setting this system does not have, or a value it cannot use.
        """
        unknown = sorted(set(settings) - _TAKES.keys())
        if unknown:
            known = ", ".join(sorted(_TAKES))
            raise ValueError(f"Salesforce has no setting {unknown[0]!r}. Use one of: {known}.")
        taken = {_TAKES[name][0]: _TAKES[name][1](value) for name, value in settings.items()}
        lists = taken.pop("picklists", {})
        stages = lists.pop("Opportunity.StageName", None)
        for name, values in lists.items():
            self.picklists[name] = [str(value) for value in values]
        for name, value in taken.items():
            setattr(self, name, value)
        return None if stages is None else _stage_rows(stages)

    def schema(self) -> Schema:
        """Return the objects and fields that the integration user sees."""
        hidden = self.hidden | {name for name, loss in self.withheld.items() if loss == "sight"}
        read_only = self.read_only | {name for name, loss in self.withheld.items() if loss == "write"}
        return Schema(hidden, read_only, multi_currency=self.multi_currency)

    def withhold(self, fields: Mapping[str, Loss]) -> bool:
        """Withhold exactly these fields, beside the settings; return whether that changes anything."""
        withheld = dict(zip(_ours(fields, strict=True), fields.values(), strict=True))
        changed, self.withheld = withheld != self.withheld, withheld
        return changed


def default_stages() -> list[Record]:
    """Return the stages of a new org."""
    return _stage_rows([*data.STAGES])


def _stage_rows(entries: Sequence[Any]) -> list[Record]:
    return [_stage(entry, place) for place, entry in enumerate(entries, 1)]


def _stage(entry: Any, place: int) -> Record:
    given = {"MasterLabel": entry} if isinstance(entry, str) else dict(entry)
    kind = WHOLE.objects["OpportunityStage"]
    for column in given:
        if column not in kind.fields:
            raise ValueError(f"OpportunityStage has no column {column!r}. Use some of: {', '.join(kind.fields)}.")
    label = given.get("MasterLabel") or given.get("ApiName")
    if not label:
        raise ValueError("A stage needs a MasterLabel.")
    probability, usually_closed, usually_won, forecast = data.STAGES.get(label, (50, False, False, "Pipeline"))
    won = given.get("IsWon", usually_won)
    closed = given.get("IsClosed", usually_closed or won)
    if won and label not in data.STAGES:
        probability, forecast = 100, "Closed"
    elif closed and label not in data.STAGES:
        probability, forecast = 0, "Omitted"
    forecast = given.get("ForecastCategoryName", forecast)
    return {
        "MasterLabel": label,
        "ApiName": label,
        "IsActive": True,
        "SortOrder": place,
        "IsClosed": closed,
        "IsWon": won,
        "DefaultProbability": float(given.pop("DefaultProbability", probability)),
        "ForecastCategoryName": forecast,
        "ForecastCategory": data.FORECAST_OF_NAME.get(forecast, "Pipeline"),
        **given,
    }


def _ours(names: Any, *, strict: bool = False) -> list[tuple[str, str]]:
    """Return the names that belong to this system, as object and field; `strict`: all of them must."""
    ours = []
    for name in names:
        owner, _, field_name = str(name).partition(".")
        kind = WHOLE.objects.get(owner)
        if kind is None or (field_name not in kind.fields and owner in _SHARED):
            if strict:
                raise ValueError(f"Salesforce has no field {name!r}. Write it like Opportunity.NextStep.")
            continue
        if field_name not in kind.fields:
            raise ValueError(f"{owner} has no field {field_name!r}. Use one of: {', '.join(kind.fields)}.")
        ours.append((owner, field_name))
    return ours


def _picklists(value: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {f"{owner}.{name}": list(value[f"{owner}.{name}"]) for owner, name in _ours(value)}


def _rules(value: Any) -> list[Rule]:
    return [_rule(dict(each)) for each in value]


def _rule(each: dict[str, Any]) -> Rule:
    when, message, fields = each.pop("when", {}), each.pop("message", "Not allowed"), each.pop("fields", [])
    if each:
        raise ValueError(f"A validation rule has no key {min(each)!r}. Use: when, message, fields.")
    kind = WHOLE.objects["Opportunity"]
    strange = [name for name in (*when, *fields) if name not in kind.fields]
    if strange:
        raise ValueError(f"A validation rule names {strange[0]!r}, which Opportunity does not have.")
    return Rule(when, str(message), list(fields))


def _positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{value!r} is no whole number of at least 1.")
    return value


_TAKES: dict[str, tuple[str, Any]] = {
    "hidden_fields": ("hidden", lambda value: set(_ours(value))),
    "read_only_fields": ("read_only", lambda value: set(_ours(value))),
    "unshared": ("unshared", lambda value: {normalised(each) for each in value}),
    "view_setup": ("view_setup", bool),
    "picklists": ("picklists", _picklists),
    "inactive_users": ("inactive_users", lambda value: {_user(each) for each in value}),
    "daily_limit": ("daily_limit", _positive),
    "page_size": ("page_size", lambda value: min(_positive(value), 2_000)),
    "validation_rules": ("rules", _rules),
    "locked": ("locked", lambda value: {normalised(each) for each in value}),
    "multi_currency": ("multi_currency", bool),
    "jwt_public_key": ("jwt_public_key", lambda value: None if value is None else str(value)),
}


def _user(name: str) -> str:
    return name.lower() if "@" in name else normalised(name)
