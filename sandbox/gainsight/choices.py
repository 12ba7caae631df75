"""Every answer the vendor's reference leaves open, chosen in one place and open to a switch.

The grades are the reference's: C-S second-hand, C-L seen in working code, INF inferred, UNK unknown.
A check against a real tenant corrects this page and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


def _one_of(default: str, *others: str) -> Any:
    return field(default=default, metadata={"of": (default, *others)})


@dataclass(frozen=True)
class Choices:
    """One tenant's behaviour wherever the reference is silent or of two minds; each name is a switch."""

    accesskey: str = "sandbox"  # INF: after a reset the old key stops at once

    per_minute: int = 100  # C-D; INF: one window for the tenant, shared by all keys
    per_day: int = 50_000  # C-D; INF: the day is the UTC day, Timeline calls count too
    timeline_per_minute: int = 200  # C-D
    throttle_body: str = _one_of("json", "empty", "retry_after")  # C-S json; the other two UNK

    query_reply: str = _one_of("records", "list")  # C-L records; C-D list in the vendor's sample
    no_data: str = _one_of("empty", "result_false", "GSOBJ_1011")  # C-L empty; C-D the other two
    dates: str = _one_of("iso", "epoch")  # C-L iso; C-D epoch in the vendor's text
    empty_values: str = _one_of("null", "omitted")  # UNK on object reads (cockpit lists omit: C-D)
    text_match: str = _one_of("exact", "ignore_case")  # UNK
    field_names: str = _one_of("any_case", "exact")  # UNK: samples write ARR and read Arr
    string_boolean: str = _one_of("parsed", "matches_all")  # C-L: "false" as text was seen to match all
    default_limit: int = 1000  # UNK: rows of an object query without a limit
    over_limit: str = _one_of("refused", "cut")  # UNK: more rows asked for than a call may give
    object_not_found_status: int = 400  # UNK; C-L says the objects API answers every error with 400

    batch: str = _one_of("atomic", "partial")  # INF, strong
    error_rows: str = _one_of("nested", "flat", "plain")  # C-S list of lists; C-L flat; C-L plain (users)
    null_on_update: str = _one_of("clears", "ignored")  # UNK
    lookup_multi_match: str = _one_of("FIRSTMATCH", "MARKASERROR")  # UNK: what an omitted option means
    lookup_no_match: str = _one_of("ERROR", "NULLABLE", "DEFAULTVALUE")  # UNK: the same
    lookup_default_key: str = "defaultValue"  # UNK: the key that carries the default value

    requests_per_call: int = 50  # UNK for CTA, plan and Timeline; C-D only as a general sentence
    cockpit_error_status: int = 200  # UNK; mocks use 200
    all_failed_result: bool = True  # UNK; mocks answer true
    failure_text: str = _one_of("code", "plain")  # UNK: "CODE: text" or the text alone
    invalid_value_code: str = "COCKPIT_9701"  # UNK: invented, a CTA or plan value that does not fit
    too_many_code: str = "COCKPIT_9702"  # UNK: invented, more requests than a call may carry
    dropped_reference: str | None = None  # a reference id carried out and left out of the answer
    inactive_owner: str = _one_of("refused", "accepted")  # INF: an owner who left fails the record
    reasons_in_config: str = _one_of("asked", "always")  # UNK: reasons without asking for CTA_REASON
    select_in_list: str = _one_of("checked", "ignored")  # C-D checked (COCKPIT_5101)
    list_order: str = _one_of("unstable", "created")  # C-D: no order is documented
    default_page_size: int = 100  # UNK: cockpit lists without a pageSize
    due_time: str = "11:30:00"  # C-D: due dates come back with a time of day, this one in a sample
    read_lag_seconds: int = 0  # UNK: until a CTA, plan or activity made by the API can be read

    timeline_duplicate: str = _one_of("failure", "existing")  # UNK; a mock fails it (C-S, low)
    timeline_missing_code: str = "GS_TL_10_0206"  # C-S, low
    timeline_duplicate_code: str = "GS_TL_10_0207"  # C-S, low
    timeline_reference_code: str = "GS_TL_10_0213"  # C-S, low
    timeline_invalid_code: str = "GS_TL_10_0214"  # UNK: invented, a value that does not fit
    required_timeline_field: str | None = None  # C-L: tenants may require a custom field

    def with_switches(self, switches: Mapping[str, Any]) -> "Choices":
        """Return these choices with `switches` thrown; raises `ValueError` for a name or value unknown."""
        known = {each.name: each for each in fields(self)}
        for name, value in switches.items():
            if name not in known:
                raise ValueError(f"Gainsight has no switch {name!r}. Use one of: {', '.join(sorted(known))}.")
            _check(name, value, known[name].default, known[name].metadata.get("of"))
        return replace(self, **switches)


def _check(name: str, value: Any, default: Any, allowed: tuple[str, ...] | None) -> None:
    if allowed is not None and value not in allowed:
        raise ValueError(f"Switch {name!r} is one of {', '.join(allowed)}; got {value!r}.")
    wanted: tuple[type, ...] = (str, type(None)) if default is None else (type(default),)
    if type(value) not in wanted:
        raise ValueError(f"Switch {name!r} takes {' or '.join(t.__name__ for t in wanted)}; got {value!r}.")
