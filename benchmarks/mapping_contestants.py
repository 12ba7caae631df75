"""
The same 28 fields by other means: hand-written Python, jmespath, glom and jsonata-python.

Each is prepared once, with the functions to convert with, and then called with a record. All convert with the engine's
own functions, so what differs is how values are found, chosen, looked up and put together. None of them does what the
engine does besides: names spelled in another case, texts of white space only, notes on what could not be read, the
failure of one field kept from the others (only jmespath with an expression a field could), provenance.
(JSONata takes an amount of 0 for nothing said; the records hold none, so that it may be written the short way.)
"""

from collections.abc import Callable, Mapping
from typing import Any

import jmespath
import jmespath.functions
from glom import SKIP, Coalesce, Invoke, Spec, T
from jmespath.visitor import TreeInterpreter
from jsonata import Jsonata
from jsonata.utils import Utils

Record = Mapping[str, Any]
Fields = dict[str, Any]
Convert = Callable[[Any], Any]
Conversions = Mapping[str, Convert]
Contestant = Callable[[Record], Fields]

TYPES = {"New Business": "new", "Existing Business": "expansion"}
TIERS = {"Gold": "premium", "Silver": "standard", "Bronze": "basic"}
RISKS = {"Red": "high", "Amber": "medium", "Green": "low"}
EMPTY = (None, "")


def hand_written(convert: Conversions) -> Contestant:
    """Return what a programmer would write for this one record."""
    plain, lines, as_list, text = (convert[name] for name in ("plain", "lines", "list", "text"))
    decimal, percent, boolean = (convert[name] for name in ("decimal", "percent", "boolean"))
    as_date, as_datetime = convert["date"], convert["datetime"]

    def work(record: Record) -> Fields:
        account, owner = record.get("Account") or {}, record.get("Owner") or {}
        manager = owner.get("Manager") or {}
        amount, arr = record.get("Amount"), record.get("ARR__c")
        arr = amount if arr in EMPTY else arr
        renewal = record.get("Renewal_Date__c") or record.get("Contract_End__c")
        fields = {
            "deal.name": record.get("Name"),
            "deal.amount": decimal(amount) if amount is not None else None,
            "deal.type": TYPES.get(record.get("Type") or "", "other"),
            "deal.next_step": record.get("NextStep"),
            "arr": decimal(arr) if arr is not None else None,
            "term_months": decimal(term) if (term := record.get("Contract_Term__c")) is not None else None,
            "discount": percent(discount) if (discount := record.get("Discount__c")) is not None else None,
            "confidence": percent(sure) if (sure := record.get("Win_Confidence__c")) is not None else None,
            "closed_on": as_date(closed) if (closed := record.get("CloseDate")) else None,
            "go_live_on": as_date(live) if (live := record.get("Promised_Go_Live__c")) else None,
            "renewal_on": as_date(renewal) if renewal else None,
            "kickoff_at": as_datetime(kickoff) if (kickoff := record.get("Kickoff__c")) else None,
            "business_goal": plain(goal) if (goal := record.get("Business_Goal__c")) else None,
            "success_metric": record.get("Success_Metric__c"),
            "commitments": lines(promised) if (promised := record.get("Commitments__c")) else None,
            "replacing": record.get("Replacing__c") or record.get("Competitor__c"),
            "notes": record.get("Handoff_Notes__c"),
            "use_cases": as_list(cases) if (cases := record.get("Use_Cases__c")) else None,
            "pilot_done": boolean(pilot) if (pilot := record.get("Pilot_Done__c")) is not None else None,
            "security_review": boolean(review) if (review := record.get("Security_Review__c")) is not None else None,
            "plan_tier": TIERS.get(record.get("Plan_Tier__c") or ""),
            "risk": RISKS.get(record.get("Churn_Risk__c") or "", "unknown"),
            "account.name": account.get("Name"),
            "account.industry": account.get("Industry"),
            "account.country": account.get("ShippingCountry") or account.get("BillingCountry"),
            "account.employees": text(count) if (count := account.get("NumberOfEmployees")) is not None else None,
            "owner.name": owner.get("Name"),
            "owner.manager": manager.get("Name") or owner.get("Name"),
        }
        return _said(fields)

    return work


def _if_said(convert: Convert) -> Convert:
    return lambda value: None if value is None or value == "" else convert(value)


def _said(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


class _Functions(jmespath.functions.Functions):  # type: ignore[misc]
    """jmespath looks for methods named `_func_...` that carry a signature."""

    @jmespath.functions.signature({"types": []}, {"types": []}, {"types": []})  # type: ignore[untyped-decorator]
    def _func_pick(self, value: Any, table: Mapping[str, Any], default: Any) -> Any:
        return table.get(value, default)


def _functions(conversions: Conversions) -> Any:
    def method(convert: Convert) -> Any:
        def converted(_: Any, value: Any) -> Any:
            return None if value is None or value == "" else convert(value)

        return jmespath.functions.signature({"types": []})(converted)

    body = {f"_func_{name}": method(convert) for name, convert in conversions.items()}
    return type("_Conversions", (_Functions,), body)()


JMESPATH = {
    "deal.name": "Name",
    "deal.amount": "decimal(Amount)",
    "deal.type": 'pick(Type, `{"New Business": "new", "Existing Business": "expansion"}`, `"other"`)',
    "deal.next_step": "NextStep",
    "arr": "decimal(ARR__c || Amount)",
    "term_months": "decimal(Contract_Term__c)",
    "discount": "percent(Discount__c)",
    "confidence": "percent(Win_Confidence__c)",
    "closed_on": "date(CloseDate)",
    "go_live_on": "date(Promised_Go_Live__c)",
    "renewal_on": "date(Renewal_Date__c || Contract_End__c)",
    "kickoff_at": "datetime(Kickoff__c)",
    "business_goal": "plain(Business_Goal__c)",
    "success_metric": "Success_Metric__c",
    "commitments": "lines(Commitments__c)",
    "replacing": "Replacing__c || Competitor__c",
    "notes": "Handoff_Notes__c",
    "use_cases": "list(Use_Cases__c)",
    "pilot_done": "boolean(Pilot_Done__c)",
    "security_review": "boolean(Security_Review__c)",
    "plan_tier": 'pick(Plan_Tier__c, `{"Gold": "premium", "Silver": "standard", "Bronze": "basic"}`, `null`)',
    "risk": 'pick(Churn_Risk__c, `{"Red": "high", "Amber": "medium", "Green": "low"}`, `"unknown"`)',
    "account.name": "Account.Name",
    "account.industry": "Account.Industry",
    "account.country": "Account.ShippingCountry || Account.BillingCountry",
    "account.employees": "text(Account.NumberOfEmployees)",
    "owner.name": "Owner.Name",
    "owner.manager": "Owner.Manager.Name || Owner.Name",
}


def by_jmespath(convert: Conversions) -> Contestant:
    """Return an expression a field, with functions of our own for what jmespath cannot say."""
    options = jmespath.Options(custom_functions=_functions(convert))
    compiled = {name: jmespath.compile(expression) for name, expression in JMESPATH.items()}
    return lambda record: _said({name: one.search(record, options=options) for name, one in compiled.items()})


def by_kept_jmespath(convert: Conversions) -> Contestant:
    """Return an expression a field, all run by one interpreter, which jmespath keeps to itself: no documented way."""
    interpreter = TreeInterpreter(jmespath.Options(custom_functions=_functions(convert)))
    compiled = {name: jmespath.compile(expression).parsed for name, expression in JMESPATH.items()}
    return lambda record: _said({name: interpreter.visit(one, record) for name, one in compiled.items()})


def by_one_jmespath(convert: Conversions) -> Contestant:
    """Return one expression for the whole record: the fastest that jmespath offers; one bad value fails it whole."""
    options = jmespath.Options(custom_functions=_functions(convert))
    whole = jmespath.compile("{" + ", ".join(f'"{name}": {one}' for name, one in JMESPATH.items()) + "}")
    return lambda record: _said(whole.search(record, options=options))


def by_glom(convert: Conversions) -> Contestant:
    """Return one spec for the whole record."""
    c = {name: _if_said(one) for name, one in convert.items()}

    def at(*paths: str, convert: Convert | None = None) -> Any:
        found = Coalesce(*paths, skip=EMPTY, default=SKIP if convert is None else None)
        return found if convert is None else (found, convert)

    def pick(path: str, table: Mapping[str, Any], default: Any) -> Any:
        return (Coalesce(path, default=None), Invoke(table.get).specs(T).constants(default))

    spec = Spec(
        {
            "deal.name": at("Name"),
            "deal.amount": at("Amount", convert=c["decimal"]),
            "deal.type": pick("Type", TYPES, "other"),
            "deal.next_step": at("NextStep"),
            "arr": at("ARR__c", "Amount", convert=c["decimal"]),
            "term_months": at("Contract_Term__c", convert=c["decimal"]),
            "discount": at("Discount__c", convert=c["percent"]),
            "confidence": at("Win_Confidence__c", convert=c["percent"]),
            "closed_on": at("CloseDate", convert=c["date"]),
            "go_live_on": at("Promised_Go_Live__c", convert=c["date"]),
            "renewal_on": at("Renewal_Date__c", "Contract_End__c", convert=c["date"]),
            "kickoff_at": at("Kickoff__c", convert=c["datetime"]),
            "business_goal": at("Business_Goal__c", convert=c["plain"]),
            "success_metric": at("Success_Metric__c"),
            "commitments": at("Commitments__c", convert=c["lines"]),
            "replacing": at("Replacing__c", "Competitor__c"),
            "notes": at("Handoff_Notes__c"),
            "use_cases": at("Use_Cases__c", convert=c["list"]),
            "pilot_done": at("Pilot_Done__c", convert=c["boolean"]),
            "security_review": at("Security_Review__c", convert=c["boolean"]),
            "plan_tier": pick("Plan_Tier__c", TIERS, None),
            "risk": pick("Churn_Risk__c", RISKS, "unknown"),
            "account.name": at("Account.Name"),
            "account.industry": at("Account.Industry"),
            "account.country": at("Account.ShippingCountry", "Account.BillingCountry"),
            "account.employees": at("Account.NumberOfEmployees", convert=c["text"]),
            "owner.name": at("Owner.Name"),
            "owner.manager": at("Owner.Manager.Name", "Owner.Name"),
        }
    )
    return lambda record: _said(spec.glom(record))


JSONATA = """{
  "deal.name": Name, "deal.amount": $as_decimal(Amount),
  "deal.type": $pick(Type, {"New Business": "new", "Existing Business": "expansion"}, "other"),
  "deal.next_step": NextStep, "arr": $as_decimal(ARR__c ? ARR__c : Amount),
  "term_months": $as_decimal(Contract_Term__c),
  "discount": $as_percent(Discount__c), "confidence": $as_percent(Win_Confidence__c), "closed_on": $as_date(CloseDate),
  "go_live_on": $as_date(Promised_Go_Live__c),
  "renewal_on": $as_date(Renewal_Date__c ? Renewal_Date__c : Contract_End__c),
  "kickoff_at": $as_datetime(Kickoff__c), "business_goal": $as_plain(Business_Goal__c),
  "success_metric": Success_Metric__c, "commitments": $as_lines(Commitments__c),
  "replacing": Replacing__c ? Replacing__c : Competitor__c, "notes": Handoff_Notes__c,
  "use_cases": $as_list(Use_Cases__c), "pilot_done": $as_boolean(Pilot_Done__c),
  "security_review": $as_boolean(Security_Review__c),
  "plan_tier": $pick(Plan_Tier__c, {"Gold": "premium", "Silver": "standard", "Bronze": "basic"}, null),
  "risk": $pick(Churn_Risk__c, {"Red": "high", "Amber": "medium", "Green": "low"}, "unknown"),
  "account.name": Account.Name, "account.industry": Account.Industry,
  "account.country": Account.ShippingCountry ? Account.ShippingCountry : Account.BillingCountry,
  "account.employees": $as_text(Account.NumberOfEmployees), "owner.name": Owner.Name,
  "owner.manager": Owner.Manager.Name ? Owner.Manager.Name : Owner.Name
}"""


def by_jsonata(convert: Conversions) -> Contestant:
    """Return one compiled expression for the whole record, with functions of our own for what it cannot say."""
    expression = Jsonata(JSONATA)
    expression.set_validate_input(False)  # it would refuse exact decimals, and is faster without
    for name, one in convert.items():
        expression.register_lambda(f"as_{name}", _if_known(one))
    expression.register_lambda("pick", lambda value, table, default: table.get(value, default))
    return lambda record: _said(expression.evaluate(record))


def _if_known(convert: Convert) -> Convert:
    return lambda value: None if value is None or value is Utils.NULL_VALUE or value == "" else convert(value)
