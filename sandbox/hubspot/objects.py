"""
The objects of a portal, as data.

A property reads `name:type/fieldType`, then flags after a colon, then its options after an equals sign, as
`value` or `value|Label`:
R written by HubSpot alone, C made by the portal, U of unique value, O refers to an owner, M an amount of money.
"""

from typing import NamedTuple


class Kind(NamedTuple):
    """One type of object; `shown` are the properties given when none are asked for."""

    name: str
    singular: str
    type_id: str
    scope: str
    shown: str
    created: str = "createdate"
    modified: str = "hs_lastmodifieddate"


KINDS = (
    Kind("contacts", "contact", "0-1", "contacts", "email firstname lastname", modified="lastmodifieddate"),
    Kind("companies", "company", "0-2", "companies", "name domain"),
    Kind("deals", "deal", "0-3", "deals", "dealname amount closedate pipeline dealstage"),
    Kind("products", "product", "0-7", "products", "name price hs_sku description"),
    Kind("line_items", "line_item", "0-8", "line_items", "quantity amount price"),
    Kind("tasks", "task", "0-27", "contacts", "", created="hs_createdate"),
    Kind("notes", "note", "0-46", "contacts", "", created="hs_createdate"),
)

STAGE = "dealstage"
ENTERED = "hs_v2_date_entered_"
ENTERED_CURRENT = "hs_v2_date_entered_current_stage"

PROPERTIES = {
    "contacts": """
email:string/text
firstname:string/text
lastname:string/text
jobtitle:string/text
phone:string/phonenumber
company:string/text
hubspot_owner_id:enumeration/select:O
""",
    "companies": """
name:string/text
domain:string/text
website:string/text
industry:string/text
country:string/text
numberofemployees:number/number
annualrevenue:number/number:M
founded_year:string/text
hs_parent_company_id:number/number:R
hubspot_owner_id:enumeration/select:O
handoff_key:string/text:CU
""",
    "deals": """
dealname:string/text
amount:number/number:M
deal_currency_code:enumeration/select=USD,EUR,GBP,CAD
pipeline:enumeration/select
dealstage:enumeration/radio
closedate:datetime/date
dealtype:enumeration/radio=newbusiness|New Business,existingbusiness|Existing Business
description:string/textarea
closed_won_reason:string/textarea
hs_next_step:string/textarea
hubspot_owner_id:enumeration/select:O
hs_tcv:number/number:M
hs_acv:number/number:M
hs_mrr:number/number:M
hs_arr:number/number:M
hs_is_closed:bool/booleancheckbox:R
hs_is_closed_won:bool/booleancheckbox:R
hs_is_closed_lost:bool/booleancheckbox:R
hs_closed_won_date:datetime/date:R
hs_v2_date_entered_current_stage:datetime/date:R
hs_merged_object_ids:string/text:R
num_associated_contacts:number/number:R
legacy_id:string/text:CU
business_goal:string/html:C
success_metric:string/text:C
promised_go_live:date/date:C
commitments:string/textarea:C
replacing:string/text:C
switch_reason:string/textarea:C
data_residency:string/text:C
contract_start:date/date:C
contract_end:date/date:C
renewal_date:date/date:C
arr:number/number:C
handoff_notes:string/textarea:C
success_criteria:string/textarea:C
handoff_paused_until:date/date:C
handoff_pause_reason:string/text:C
handoff_status:string/text:C
handoff_reason:string/text:C
handoff_next_step:string/text:C
handoff_owner:string/text:C
handoff_completeness:number/number:C
handoff_missing:string/text:C
handoff_link:string/text:C
handoff_delivered_at:datetime/date:C
handoff_sequence:number/number:C
handoff_receipt:string/textarea:C
handoff_key:string/text:CU
""",
    "products": """
name:string/text
description:string/textarea
price:number/number:M
hs_sku:string/text
family:string/text:C
""",
    "line_items": """
name:string/text
hs_product_id:number/number
hs_sku:string/text
quantity:number/number
price:number/number:M
amount:number/number:RM
discount:number/number:M
hs_discount_percentage:number/number
hs_recurring_billing_period:string/text
recurringbillingfrequency:enumeration/select=monthly,quarterly,annually
hs_line_item_currency_code:enumeration/select=USD,EUR,GBP,CAD
hs_recurring_billing_start_date:date/date
""",
    "tasks": """
hs_timestamp:datetime/date
hs_task_subject:string/text
hs_task_body:string/html
hs_task_status:enumeration/select=NOT_STARTED,IN_PROGRESS,WAITING,DEFERRED,COMPLETED
hs_task_priority:enumeration/select=HIGH,MEDIUM,LOW,NONE
hs_task_type:enumeration/select=TODO,CALL,EMAIL
hubspot_owner_id:enumeration/select:O
""",
    "notes": """
hs_timestamp:datetime/date
hs_note_body:string/html
hubspot_owner_id:enumeration/select:O
""",
}
REQUIRED = {"tasks": ("hs_timestamp",), "notes": ("hs_timestamp",)}

# From, to: the type of a plain association, and of the primary one. Those from a contact or company to a note or task
# are invented: one less than the other way.
ASSOCIATIONS = {
    ("deals", "contacts"): (3, None),
    ("contacts", "deals"): (4, None),
    ("deals", "companies"): (341, 5),
    ("companies", "deals"): (342, 6),
    ("contacts", "companies"): (279, 1),
    ("companies", "contacts"): (280, 2),
    ("deals", "line_items"): (19, None),
    ("line_items", "deals"): (20, None),
    ("notes", "deals"): (214, None),
    ("deals", "notes"): (213, None),
    ("notes", "contacts"): (202, None),
    ("contacts", "notes"): (201, None),
    ("notes", "companies"): (190, None),
    ("companies", "notes"): (189, None),
    ("tasks", "deals"): (216, None),
    ("deals", "tasks"): (215, None),
    ("tasks", "contacts"): (204, None),
    ("contacts", "tasks"): (203, None),
    ("tasks", "companies"): (192, None),
    ("companies", "tasks"): (191, None),
}
LABELS = (  # of deals to contacts, made by the portal; the other direction has the next number
    "Decision Maker",
    "Economic Buyer",
    "Economic Decision Maker",
    "Executive Sponsor",
    "Evaluator",
    "Business User",
    "Technical Buyer",
    "Influencer",
    "Other",
)
FIRST_LABEL = 37

STAGES = (  # id, label, closed, probability
    ("appointmentscheduled", "Appointment Scheduled", False, "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", False, "0.4"),
    ("presentationscheduled", "Presentation Scheduled", False, "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", False, "0.8"),
    ("contractsent", "Contract Sent", False, "0.9"),
    ("closedwon", "Closed Won", True, "1.0"),
    ("closedlost", "Closed Lost", True, "0.0"),
)
