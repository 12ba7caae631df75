"""Touchpoints, tasks, plays and objectives: one a call, never told from a double, and seen in the timeline."""

import pytest
from totango_tenant import GLOBEX, LEE, PRIYA, Tenant

from sandbox.totango.catalogue import OBJECTIVE_TEMPLATES
from sandbox.totango.ids import named

RUN = "/api/v2/automations/run-manual-successplay"


def test_the_same_touchpoint_again_is_another_one(tenant):
    first, second = tenant.touchpoint(), tenant.touchpoint()

    assert first.body["note"]["id"] != second.body["note"]["id"]
    assert [event["note_content"]["text"] for event in tenant.events()] == ["Sold: Platform roll-out."] * 2


def test_a_form_makes_the_same_touchpoint_as_json(tenant):
    tags = [row["id"] for row in tenant.held("touchpoint_tags")]
    answer = tenant.form(
        "/api/v3/touchpoints", account_id=GLOBEX, content="Sold", touchpoint_tags=f'["{tags[0]}"]', disable_sync="true"
    )

    (held,) = tenant.held("touchpoints")
    assert answer.body == {"note": {"id": held["id"]}}
    assert (held["touchpoint_tags"], held["disable_sync"]) == (tags[:1], True)


@pytest.mark.parametrize(
    "fields",
    [
        {"account_id": GLOBEX.lower()},
        {"account_id": None},
        {"content": "  "},
        {"content": "x" * 12_001},
        {"activity_type_id": "nonsense"},
        {"touchpointType": "nonsense"},
        {"touchpoint_tags": ["nonsense"]},
        {"create_date": "yesterday"},
    ],
)
def test_a_touchpoint_that_does_not_fit_is_refused(tenant, fields):
    assert tenant.touchpoint(**fields).status == 400
    assert tenant.held("touchpoints") == []


def test_the_timeline_calls_things_otherwise_and_shows_the_newest_first(tenant):
    kind = tenant.held("touchpoint_types")[1]["id"]
    tenant.touchpoint(subject="Old", create_date=1_700_000_000_000, touchpointType=kind)
    tenant.touchpoint(subject="New", participantList=[{"userid": PRIYA}])

    new, old = tenant.events()
    assert [event["properties"]["subject"] for event in (new, old)] == ["New", "Old"]
    assert (old["properties"]["meeting_type"], old["timestamp"]) == (kind, 1_700_000_000_000)
    assert new["properties"]["totango_participants"] == [PRIYA]
    assert new["id"] != str(new["note_content"]["note_id"])


def test_a_touchpoint_is_changed_by_its_number_and_the_id_of_its_event(tenant):
    note = tenant.touchpoint().body["note"]["id"]
    (event,) = tenant.events()
    path, change = f"/api/v3/touchpoints/{note}", {"account_id": GLOBEX, "content": "Changed"}

    wrong = tenant.call("PUT", path, {**change, "event_id": str(note)})
    right = tenant.call("PUT", path, {**change, "event_id": event["id"]})

    assert (wrong.status, right.status) == (400, 200)
    assert [each["note_content"]["text"] for each in tenant.events()] == ["Changed"]


def test_a_deleted_touchpoint_is_gone_from_the_timeline(tenant):
    note = tenant.touchpoint().body["note"]["id"]

    assert tenant.call("DELETE", f"/api/v3/touchpoints/{note}").status == 200
    assert tenant.call("GET", f"/api/v3/touchpoints/{note}").status == 404
    assert tenant.events() == []


def test_the_same_task_again_is_another_one(tenant):
    first, second = tenant.task(), tenant.task()

    assert first.body["id"] != second.body["id"]
    assert [task["id"] for task in tenant.tasks()] == [first.body["id"], second.body["id"]]


@pytest.mark.parametrize(
    "fields",
    [
        {"account_id": "nobody"},
        {"title": ""},
        {"activity_type_id": None},
        {"activity_type_id": "Onboarding"},
        {"assignee": "x@y.example"},
        {"assignee": LEE},
        {"due_date": "4.12.2026"},
        {"priority": 4},
        {"status": "done"},
    ],
)
def test_a_task_that_does_not_fit_is_refused(tenant, fields):
    assert tenant.task(**fields).status == 400
    assert tenant.held("tasks") == []


def test_a_disabled_flow_takes_no_task(tenant):
    tenant.engine.load({"flows": [{"id": "onboarding", "disabled": True}]}, tenant.now)

    assert tenant.task().status == 400


@pytest.mark.parametrize("in_path", [True, False])
def test_a_task_is_closed_and_the_timeline_tells(tenant, in_path):
    number = tenant.task().body["id"]
    tenant.later(1)

    path, body = (f"/api/v3/tasks/{number}", {}) if in_path else ("/api/v3/tasks", {"id": number})
    answer = tenant.call("PUT", path, {**body, "status": "closed"})

    closed, created = tenant.events()
    assert answer.body == {"id": number}
    assert (closed["task_content"]["action"], created["task_content"]["action"]) == ("complete", "create")
    assert closed["task_content"]["status"] == {"current": "closed", "prev": "open", "is_modified": True}


def test_a_manual_play_run_again_makes_its_tasks_again(tenant):
    tenant.upsert(**{"Success Manager___tid": PRIYA})

    answers = [tenant.play("Internal Handover").text for _ in range(2)]

    assert answers == ["Success", "Success"]
    assert [(task["title"], task["assignee"]) for task in tenant.tasks()] == [("Hold the internal handover", PRIYA)] * 2
    assert {row["automation_id"] for row in tenant.held("tasks")} == {tenant.play_id("Internal Handover")}
    assert len(tenant.held("play_runs")) == 2


def test_where_the_tenant_says_so_a_play_runs_once():
    tenant = Tenant(play_repeat="ignored")
    for _ in range(2):
        tenant.play("Internal Handover")

    assert len(tenant.held("tasks")) == 1


@pytest.mark.parametrize(("role", "tasks"), [("unassigned", [None]), ("no_task", [])])
def test_a_play_whose_role_nobody_has(role, tasks):
    tenant = Tenant(play_without_assignee=role)

    tenant.play("Internal Handover")

    assert [task["assignee"] for task in tenant.held("tasks")] == tasks


@pytest.mark.parametrize(
    ("play", "why"), [("Kick-off Prep", "SuccessPlay is not manual"), ("Legacy", "SuccessPlay is not active")]
)
def test_a_play_that_cannot_be_run_by_hand_is_refused(tenant, play, why):
    answer = tenant.play(play)

    assert (answer.status, answer.body["message"], tenant.held("tasks")) == (400, why, [])


@pytest.mark.parametrize(
    ("checks", "why"), [("play_first", "SuccessPlay is not active"), ("account_first", "Account not found")]
)
def test_of_a_wrong_play_and_a_wrong_account_one_is_told(checks, why):
    assert Tenant(play_checks=checks).play("Legacy", "nobody").body["message"] == why


def test_the_tasks_of_a_play_are_found_by_its_export(tenant):
    tenant.task()
    tenant.play("Internal Handover")

    asked = f'query={{"automation_id":["{tenant.play_id("Internal Handover")}"]}}'
    lines = tenant.call("GET", "/api/v3/tasks/export/csv", query=asked).text.splitlines()
    of_bloc = tenant.call("GET", "/api/v3/tasks/export/csv", query='query={"sbId":930}').text.splitlines()

    assert lines[1:] == of_bloc[1:]
    assert [line.split(",")[:2] for line in lines[1:]] == [["Internal Handover", "Hold the internal handover"]]


def test_objectives_can_be_made_only_where_somebody_has_verified_the_path(tenant):
    template = named(f"template/{OBJECTIVE_TEMPLATES[0]}")
    body = {"accountId": GLOBEX, "ObjectiveTemplateId": template}
    path = "/api/v3/objectives-collection/create-by-template"

    refused = tenant.call("POST", path, body)
    tenant.switch(unverified=True)
    made = tenant.call("POST", path, body)

    assert (refused.status, made.status) == (404, 200)
    assert [(row["id"], row["name"]) for row in tenant.held("objectives")] == [
        (made.body["id"], "First value in 60 days")
    ]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    "path", ["/api/v3/successblocs", "/api/v2/success-blocs/930", "/api/v3/successbloc/930/accounts"]
)
def test_there_is_no_endpoint_of_successblocs(tenant, method, path):
    assert tenant.call(method, path, {}).status == 404


@pytest.mark.parametrize("status", [400, 404])
def test_what_an_unknown_account_or_play_is_answered_is_a_choice(status):
    tenant = Tenant(unknown_record=status, unknown_account_reads="refused")
    run = {"successplayId": "none", "accountId": GLOBEX}

    answers = [
        tenant.touchpoint(account_id="nobody"),
        tenant.play("Internal Handover", "nobody"),
        tenant.call("POST", RUN, run),
        tenant.call("GET", "/api/v2/events/", query="account_id=nobody"),
        tenant.call("GET", "/api/v3/tasks", query="account_id=nobody"),
    ]

    assert {answer.status for answer in answers} == {status}
    assert tenant.task(account_id="nobody").status == 400  # confirmed for tasks


def test_a_play_may_move_the_account_on_to_the_next_stage(tenant):
    play = next(one for one in tenant.held("plays") if one["name"] == "Kick-off Prep")
    tenant.engine.load({"plays": [{**play, "sets": {"Onboarding Stage": "Business Discovery"}}]}, tenant.now)

    tenant.upsert(**{"Onboarding Stage": "Kick Off"})

    account = tenant.account()
    assert account["attributes"]["Onboarding Stage"] == "Business Discovery"
    assert [one["stage"] for one in account["lifecycle"]] == ["Kick Off", "Business Discovery"]
    assert len(tenant.held("play_runs")) == 1


@pytest.mark.parametrize(("resync", "off"), [("resumed", False), ("kept", True)])
def test_an_update_that_does_not_say_it_may_send_a_touchpoint_to_the_crm_again(tenant, resync, off):
    tenant.switch(touchpoint_resync=resync)
    note = tenant.touchpoint(disable_sync=True).body["note"]["id"]
    about = {"account_id": GLOBEX, "event_id": tenant.events()[0]["id"], "content": "Sold again"}

    tenant.call("PUT", f"/api/v3/touchpoints/{note}", about)

    assert [held["disable_sync"] for held in tenant.held("touchpoints")] == [off]
