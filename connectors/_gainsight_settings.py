"""What can differ between two Gainsight tenants: credentials, sizes, and each thing the vendor leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

COMPANY, PLAN, CTA, TIMELINE = "company", "success_plan", "cta", "timeline"

KEY_FIELD = "Bridge_Key__gc"
"""The custom text field that holds our key on companies, plans and CTAs; a timeline entry has `ExternalId`."""


@dataclass(frozen=True)
class AccessKey:
    """The organisation's one access key, shared by all its integrations."""

    key: str = field(repr=False)


@dataclass(frozen=True)
class M2M:
    """A machine-to-machine client (client credentials)."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class GainsightSettings:
    """
    Sizes, and one switch for each thing that the vendor's documents leave open.

    Args:
        cta_list_size: CTAs in one call. The vendor's limit is unknown.
        plan_list_size: Success plans in one call. The vendor's limit is unknown.
        object_list_size: Companies in one call; the vendor takes 50.
        timeline_list_size: Timeline entries in one call. The vendor's limit is unknown.
        keys_per_lookup: Values in one `IN` condition. The vendor's limit is unknown.
        settle_seconds: How long a record just made may stay invisible to a look-up; unknown.
        rows_per_query: Rows of one page of a query; the vendor gives up to 5,000.
        company_object: Path name of companies; documented as `Company`, `company` was seen to work.
        plan_object: Name of success plans in a query.
        cta_object: Name of CTAs in a query.
        timeline_object: Name of timeline entries in a query.
        user_object: Name of users in a query and in a look-up block.
        crm_id_field: The company's field for the Salesforce account id; read in connectors' code only.
        comments_key: The write key of a CTA's comments, wherever a mapping says `Comments`.
        status_field, stage_field: The company's fields that say how it stands; picklists or texts.
        csm_email_field: The way from a company to its CSM's e-mail address.
        objectives: `nested` sends a plan's `Objectives` with it; `off` leaves them out. Their shape is unknown.
        object_datetimes: `iso` sends `2026-03-10T12:00:00.000Z` to objects, CTAs and plans; `epoch` milliseconds.
        timeline_zone: The offset of `ActivityDate` as sent: `+0000`, or `+00:00` as in the vendor's sample.
        timeline_duplicate_codes: Codes that say an `ExternalId` is there already; known from one mock.
        company_link: Address of a company's page; seen in a customer's public code.
        plan_link, cta_link, timeline_link: Addresses of other pages, unknown; "" gives no link. Where one is
            found, `{base_url}` and `{ref}` stand for the two parts.
        census_paging: `keyset` asks for the records behind the last one by `Gsid`, `offset` counts rows: those can slip
            when records are deleted meanwhile. That ids can be compared is inferred.
        delete_log_object: Name of the log of deleted records in a query; some tenants have none. "" asks for none.
        miss_seconds: How long an e-mail that no user has is not asked for again.
    """

    cta_list_size: int = 10
    plan_list_size: int = 10
    object_list_size: int = 50
    timeline_list_size: int = 50
    keys_per_lookup: int = 200
    settle_seconds: int = 120
    rows_per_query: int = 5000
    company_object: str = "Company"
    plan_object: str = "cta_group"
    cta_object: str = "call_to_action"
    timeline_object: str = "activity_timeline"
    user_object: str = "gsuser"
    crm_id_field: str = "SfdcAccountId"
    comments_key: str = "Comments"
    status_field: str = "Status"
    stage_field: str = "Stage"
    csm_email_field: str = "Csm__gr.Email"
    objectives: Literal["nested", "off"] = "nested"
    object_datetimes: str = "iso"
    timeline_zone: str = "+0000"
    timeline_duplicate_codes: frozenset[str] = frozenset({"GS_TL_10_0207"})
    company_link: str = "{base_url}/v1/ui/customersuccess360?cid={ref}"
    plan_link: str = ""
    cta_link: str = ""
    timeline_link: str = ""
    census_paging: Literal["keyset", "offset"] = "keyset"
    delete_log_object: str = "record_delete_log"
    miss_seconds: int = 600

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many steps of each kind go in one call."""
        return {
            COMPANY: self.object_list_size,
            PLAN: self.plan_list_size,
            CTA: self.cta_list_size,
            TIMELINE: self.timeline_list_size,
        }

    @property
    def objects(self) -> Mapping[str, str]:
        """The object name of each kind in a query."""
        return {
            COMPANY: self.company_object,
            PLAN: self.plan_object,
            CTA: self.cta_object,
            TIMELINE: self.timeline_object,
        }

    @property
    def links(self) -> Mapping[str, str]:
        """The address template of each kind."""
        return {COMPANY: self.company_link, PLAN: self.plan_link, CTA: self.cta_link, TIMELINE: self.timeline_link}

    @property
    def settle(self) -> timedelta:
        """`settle_seconds` as a span."""
        return timedelta(seconds=self.settle_seconds)
