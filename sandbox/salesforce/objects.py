"""The objects and fields of the sandbox org, in the notation of the reference's recorded describes.

A line is `name:type[length or (precision,scale)][>target(relationship)]:flags`. Flags: C createable,
U updateable, F filterable, S sortable, N nillable, D defaulted on create; and of our own E external id,
Q unique, H rich text, R restricted picklist.
"""

_MADE = "CreatedDate:datetime:FSD\nCreatedById:reference>User(CreatedBy):FSD\nSystemModstamp:datetime:FSD"
_STAMPS = f"{_MADE}\nLastModifiedDate:datetime:FSD\nLastModifiedById:reference>User(LastModifiedBy):FSD"
_DELETED = "IsDeleted:boolean:FSD"
_CURRENCY = "CurrencyIsoCode:picklist3:CUFSDN"

FIELDS: dict[str, str] = {
    "Organization": """
Id:id:FSD
Name:string80:FS
IsSandbox:boolean:FSD
OrganizationType:picklist40:FSN
InstanceName:string5:FSN""",
    "User": f"""
Id:id:FSD
Name:string121:FS
Email:email128:FS
Username:string80:FS
IsActive:boolean:FSD
TimeZoneSidKey:picklist40:FSD
ManagerId:reference>User(Manager):FSN
Team__c:string80:FSN
{_STAMPS}""",
    "OpportunityStage": f"""
Id:id:FSD
MasterLabel:string255:FSN
ApiName:string255:FSN
IsActive:boolean:FSD
SortOrder:int:FSN
IsClosed:boolean:FSD
IsWon:boolean:FSD
ForecastCategory:picklist40:FS
ForecastCategoryName:picklist255:FS
DefaultProbability:percent(3,0):FSN
Description:string255:FSN
{_STAMPS}""",
    "Account": f"""
Id:id:FSD
{_DELETED}
Name:string255:CUFS
Type:picklist255:CUFSN
ParentId:reference>Account(Parent):CUFSN
BillingCountry:string80:CUFSN
BillingCountryCode:picklist10:CUFSN
Website:url255:CUFSN
Industry:picklist255:CUFSN
AnnualRevenue:currency(18,0):CUFSN
NumberOfEmployees:int:CUFSN
OwnerId:reference>User(Owner):CUFSD
{_CURRENCY}
{_STAMPS}
Founded__c:double(4,0):CUFSN
Ultimate_Parent_Id__c:string18:CUFSN""",
    "Contact": f"""
Id:id:FSD
{_DELETED}
AccountId:reference>Account(Account):CUFSN
LastName:string80:CUFS
FirstName:string40:CUFSN
Name:string121:FS
Title:string128:CUFSN
Department:string80:CUFSN
Email:email80:CUFSN
Phone:phone40:CUFSN
MobilePhone:phone40:CUFSN
OwnerId:reference>User(Owner):CUFSD
{_STAMPS}""",
    "Product2": f"""
Id:id:FSD
{_DELETED}
Name:string255:CUFS
ProductCode:string255:CUFSN
Description:textarea4000:CUN
Family:picklist255:CUFSN
IsActive:boolean:CUFSD
{_STAMPS}""",
    "PricebookEntry": f"""
Id:id:FSD
{_DELETED}
Name:string255:FSN
Pricebook2Id:reference>Pricebook2(Pricebook2):CFSN
Product2Id:reference>Product2(Product2):CFS
UnitPrice:currency(18,2):CUFS
IsActive:boolean:CUFSD
UseStandardPrice:boolean:CUFSD
ProductCode:string255:FSN
{_CURRENCY}
{_STAMPS}""",
    "Opportunity": f"""
Id:id:FSD
{_DELETED}
AccountId:reference>Account(Account):CUFSN
IsPrivate:boolean:CUFSD
Name:string120:CUFS
Description:textarea32000:CUN
StageName:picklist255:CUFSR
Amount:currency(18,2):CUFSN
Probability:percent(3,0):CUFSND
ExpectedRevenue:currency(18,2):FSN
TotalOpportunityQuantity:double(18,2):CUFSN
CloseDate:date:CUFS
Type:picklist255:CUFSN
NextStep:string255:CUFSN
LeadSource:picklist255:CUFSN
IsClosed:boolean:FSD
IsWon:boolean:FSD
ForecastCategory:picklist40:FS
ForecastCategoryName:picklist255:CUFSNDR
CampaignId:reference>Campaign(Campaign):CUFSN
HasOpportunityLineItem:boolean:FSD
Pricebook2Id:reference>Pricebook2(Pricebook2):CUFSND
OwnerId:reference>User(Owner):CUFSD
{_CURRENCY}
{_STAMPS}
LastActivityDate:date:FSN
LastStageChangeDate:datetime:FSN
FiscalQuarter:int:FSN
FiscalYear:int:FSN
Fiscal:string6:FSN
ContactId:reference>Contact:CFSN
LastViewedDate:datetime:FSN
LastReferencedDate:datetime:FSN
HasOpenActivity:boolean:D
HasOverdueTask:boolean:D
LastAmountChangedHistoryId:reference>OpportunityHistory(LastAmountChangedHistory):FSN
LastCloseDateChangedHistoryId:reference>OpportunityHistory(LastCloseDateChangedHistory):FSN
Legacy_Id__c:string18:CUFSNEQ
Business_Goal__c:textarea32768:CUNH
Success_Metric__c:string255:CUFSN
Promised_Go_Live__c:date:CUFSN
Commitments__c:textarea32768:CUN
Replacing__c:string255:CUFSN
Switch_Reason__c:textarea32768:CUNH
Data_Residency__c:string80:CUFSN
Contract_Start__c:date:CUFSN
Contract_End__c:date:CUFSN
Renewal_Date__c:date:CUFSN
ARR__c:currency(18,2):CUFSN
Handoff_Notes__c:textarea131072:CUN
Handoff_Paused_Until__c:date:CUFSN
Handoff_Pause_Reason__c:string255:CUFSN
Handoff_Status__c:string40:CUFSN
Handoff_Reason__c:string255:CUFSN
Handoff_Next_Step__c:string255:CUFSN
Handoff_Owner__c:string255:CUFSN
Handoff_Completeness__c:percent(5,2):CUFSN
Handoff_Missing__c:string255:CUFSN
Handoff_Link__c:url255:CUFSN
Handoff_Delivered_At__c:datetime:CUFSN
Handoff_Sequence__c:double(18,0):CUFSN
Handoff_Receipt__c:textarea32768:CUN""",
    "OpportunityContactRole": f"""
Id:id:FSD
OpportunityId:reference>Opportunity(Opportunity):CFS
ContactId:reference>Contact(Contact):CUFS
Role:picklist40:CUFSN
IsPrimary:boolean:CUFSD
{_STAMPS}
{_DELETED}""",
    "OpportunityLineItem": f"""
Id:id:FSD
OpportunityId:reference>Opportunity(Opportunity):CFS
SortOrder:int:FSN
PricebookEntryId:reference>PricebookEntry(PricebookEntry):CFSN
Product2Id:reference>Product2(Product2):CFSN
ProductCode:string255:FSN
Name:string376:FSN
Quantity:double(12,2):CUFS
UnitPrice:currency(18,2):CUFSN
TotalPrice:currency(18,2):FSN
ListPrice:currency(18,2):FSN
ServiceDate:date:CUFSN
Description:string255:CUFSN
{_CURRENCY}
{_STAMPS}
{_DELETED}""",
    "OpportunityHistory": f"""
Id:id:FSD
OpportunityId:reference>Opportunity(Opportunity):FS
{_MADE}
StageName:picklist255:FS
Amount:currency(18,2):FSN
ExpectedRevenue:currency(18,2):FSN
CloseDate:date:FSN
Probability:percent(3,0):FSN
ForecastCategory:picklist40:FSN
PrevAmount:currency(18,2):FSN
PrevCloseDate:date:FSN
{_DELETED}""",
    "Task": f"""
Id:id:FSD
WhoId:reference>Contact(Who):CUFSN
WhatId:reference>Account,Opportunity(What):CUFSN
Subject:string255:CUFSN
ActivityDate:date:CUFSN
Status:picklist255:CUFSD
Priority:picklist255:CUFSD
OwnerId:reference>User(Owner):CUFSD
Description:textarea32000:CUN
IsClosed:boolean:FSD
Bridge_Key__c:string255:CUFSN
{_DELETED}
{_STAMPS}""",
}

PREFIXES = {
    "Organization": "00D",
    "User": "005",
    "OpportunityStage": "01J",
    "Account": "001",
    "Contact": "003",
    "Product2": "01t",
    "PricebookEntry": "01u",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "OpportunityLineItem": "00k",
    "OpportunityHistory": "008",
    "Task": "00T",
}
ELSEWHERE = {"Campaign": "701", "Pricebook2": "01s"}
"""Objects that fields point to and that this org does not show: their ids are accepted, nothing is read."""

LABELS = {
    "OpportunityContactRole": "Opportunity Contact Role",
    "OpportunityHistory": "Opportunity History",
    "OpportunityLineItem": "Opportunity Product",
    "OpportunityStage": "Opportunity Stage",
    "PricebookEntry": "Price Book Entry",
    "Product2": "Product",
}
READ_ONLY = frozenset({"Organization", "User", "OpportunityStage", "OpportunityHistory"})

CHILDREN: dict[tuple[str, str], tuple[str, bool]] = {
    ("Account", "ParentId"): ("ChildAccounts", False),
    ("Contact", "AccountId"): ("Contacts", True),
    ("Opportunity", "AccountId"): ("Opportunities", True),
    ("OpportunityContactRole", "ContactId"): ("OpportunityContactRoles", True),
    ("OpportunityContactRole", "OpportunityId"): ("OpportunityContactRoles", True),
    ("OpportunityHistory", "OpportunityId"): ("OpportunityHistories", True),
    ("OpportunityLineItem", "OpportunityId"): ("OpportunityLineItems", True),
    ("OpportunityLineItem", "Product2Id"): ("OpportunityLineItems", False),
    ("PricebookEntry", "Product2Id"): ("PricebookEntries", True),
    ("Task", "WhatId"): ("Tasks", True),
    ("Task", "WhoId"): ("Tasks", False),
}
"""By child object and field: the relationship's name at the parent, and whether a delete goes on to the child."""

DEFAULTS: dict[tuple[str, str], object] = {
    ("PricebookEntry", "IsActive"): True,
    ("Product2", "IsActive"): True,
    ("Task", "Priority"): "Normal",
    ("Task", "Status"): "Not Started",
    ("User", "IsActive"): True,
    ("User", "TimeZoneSidKey"): "GMT",
    **{
        (name, "CurrencyIsoCode"): "USD" for name in ("Account", "Opportunity", "OpportunityLineItem", "PricebookEntry")
    },
}

_FORECAST = ("Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Closed")
_FORECAST_NAMES = ("Omitted", "Pipeline", "Best Case", "Commit", "Closed")

PICKLISTS: dict[str, tuple[str, ...]] = {
    "Account.Industry": ("Banking", "Education", "Energy", "Healthcare", "Manufacturing", "Retail", "Technology"),
    "Account.Type": ("Prospect", "Customer - Direct", "Customer - Channel", "Technology Partner", "Other"),
    "Opportunity.Type": (
        "Existing Customer - Upgrade",
        "Existing Customer - Replacement",
        "Existing Customer - Downgrade",
        "New Customer",
    ),
    "Opportunity.LeadSource": ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
    "Opportunity.ForecastCategory": _FORECAST,
    "Opportunity.ForecastCategoryName": _FORECAST_NAMES,
    "OpportunityStage.ForecastCategory": _FORECAST,
    "OpportunityStage.ForecastCategoryName": _FORECAST_NAMES,
    "OpportunityContactRole.Role": (
        "Business User",
        "Decision Maker",
        "Economic Buyer",
        "Economic Decision Maker",
        "Evaluator",
        "Executive Sponsor",
        "Influencer",
        "Technical Buyer",
        "Other",
    ),
    "Task.Status": ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"),
    "Task.Priority": ("High", "Normal", "Low"),
}

FORECAST_OF_NAME = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Most Likely": "MostLikely",
    "Commit": "Forecast",
    "Closed": "Closed",
}

STAGES: dict[str, tuple[int, bool, bool, str]] = {
    "Prospecting": (10, False, False, "Pipeline"),
    "Qualification": (10, False, False, "Pipeline"),
    "Needs Analysis": (20, False, False, "Pipeline"),
    "Value Proposition": (50, False, False, "Pipeline"),
    "Id. Decision Makers": (60, False, False, "Pipeline"),
    "Perception Analysis": (70, False, False, "Pipeline"),
    "Proposal/Price Quote": (75, False, False, "Pipeline"),
    "Negotiation/Review": (90, False, False, "Pipeline"),
    "Closed Won": (100, True, True, "Closed"),
    "Closed Lost": (0, True, False, "Omitted"),
}
"""A default org's stages: probability, closed, won, forecast category."""
