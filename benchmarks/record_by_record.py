"""
The script that a RevOps engineer writes first: for each won deal look the customer up, and make plan, CTA and entry.

    python benchmarks/record_by_record.py SALESFORCE_ADDRESS GAINSIGHT_ADDRESS

It marks each deal in Salesforce when its work is made, so that a second run takes only the others.
"""

import sys
import time
from typing import Any

import httpx
from simple_salesforce.api import Salesforce

WON = (
    "SELECT Id, Name, Amount, CloseDate, AccountId, Account.Name FROM Opportunity "
    "WHERE StageName = 'Closed Won' AND Handoff_Status__c = null ORDER BY CloseDate, Id"
)
CSM = "cleo.martin@harbor.example"
BY_EMAIL = {
    "fields": {"OwnerEmail": "Email"},
    "lookupField": "Gsid",
    "objectName": "gsuser",
    "multiMatchOption": "FIRSTMATCH",
    "onNoMatch": "ERROR",
}


def connected(salesforce: str) -> Salesforce:
    """Return a session; a stand-in on this machine speaks plain HTTP."""
    session = Salesforce(instance="localhost", session_id="sandbox", version="66.0")
    session.base_url = f"{salesforce}/services/data/v66.0/"
    return session


def call(gainsight: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    """Return what Gainsight answers; when it is asked too often, try again a little later."""
    for _ in range(60):
        answer = gainsight.post(path, json=body)
        if answer.status_code != 429:
            answer.raise_for_status()
            return answer.json()
        time.sleep(0.25)
    raise SystemExit("Gainsight answers too many calls for ever")


def company_of(gainsight: httpx.Client, account: str, name: str) -> str:
    """Return the id of the customer, made if it is not there."""
    where = {"conditions": [{"name": "SfdcAccountId", "alias": "A", "value": [account], "operator": "EQ"}]}
    asked = {"select": ["Gsid"], "where": where | {"expression": "A"}, "limit": 1, "offset": 0}
    found = call(gainsight, "/v1/data/objects/query/Company", asked)["data"]["records"]
    if found:
        return str(found[0]["Gsid"])
    new = {"Name": name, "SfdcAccountId": account, "Stage": "New Customer", "Status": "Active"}
    made = call(gainsight, "/v1/data/objects/Company", {"records": [new], "lookups": {}})
    return str(made["data"]["records"][0]["Gsid"])


def made(answer: Any) -> str:
    """Return the id of the one record that was made."""
    [[gsid]] = [success.values() for success in answer["data"]["success"]]
    return str(gsid)


def hand_off(deal: Any, gainsight: httpx.Client) -> None:
    """Make the work of one deal."""
    key, account = deal["Id"], deal["Account"]["Name"]
    company = company_of(gainsight, deal["AccountId"], account)
    common = {"referenceId": "1", "CompanyId": company, "OwnerEmail": CSM, "DueDate": "2026-12-01"}
    plan = common | {"Name": f"First 90 days {key}", "SuccessPlanType": "Onboarding", "status": "Draft"}
    lookups = {"OwnerId": BY_EMAIL}
    group = made(call(gainsight, "/v2/successPlan/", {"requests": [{"record": plan}], "lookups": lookups}))
    cta = common | {"Name": f"Onboard {account}"[:80], "Comments": f"<p>{key}: {deal['Name']}</p>", "CtaGroupId": group}
    cta |= {"type": "Lifecycle", "reason": "Onboarding", "status": "New", "priority": "Low"}
    made(call(gainsight, "/v2/cockpit/cta/", {"requests": [{"record": cta}], "lookups": lookups}))
    entry = {"ExternalId": key, "ContextName": "Company", "TypeName": "Update", "GsCompanyId": company, "Author": CSM}
    entry |= {"Subject": f"Sales handoff: {account}"[:120], "Notes": f"<p>{deal['Name']}</p>"}
    entry |= {"ActivityDate": "2026-11-20T09:00:00.000Z"}
    author = {"AuthorId": BY_EMAIL | {"fields": {"Author": "Email"}}}
    call(gainsight, "/v1/ant/es/activity", {"records": [entry], "lookups": author})


def main(salesforce: str, gainsight: str) -> None:
    """Hand off every won deal that is not marked."""
    session = connected(salesforce)
    with httpx.Client(base_url=gainsight, headers={"accesskey": "sandbox"}, trust_env=False, timeout=30) as client:
        opportunities: Any = session.Opportunity
        opportunities.base_url = f"{session.base_url}sobjects/Opportunity/"
        for deal in session.query_all(WON)["records"]:
            hand_off(deal, client)
            opportunities.update(deal["Id"], {"Handoff_Status__c": "Handed off"})


if __name__ == "__main__":
    main(*sys.argv[1:3])
