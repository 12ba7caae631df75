"""Every answer the reference leaves open, chosen in one place and open to a switch.

The grades are the reference's: C confirmed, C2 seen in working code, S second-hand, I inferred, U unknown.
A check against a real tenant corrects this page and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.switches import one_of, thrown


@dataclass(frozen=True)
class Choices:
    """One tenant's behaviour wherever the reference is silent or of two minds; each name is a switch."""

    app_token: str = "sandbox"  # the personal access token
    service_id: str = "SP-10001-01"  # C: three parts; the pixel wants all, the Integration Hub the number
    region: str = one_of("us", "eu")  # C2: in the other region data is lost
    token_user: str = "integration@harbor.example"  # C: a token stops with its user
    token_admin: bool = True  # C: a global admin's; what another one's is answered U (403)
    bearer: bool = True  # U: an OAuth token is taken on every path of the REST API

    per_minute: int = 100  # C; U: a fixed window that begins with the first call
    throttle_body: str = one_of("text", "json")  # C: the article says both
    retry_after: bool = False  # C in prose, absent in the sample
    hub_limit: str = one_of("own", "shared", "none")  # U: which bucket the Integration Hub counts in
    error_key: str = one_of("message", "error", "_error")  # U for v2 and v3

    index_lag_seconds: int = 5  # C "seconds, at worst minutes": until search and timeline show what was written
    id_term: str = "identifier"  # I as a condition (seen as a field): accounts, rows and users by id
    total_hits: str = one_of("everywhere", "accounts")  # U for events and rows, whose envelopes show none
    events_offset: str = one_of("page", "page_from_1", "record")  # C: a page, unverified; U: which is the first
    hub_delay_seconds: int = 5  # I: the Integration Hub accepts first and applies later
    hub_records: int = 100  # U: how many records one call takes; C2 that it takes 100
    hub_bad_service_id: int = 400  # U

    unknown_attributes: str = one_of("created", "dropped")  # U
    empty_values: str = one_of("ignored", "clears")  # U: an attribute sent empty or null
    unknown_stage: str = one_of("ignored", "refused")  # U: a lifecycle value that is no stage in that very spelling

    absent_is_not_in: bool = False  # U: whether an account without the value meets a `not_in_list`

    play_repeat: str = one_of("doubles", "ignored")  # U: a manual play run again on one account
    play_checks: str = one_of("play_first", "account_first")  # U: what is found wrong first
    play_refusal: str = one_of("status", "body")  # U: a refused run has a status, or a 200 that says `success: false`
    play_reentry: bool = True  # U: a play on entry fires again when a stage is entered again
    play_without_assignee: str = one_of("unassigned", "no_task")  # U: the role that a play's task is for is empty

    unknown_record: int = 400  # U: of a touchpoint's account, or of a play and its account; I by analogy with tasks
    unknown_account_reads: str = one_of("empty", "refused")  # U: the timeline and the tasks of an unknown account
    touchpoint_resync: str = one_of("resumed", "kept")  # U: what an update without `disable_sync` does to it
    touchpoint_references: str = one_of("checked", "ignored")  # U: an unknown flow, type or tag
    task_assignee: str = one_of("checked", "ignored")  # U: an assignee who is no active Totango user
    touchpoint_content: int = 12_000  # C
    plan_summary_none: int = 404  # U: an account without a plan summary
    unverified: bool = False  # S: the paths that create objectives

    def with_switches(self, switches: Mapping[str, Any]) -> "Choices":
        """Return these choices with `switches` thrown; raises `ValueError` for a name or value unknown."""
        return thrown(self, switches, "Totango")

    @property
    def service_number(self) -> str:
        """The middle number of the service id."""
        return self.service_id.split("-")[1] if self.service_id.count("-") == 2 else self.service_id
