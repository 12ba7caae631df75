"""What Gainsight knows of the CRM's accounts."""

import pytest

from handoff.model import Customer
from tests.connectors.gainsight.world import Script, StandIn, connector, gsid

KIM = gsid("1P01", 1)
GLOBEX, INITECH = gsid("1P02", 1), gsid("1P02", 2)
ACCOUNT, OTHER = "001A0000006Vm9uIAC", "001A0000006Vm9vIAC"
DESCRIBE = ("POST", "/v1/meta/services/objects/describe")


def globex(**more):
    return {"Gsid": GLOBEX, "Name": "Globex", "SfdcAccountId": ACCOUNT, **more}


@pytest.fixture
def gainsight():
    stand_in = StandIn()
    stand_in.load(gsuser=[{"Gsid": KIM, "Email": "Kim.Csm@Acme.example"}])
    return stand_in


def test_a_customer_has_labels_and_the_address_of_its_csm(gainsight):
    gainsight.load(Company=[globex(Status="Active", Stage="Launched", Csm=KIM)])

    known = connector(gainsight).customers([ACCOUNT, OTHER])

    assert known == {ACCOUNT: Customer(GLOBEX, "Globex", "Active", "Launched", "kim.csm@acme.example")}
    assert len(gainsight.asked) == 2


def test_a_customer_of_whom_little_is_known_costs_no_describe(gainsight):
    gainsight.load(Company=[globex()])

    assert connector(gainsight).customers([ACCOUNT]) == {ACCOUNT: Customer(GLOBEX, "Globex")}
    assert len(gainsight.asked) == 1


def test_labels_are_read_once_for_all_that_ask(gainsight):
    gainsight.load(Company=[globex(Status="Active"), globex(Gsid=INITECH, SfdcAccountId=OTHER, Status="Churn")])
    platform = connector(gainsight)

    first, again = platform.customers([ACCOUNT]), platform.customers([OTHER])

    assert (first[ACCOUNT].status, again[OTHER].status) == ("Active", "Churn")
    assert gainsight.calls(*DESCRIBE) == 1


@pytest.mark.parametrize(("held", "asked"), [(ACCOUNT[:15], ACCOUNT), (ACCOUNT, ACCOUNT[:15])])
def test_an_account_is_known_by_either_form_of_its_id_and_answered_as_asked(gainsight, held, asked):
    gainsight.load(Company=[globex(SfdcAccountId=held)])

    assert list(connector(gainsight).customers([asked])) == [asked]


def test_an_account_that_two_companies_claim_is_for_a_person(gainsight):
    gainsight.load(Company=[globex(), globex(Gsid=INITECH, SfdcAccountId=ACCOUNT[:15])])

    assert connector(gainsight).customers([ACCOUNT]) == {}


def test_ids_that_differ_in_case_alone_are_two_accounts(gainsight):
    gainsight.engine.tenant({"text_match": "ignore_case"})
    gainsight.load(Company=[globex(SfdcAccountId=ACCOUNT[:15].swapcase())])

    assert connector(gainsight).customers([ACCOUNT]) == {}


def test_nobody_to_ask_about_costs_no_call(gainsight):
    assert connector(gainsight).customers(["", "  "]) == {}
    assert gainsight.asked == []


def test_the_fields_of_a_tenant_may_have_other_names(gainsight):
    gainsight.load(Company=[globex(Industry="Energy")])
    platform = connector(gainsight, status_field="", stage_field="Industry", csm_email_field="")

    assert platform.customers([ACCOUNT]) == {ACCOUNT: Customer(GLOBEX, "Globex", None, "Energy", None)}
    assert gainsight.bodies[-1]["select"] == ["Gsid", "Name", "SfdcAccountId", "Industry"]


def test_a_tenant_without_such_a_field_still_knows_its_customers(gainsight):
    gainsight.load(Company=[globex(Status="Active")])

    known = connector(gainsight, stage_field="Nowhere__gc").customers([ACCOUNT])

    assert known == {ACCOUNT: Customer(GLOBEX, "Globex", "Active")}


def test_a_label_that_nobody_tells_is_none_and_never_an_id():
    row = {"Gsid": GLOBEX, "Name": "Globex", "SfdcAccountId": ACCOUNT, "Status": "1I00" + "A" * 32}
    script = Script({"result": True, "data": {"records": [row]}}, {"result": True, "data": []})

    assert connector(script).customers([ACCOUNT])[ACCOUNT].status is None
