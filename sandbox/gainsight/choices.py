"""Every answer the vendor's reference leaves open, chosen in one place and open to a switch.

The grades are the reference's: C-S second-hand, C-L seen in working code, INF inferred, UNK unknown.
A check against a real tenant corrects this page and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.switches import one_of, thrown


@dataclass(frozen=True)
class Choices:
    """One tenant's behaviour wherever the reference is silent or of two minds; each name is a switch."""

    accesskey: str = "sandbox"  # INF: after a reset the old key stops at once

    per_minute: int = 100  # C-D; INF: one window for the tenant, shared by all keys
    per_day: int = 50_000  # C-D; INF: the day is the UTC day, Timeline calls count too
    timeline_per_minute: int = 200  # C-D
    throttle_body: str = one_of("json", "empty", "retry_after")  # C-S json; the other two UNK

    query_reply: str = one_of("records", "list")  # C-L records; C-D list in the vendor's sample
    no_data: str = one_of("empty", "result_false", "GSOBJ_1011")  # C-L empty; C-D the other two
    dates: str = one_of("iso", "epoch")  # C-L iso; C-D epoch in the vendor's text
    empty_values: str = one_of("null", "omitted")  # UNK on object reads (cockpit lists omit: C-D)
    text_match: str = one_of("exact", "ignore_case")  # UNK
    field_names: str = one_of("any_case", "exact")  # UNK: samples write ARR and read Arr
    string_boolean: str = one_of("parsed", "matches_all")  # C-L: "false" as text was seen to match all
    default_limit: int = 1000  # UNK: rows of an object query without a limit
    over_limit: str = one_of("refused", "cut")  # UNK: more rows asked for than a call may give
    object_not_found_status: int = 400  # UNK; C-L says the objects API answers every error with 400

    batch: str = one_of("atomic", "partial")  # INF, strong
    error_rows: str = one_of("nested", "flat", "plain")  # C-S list of lists; C-L flat; C-L plain (users)
    null_on_update: str = one_of("clears", "ignored")  # UNK
    lookup_multi_match: str = one_of("FIRSTMATCH", "MARKASERROR")  # UNK: what an omitted option means
    lookup_no_match: str = one_of("ERROR", "NULLABLE", "DEFAULTVALUE")  # UNK: the same
    lookup_default_key: str = "defaultValue"  # UNK: the key that carries the default value

    requests_per_call: int = 50  # UNK for CTA, plan and Timeline; C-D only as a general sentence
    cockpit_error_status: int = 200  # UNK; mocks use 200
    all_failed_result: bool = True  # UNK; mocks answer true
    failure_text: str = one_of("code", "plain")  # UNK: "CODE: text" or the text alone
    invalid_value_code: str = "COCKPIT_9701"  # UNK: invented, a CTA or plan value that does not fit
    too_many_code: str = "COCKPIT_9702"  # UNK: invented, more requests than a call may carry
    dropped_reference: str | None = None  # a reference id carried out and left out of the answer
    inactive_owner: str = one_of("refused", "accepted")  # INF: an owner who left fails the record
    reasons_in_config: str = one_of("asked", "always")  # UNK: reasons without asking for CTA_REASON
    select_in_list: str = one_of("checked", "ignored")  # C-D checked (COCKPIT_5101)
    list_order: str = one_of("unstable", "created")  # C-D: no order is documented
    default_page_size: int = 100  # UNK: cockpit lists without a pageSize
    due_time: str = "11:30:00"  # C-D: due dates come back with a time of day, this one in a sample
    read_lag_seconds: int = 0  # UNK: until a CTA, plan or activity made by the API can be read

    timeline_duplicate: str = one_of("failure", "existing")  # UNK; a mock fails it (C-S, low)
    timeline_missing_code: str = "GS_TL_10_0206"  # C-S, low
    timeline_duplicate_code: str = "GS_TL_10_0207"  # C-S, low
    timeline_reference_code: str = "GS_TL_10_0213"  # C-S, low
    timeline_invalid_code: str = "GS_TL_10_0214"  # UNK: invented, a value that does not fit
    required_timeline_field: str | None = None  # C-L: tenants may require a custom field

    def with_switches(self, switches: Mapping[str, Any]) -> "Choices":
        """Return these choices with `switches` thrown; raises `ValueError` for a name or value unknown."""
        return thrown(self, switches, "Gainsight")
