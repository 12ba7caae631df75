"""What ChurnZero does with what it is sent, and what can be seen of it."""

from datetime import timedelta

import pytest
from churnzero_tenant import GLOBEX, HANK, PRIYA, Tenant, attributes, contact, event

from sandbox.wire import Refusal, Request, Twist


def test_the_push_api_says_200_to_nonsense_and_only_the_journal_knows(tenant):
    answers = [
        tenant.push({"action": "explode"}),
        tenant.push({"action": "setAttribute"}),
        tenant.push({**attributes(Name="Globex"), "appKey": "wrong"}),
        tenant.handle(Request("POST", "/i", "", {"content-type": "application/json"}, b"{")),
    ]

    assert {answer.status for answer in answers} == {200}
    assert tenant.held("Account") == []
    assert tenant.rejected() == [
        "there is no action 'explode'",
        "name and value are required",
        "appKey is wrong",
        "an action is an object",
    ]


def test_the_key_is_in_no_journal(tenant):
    tenant.push(attributes(Name="Globex"), {"action": "explode"})

    assert "appKey" not in str(tenant.engine.state())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_query_form_and_json_say_the_same(tenant, method):
    fields = f"appKey=sandbox&action=setAttribute&entity=account&accountExternalId={GLOBEX}&name=Name&value=Globex"
    head = {"content-type": "application/x-www-form-urlencoded"}
    form = Request("POST", "/i", "", head, fields.encode())

    tenant.handle(form if method == "POST" else Request("GET", "/i", fields))

    assert [row["Name"] for row in tenant.held("Account")] == ["Globex"]


def test_what_says_the_same_again_changes_nothing(tenant):
    first, again = (tenant.push(attributes(Name="Globex", Seats="5"), event()).response for _ in range(2))

    assert (first.applied, again.applied) == (True, False)
    assert (first.mutates, again.mutates) == (True, True)


def test_an_unknown_attribute_makes_a_field_and_a_standard_one_has_its_kind(tenant):
    tenant.push(attributes(**{"Onboarding Status": "Later", "TotalContractAmount": "48000", "StartDate": "2026-12-01"}))

    (account,) = tenant.held("Account")
    assert account["CfOnboardingStatus"] == "Later"
    assert (account["TotalContractAmount"], account["StartDate"]) == (48000.0, "2026-12-01T00:00:00Z")


def test_an_attribute_of_the_wrong_kind_drops_its_whole_action(tenant):
    tenant.push(attributes(Name="Globex", TotalContractAmount="a lot"), attributes(Name="Globex Inc"))

    assert [row["Name"] for row in tenant.held("Account")] == ["Globex Inc"]
    assert tenant.rejected() == ["'a lot' is no number"]


def test_an_owner_is_matched_by_user_name(tenant):
    tenant.push(attributes(OwnerUserAccount=PRIYA.upper()))
    tenant.push(attributes(OwnerUserAccount="nobody@harbor.example"))

    assert [row["OwnerUserAccount"] for row in tenant.held("Account")] == [PRIYA]
    assert tenant.rejected() == ["OwnerUserAccount is no user name"]


def test_a_number_is_incremented_by_a_delta(tenant):
    counting = {"action": "incrementAttribute", "entity": "account", "name": "LicenseCount", "value": "5"}

    tenant.push(attributes(LicenseCount="10"), counting, counting)

    assert [row["LicenseCount"] for row in tenant.held("Account")] == [20.0]


def test_a_contact_of_an_unknown_account_is_dropped(tenant):
    tenant.push(contact(FirstName="Hank"))
    tenant.push(attributes(Name="Globex"), contact(FirstName="Hank"))

    assert tenant.rejected() == ["the account is unknown"]
    assert [(row["ExternalId"], row["FirstName"]) for row in tenant.held("Contact")] == [(HANK, "Hank")]


def test_an_event_of_the_same_moment_account_contact_and_description_is_ignored_unless_it_says_otherwise(tenant):
    tenant.push(event(), event(), event("hb:main:b:won"), event(allowDupes=True))

    found = [row["Description"] for row in tenant.held("Event")]
    assert found == ["hb:main:a:won Globex", "hb:main:b:won", "hb:main:a:won Globex"]


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (event("x" * 256), "description is longer than 255 characters"),
        (event(eventName=""), "eventName is required"),
        (event(contactExternalId=""), "contactExternalId is required"),
        (event(eventDate="soon"), "'soon' is no ISO date"),
        (event(accountExternalId=""), "accountExternalId is required"),
    ],
)
def test_an_event_that_lacks_something_is_dropped(tenant, action, why):
    answer = tenant.push(action)

    assert (answer.status, tenant.rejected(), tenant.held("Event")) == (200, [why], [])


def test_where_the_tenant_says_422_a_bad_action_is_told(tenant):
    tenant.switch(bad_parameters="422")

    assert tenant.push(event(eventName="")).status == 422


def test_an_array_that_is_too_long_is_dropped_as_a_whole(tenant):
    tenant.switch(array=1)

    tenant.push(attributes(Name="Globex"), attributes(Name="Initech"))

    assert (tenant.held("Account"), len(tenant.rejected())) == ([], 2)


def test_one_bad_action_of_an_array_leaves_the_others_alone(tenant):
    refuses = lambda place, record: Refusal(message="no") if place == 0 else None  # noqa: E731

    tenant.push(attributes(Name="Globex"), event(), twist=Twist(refuses=refuses))

    assert tenant.rejected() == ["no"]
    assert [row["Name"] for row in tenant.held("Account")] == [None]


def test_a_play_runs_once_whether_the_attribute_comes_first_or_the_event(tenant):
    beginning = attributes(**{"Onboarding Status": "New"})

    tenant.push(beginning, event())
    tenant.push(event("another"), attributes(**{"Onboarding Status": "Later"}), beginning)

    assert [row["Name"] for row in tenant.held("Task")] == ["Hold the kick-off call", "Agree on the success criteria"]
    assert [row["Status"] for row in tenant.held("JourneyProgress")] == ["In Progress"]


def test_a_play_that_is_not_active_does_nothing(tenant):
    tenant.engine.load({"play": [{"Id": 1, "Active": False}]}, tenant.now)

    tenant.push(event())

    assert tenant.held("Task") == []


def test_a_csv_file_is_applied_later_and_its_outcome_is_a_mail(tenant):
    answer = tenant.file(
        "/batchAccountsCsv", f"accountExternalId,Name,TotalContractAmount\n{GLOBEX},Globex,1\nx,X,many\n"
    )

    assert (answer.status, tenant.held("Account")) == (200, [])
    tenant.later(60)
    tenant.engine.settle(tenant.now)
    assert [row["Name"] for row in tenant.held("Account")] == ["Globex"]
    (mail,) = tenant.held("outbox")
    assert (mail["to"], mail["imported"], mail["problems"]) == (
        "ops@harbor.example",
        1,
        ["line 3: 'many' is no number"],
    )


def test_what_was_pushed_can_be_pulled_after_a_while(tenant):
    tenant.switch(read_lag_seconds=5)
    tenant.push(attributes(Name="Globex"))

    at_once = tenant.pull(f"Account(AccountExternalId='{GLOBEX}')")
    tenant.later(5)

    assert at_once.status == 404
    assert tenant.pull(f"Account(AccountExternalId='{GLOBEX}')").body["Name"] == "Globex"
    assert tenant.pull("Account(1)").body["ExternalId"] == GLOBEX


def test_a_fault_lets_it_lag_longer(tenant):
    tenant.push(attributes(Name="Globex"), twist=Twist(lag=timedelta(seconds=30)))

    tenant.later(29)
    before = tenant.pull("Account").value
    tenant.later(1)

    assert (before, len(tenant.pull("Account").value)) == ([], 1)


def test_a_page_names_the_next_one_only_without_top(tenant):
    tenant.switch(page=2)
    tenant.push(*({**attributes(Name=name), "accountExternalId": name} for name in "abcde"))

    first = tenant.pull("Account", select="Name", orderby="Id")
    link = first.body["@odata.nextLink"]
    second = tenant.handle(Request("GET", "/public/v1/Account", link.partition("?")[2], tenant_headers()))
    topped = tenant.pull("Account", select="Name", orderby="Id", top="2", skip="2")

    assert [row["Name"] for row in (*first.value, *second.value)] == ["a", "b", "c", "d"]
    assert (topped.value, "@odata.nextLink" in topped.body) == (second.value, False)
    assert tenant.pull("Account", orderby="Id", top="2", skip="4").value[0]["Name"] == "e"
    assert tenant.pull("Account", top="2", skip="6").value == []


def tenant_headers() -> dict[str, str]:
    return {"authorization": "Basic c2FuZGJveDpzYW5kYm94"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Name eq 'b'", ["b"]),
        ("TotalContractAmount ge 2", ["b", "c"]),
        ("Name eq 'a' or Name eq 'c'", ["a", "c"]),
        ("TotalContractAmount gt 1 and TotalContractAmount lt 3", ["b"]),
        ("ExternalId eq 'c'", ["c"]),
        ("StartDate ge 2026-12-02T00:00:00Z", ["b", "c"]),
    ],
)
def test_a_filter_narrows_a_list(tenant, asked, found):
    for number, name in enumerate("abc", 1):
        values = {"Name": name, "TotalContractAmount": number, "StartDate": f"2026-12-0{number}"}
        tenant.push({**attributes(**values), "accountExternalId": name})

    assert [row["Name"] for row in tenant.pull("Account", filter=asked).value] == found


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": "Name eq 'a' and IsActive eq true or Name eq 'b'"},
        {"filter": "startswith(Name,'a')"},
        {"filter": "Nonsense eq 1"},
        {"select": "Nonsense"},
        {"top": "many"},
        {"apply": "x"},
    ],
)
def test_what_the_pull_api_does_not_understand_is_refused(tenant, asked):
    tenant.push(attributes(Name="Globex"))

    assert tenant.pull("Account", **asked).status == 400


@pytest.mark.parametrize(("columns", "shown"), [("seen", False), ("all", True)])
def test_of_an_account_s_standard_fields_those_are_shown_that_were_seen(tenant, columns, shown):
    tenant.switch(account_columns=columns)
    tenant.push(attributes(Name="Globex", OwnerUserAccount=PRIYA, BillingAddressCity="Hull", Goal="Grow"))

    (row,) = tenant.pull("Account").value

    assert (row["Name"], row["CfGoal"]) == ("Globex", "Grow")
    assert ("OwnerUserAccount" in row, "BillingAddressCity" in row) == (shown, shown)
    assert [each["BillingAddressCity"] for each in tenant.held("Account")] == ["Hull"]


def test_the_list_of_users_may_have_another_name(tenant):
    tenant.switch(user_object="User")

    assert [row["UserName"] for row in tenant.pull("User").value] == [PRIYA]
    assert tenant.pull("UserAccount").status == 404


@pytest.mark.parametrize(
    ("how", "status", "body"), [("message", 404, b"Message"), ("empty", 404, b""), ("204", 204, b"")]
)
def test_an_account_that_is_not_there_may_be_told_in_other_ways(tenant, how, status, body):
    tenant.switch(unknown_account=how)

    answer = tenant.pull("Account(AccountExternalId='nobody')")

    assert (answer.status, body in answer.response.body) == (status, True)
    assert bool(answer.response.body) is bool(body)


def test_lists_filtered_by_external_id_may_be_refused(tenant):
    tenant.switch(external_id_filter="refused")
    tenant.push(attributes(Name="Globex"))

    assert tenant.pull("Account", filter=f"ExternalId eq '{GLOBEX}'").status == 400


def test_there_is_no_route_for_tasks_journeys_or_success_plans_to_be_written(tenant):
    assert {tenant.pull(name, "POST").status for name in ("Task", "JourneyProgress", "Event", "Account")} == {405}
    assert tenant.pull("SuccessPlan", "POST").status == 404


def test_calls_above_the_hard_limit_are_refused_and_above_the_soft_one_late(tenant):
    tenant.switch(soft_per_minute=1, hard_per_minute=2, slowed_seconds=0.5)

    answers = [tenant.pull("Account").response for _ in range(3)]
    tenant.later(60)

    assert [(each.status, each.delay) for each in answers] == [(200, 0), (200, 0.5), (429, 0)]
    assert tenant.pull("Account").status == 200


def test_people_who_left_are_inactive_and_come_back_when_no_longer_named(tenant):
    tenant.engine.tenant({"inactive_users": [PRIYA.upper()]})
    left = tenant.pull("UserAccount").value[0]["IsActive"]
    tenant.engine.tenant({"inactive_users": []})

    assert (left, tenant.pull("UserAccount").value[0]["IsActive"]) == (False, True)


def test_people_edit_and_delete_records_and_their_edits_set_plays_off(tenant):
    tenant.engine.load({"Account": [{"ExternalId": GLOBEX, "Name": "Globex", "CfOnboardingStatus": "New"}]}, tenant.now)
    tenant.engine.load({"Task": [{"Id": 1, "StatusName": "Done"}, {"Id": 2, "_deleted": True}]}, tenant.now)

    assert [(row["Id"], row["StatusName"]) for row in tenant.held("Task")] == [(1, "Done")]


@pytest.mark.parametrize(
    "objects",
    [
        {"Acount": []},
        {"Account": [{"Name": "no id"}]},
        {"Account": [{"ExternalId": "a", "TotalContractAmount": "many"}]},
        {"Task": [{"Id": 99, "_deleted": True}]},
        {"rejected": [{"why": "x"}]},
    ],
)
def test_what_churnzero_has_not_cannot_be_loaded(tenant, objects):
    with pytest.raises(ValueError, match=r"\w"):
        tenant.engine.load(objects, tenant.now)


@pytest.mark.parametrize("settings", [{"churnzero": {"nonsense": 1}}, {"churnzero": []}, {"inactive_users": "me"}])
def test_a_setting_that_churnzero_has_not_is_an_error(settings):
    with pytest.raises(ValueError, match=r"\w"):
        Tenant().engine.tenant(settings)


def test_settings_of_other_systems_are_passed_over(tenant):
    tenant.engine.tenant({"hidden_fields": ["Opportunity.Amount"], "picklists": {"Opportunity.StageName": ["Won"]}})

    assert tenant.pull("Account").status == 200
