"""Every golden exchange of HubSpot that the connector uses: it asks so, and reads the answer rightly."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors._http import Route
from connectors._hubspot_records import Records, Tie
from connectors._hubspot_schema import Owner, Portal, Property, Stage
from connectors._hubspot_search import WON, Search
from connectors._hubspot_settings import HubSpotSettings, OAuth
from connectors._hubspot_values import won_moments
from connectors._hubspot_wire import Refusal, Wire
from connectors._hubspot_work import Work
from connectors._hubspot_write_back import WriteBack
from handoff.errors import NotAllowed, Rejected, ServiceError, Transient
from handoff.model import DealRef, Result, Scope, Step
from handoff.ports import Receipt
from tests.connectors.hubspot.fake_portal import FakePortal, Reply, wire_to
from tests.fakes import FakeClock

GOLDEN = Path(__file__).parents[2] / "golden" / "hubspot"
ONE, TWO = "515690208449", "515690208450"
ANY = Route("reading", reads=True, repeatable=True)
OF_THE_SANDBOX_ALONE = {
    *("upsert_companies", "property_groups", "create_property", "associate", "archive_tasks", "daily_usage"),
    *("create_note", "association_labels", "read_nothing", "read_deal", "search_classic_path"),
}
"""Routes that the connector never calls; the stand-in answers them all the same."""


def golden(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((GOLDEN / f"{name}.yml").read_text(encoding="utf-8"))


class Asked:
    """A portal that gives one golden answer, and what was asked of it."""

    def __init__(self, *names: str, clock: FakeClock | None = None, **changes: Any) -> None:
        self.clock = clock or FakeClock(datetime(2026, 11, 20, 17, 5, tzinfo=UTC))
        self.portal = FakePortal(self.clock)
        for name in names:
            exchange = golden(name)
            said = exchange["response"]
            self.portal.queue(kind_of(exchange), Reply(said["status"], said["body"], said["headers"]))
        self.wire: Wire = wire_to(self.portal, self.clock, **changes)

    @property
    def call(self) -> Any:
        return self.portal.calls[-1]


def kind_of(exchange: Any) -> str:
    path = exchange["request"]["path"]
    portal = FakePortal(FakeClock())
    portal._standing = lambda call: Reply(200, {})  # type: ignore[method-assign]
    wire_to(portal, FakeClock()).call(ANY, "GET", path)
    return portal.calls[0].kind


def told(error: Any) -> tuple[type[ServiceError], str]:
    return type(error.value), error.value.why


def reads_details(name: str) -> None:
    asked = Asked(name)
    portal = Portal(asked.wire)

    assert (portal.org(), portal.details()["timeZone"]) == ("123", "US/Eastern")
    assert portal.link(ONE) == f"https://app.hubspot.com/contacts/123/record/0-3/{ONE}"
    assert asked.wire.day_of_calls == (650_000, 649_871)


def reads_properties(name: str) -> None:
    known = Portal(Asked(name).wire).properties("deals")

    assert known["dealtype"] == Property("dealtype", "enumeration", True, {"newbusiness": "New Business"}, "Deal Type")
    assert (known["amount"].kind, known["handoff_status"].writable) == ("number", True)


def reads_pipelines(name: str) -> None:
    stages = Portal(Asked(name).wire).stages()

    assert stages.stages["closedwon"] == Stage("closedwon", "Closed Won", "default", True)
    assert stages.won == {"closedwon"}


def reads_owners(name: str) -> None:
    asked = Asked(name)
    portal = Portal(asked.wire)
    archived = name == "owners_archived"

    (owner,) = portal._listed("true" if archived else "false")

    assert isinstance(owner, Owner)
    assert owner.active is not archived
    assert owner.email is not None
    assert asked.call.query == golden(name)["request"]["query"]


def reads_search(name: str) -> None:
    asked = Asked(name)
    body = golden(name)["response"]["body"]

    total, ids = Search(asked.wire, repeats=0).page(ANY, "deals", [[WON]], 200)

    assert (total, ids) == (body["total"], [row["id"] for row in body["results"]])
    assert set(asked.call.body) <= set(golden("search_deals")["request"]["body"])


def reads_refused_search(name: str) -> None:
    with pytest.raises(Rejected) as error:
        Search(Asked(name).wire, repeats=0).page(ANY, "deals", [[WON]], 200)

    assert error.value.code == "VALIDATION_ERROR"


def reads_deals(name: str) -> None:
    exchange, asked = golden(name), Asked(name)
    wanted = exchange["request"]["body"]
    ids = [one["id"] for one in wanted["inputs"]]

    found = Records(asked.wire).read(ANY, "deals", ids, wanted["properties"])

    assert found == {row["id"]: row for row in exchange["response"]["body"]["results"]}
    assert len(asked.portal.calls) == 1


def reads_history(name: str) -> None:
    row = Records(Asked(name).wire).read(ANY, "deals", [ONE], ("dealname",), history=("dealstage",))[ONE]

    moments = won_moments(row["propertiesWithHistory"]["dealstage"], frozenset({"closedwon"}))

    assert moments == [datetime(2026, 11, 20, 17, 3, 22, 101_000, tzinfo=UTC)]


def reads_records(name: str) -> None:
    exchange = golden(name)
    kind = exchange["request"]["path"].split("/")[-3]
    (row,) = exchange["response"]["body"]["results"]

    assert Records(Asked(name).wire).read(ANY, kind, [row["id"]], ("name",)) == {row["id"]: row}


def reads_missing(name: str) -> None:
    asked = Asked(name)

    assert Records(asked.wire)._alone(ANY, "deals", "99", ("dealname",), ()) is None


def reads_duplicates(name: str) -> None:
    with pytest.raises(Refusal) as error:
        Asked(name).wire.post(ANY, "/crm/objects/2026-03/deals/batch/read", {})

    assert error.value.why == "HubSpot refused it: VALIDATION_ERROR."


def reads_list(name: str) -> None:
    archived = name == "list_archived"
    asked, rows = Asked(name), golden(name)["response"]["body"]["results"]

    page = next(iter(Records(asked.wire).listed(ANY, "deals", ("dealname",), archived=archived)))

    assert page == rows
    assert set(asked.call.query) == {"limit", "properties", "archived"}


def reads_ties(name: str) -> None:
    exchange = golden(name)
    other = exchange["request"]["path"].split("/")[-3]
    ids = [one["id"] for one in exchange["request"]["body"]["inputs"]]
    names = [name, "deal_contacts"] if name == "deal_contacts_more_to_come" else [name]

    ties = Records(Asked(*names).wire).ties("deals", other, ids)

    assert ties.failed == {}
    if other == "companies":
        assert ties.of == {ONE: (Tie("9001", (), primary=True),)}
    elif other == "contacts":
        assert ties.of[ONE][0] == Tie("442222359747", ("Decision maker",))
        assert all(ties.of[one] == () for one in ids[1:])


def reads_ties_of_one(name: str) -> None:
    asked = Asked(name)
    found: dict[str, list[Tie]] = {}

    Records(asked.wire)._ties_of("deals", "contacts", ONE, found, {})

    assert found[ONE][0] == Tie("442222359747", ("Decision maker",))
    assert (asked.call.path, asked.call.query) == (golden(name)["request"]["path"], golden(name)["request"]["query"])


def reads_receipts(name: str) -> None:
    exchange = golden(name)
    inputs, said = exchange["request"]["body"]["inputs"], exchange["response"]
    ours = {one.get("objectWriteTraceId"): f"r{at}" for at, one in enumerate(inputs)}
    for error in said["body"].get("errors", ()):
        error["context"]["objectWriteTraceId"] = [ours[one] for one in error["context"]["objectWriteTraceId"]]
    asked = Asked()
    asked.portal.queue("write", Reply(said["status"], said["body"]))
    refs = [DealRef("main", "hubspot", "123", one["id"]) for one in inputs]
    back = WriteBack(wire=asked.wire, portal=Portal(asked.wire), records=Records(asked.wire), fields=())

    good, other = back.write([Receipt(ref.id, ref, {"handoff_status": "Handed off"}) for ref in refs])

    reasons = {
        "update_deals": "",
        "update_one_refused": "HubSpot refused it: INVALID_OPTION on dealtype",
        "update_one_missing": "HubSpot refused it: OBJECT_NOT_FOUND",
    }
    assert (good.result, good.ref) == (Result.UPDATED, ONE)
    assert other.result is (Result.REJECTED if reasons[name] else Result.UPDATED)
    assert other.reason.startswith(reasons[name])


def reads_refused_batch(name: str) -> None:
    with pytest.raises(Refusal) as error:
        Asked(name).wire.post(ANY, "/crm/objects/2026-03/deals/batch/update", {"inputs": []})

    assert (error.value.code, error.value.flaw.fields) == ("PROPERTY_DOESNT_EXIST", ("handoff_stauts",))


def reads_pause(name: str) -> None:
    asked = Asked(name)

    if name == "too_many_searches":
        assert Search(asked.wire, repeats=0).page(ANY, "deals", [[WON]], 1) == (0, [])
    else:
        assert asked.wire.get(ANY, "/crm/objects/2026-03/deals") == {"results": []}
    assert len(asked.portal.calls) == 2


def reads_used_up_day(name: str) -> None:
    with pytest.raises(Transient, match="of this day are used up"):
        Asked(name).wire.get(ANY, "/crm/objects/2026-03/deals")


def reads_no_scope(name: str) -> None:
    with pytest.raises(NotAllowed, match=r"crm\.objects\.deals\.write"):
        Asked(name).wire.post(ANY, "/crm/objects/2026-03/deals/batch/update", {"inputs": []})


def reads_stranger(name: str) -> None:
    with pytest.raises(NotAllowed) as error:
        Portal(Asked(name).wire).owner("1")

    assert error.value.code == golden(name)["response"]["body"]["category"]


def reads_token(name: str) -> None:
    asked = Asked(name, auth=OAuth("sandbox", "sandbox", "sandbox"))

    Portal(asked.wire).org()

    assert asked.portal.calls[0].body == golden(name)["request"]["body"]
    assert asked.call.headers["authorization"] == "Bearer CPb3zL0wMhcBC2"


KEY = "hb:main:hubspot:123:515690208450:e1:main.kickoff"


def kickoff(deal: str = TWO, **more: Any) -> Step:
    ref = DealRef("main", "hubspot", "123", deal)
    payload = {"subject": "Kickoff with Acme", "body": "Hold the kickoff.", "due": date(2026, 11, 27)}
    return Step(KEY, "kickoff", "task", Scope.DEAL, ref, payload, **more)


def with_our_key(exchange: Any) -> Reply:
    """The golden answer; its key is one of an invented short form, and ours are longer."""
    said = exchange["response"]
    for row in said["body"]["results"]:
        row["properties"]["hs_task_body"] = f"Hold the kickoff.<p>{KEY}</p>"
    return Reply(said["status"], said["body"])


def work_of(asked: Asked) -> Work:
    wire = asked.wire
    search = Search(wire, repeats=0)
    return Work(
        instance="main", wire=wire, portal=Portal(wire), records=Records(wire), search=search, now=asked.clock.now
    )


def finds_task(name: str) -> None:
    asked = Asked("deal_tasks")
    asked.portal.queue("read", with_our_key(golden("read_tasks")))

    ((found,),) = work_of(asked).find([kickoff()]).values()

    assert (found.ref, found.label, found.closed) == ("8000", "Kickoff with Birch", False)
    assert found.holds == {"subject": "Kickoff with Birch", "body": "Hold the kickoff.", "due": date(2026, 11, 27)}


def makes_task(name: str) -> None:
    asked, exchange = Asked(), golden(name)
    answer = with_our_key(exchange)
    answer.body["results"][0].pop("objectWriteTraceId")  # the key in the body tells it as well
    asked.portal.queue("make", answer)
    told: list[Any] = []

    (outcome,) = work_of(asked).put([kickoff(ONE)], told.append)

    assert (outcome.result, outcome.ref, len(told)) == (Result.CREATED, "8001", 1)
    (sent,), (golden_input,) = asked.call.body["inputs"], exchange["request"]["body"]["inputs"]
    assert (asked.call.path, sent["associations"]) == (exchange["request"]["path"], golden_input["associations"])
    assert set(sent["properties"]) <= set(golden_input["properties"])
    assert sent["properties"]["hs_timestamp"] == golden_input["properties"]["hs_timestamp"]


def makes_note(name: str) -> None:
    asked, exchange = Asked(), golden(name)
    said = exchange["response"]
    (row,) = said["body"]["results"]
    row["properties"]["hs_note_body"] = f"Sold.<p>{KEY}</p>"
    asked.portal.queue("make", Reply(said["status"], said["body"]))
    payload = {"subject": "Sales handoff: Acme", "body": "<p>Sold 50 seats</p>"}
    step = Step(KEY, "brief", "note", Scope.DEAL, DealRef("main", "hubspot", "123", ONE), payload)

    (outcome,) = work_of(asked).put([step])

    assert (outcome.result, outcome.ref) == (Result.CREATED, "8103")
    (sent,), (golden_input,) = asked.call.body["inputs"], exchange["request"]["body"]["inputs"]
    assert (asked.call.path, sent["associations"]) == (exchange["request"]["path"], golden_input["associations"])
    text = golden_input["properties"]["hs_note_body"].partition(" hb:")[0]
    assert sent["properties"] == golden_input["properties"] | {"hs_note_body": f"{text}<p>{KEY}</p>"}


def counts_tasks(name: str) -> None:
    asked = Asked(name, settings=HubSpotSettings(list_work_up_to=0))
    asked.portal.queue("read", with_our_key(golden("read_tasks")))

    counted = next(iter(work_of(asked).census()))

    assert [(one.key, one.kind, one.ref, one.of) for one in counted] == [(KEY, "task", "8000", TWO)]
    assert (asked.portal.calls[0].path, asked.portal.calls[0].body) == (
        golden(name)["request"]["path"],
        golden(name)["request"]["body"],
    )


READS: dict[str, Callable[[str], None]] = {
    "account_details": reads_details,
    "properties": reads_properties,
    "pipelines": reads_pipelines,
    **dict.fromkeys(("owners", "owners_archived"), reads_owners),
    **dict.fromkeys(("search_deals", "search_last_page", "search_empty"), reads_search),
    "search_refused": reads_refused_search,
    **dict.fromkeys(("read_deals", "read_deals_one_missing"), reads_deals),
    "read_stage_history": reads_history,
    **dict.fromkeys(("read_companies", "read_contacts", "read_line_items"), reads_records),
    "missing_deal": reads_missing,
    "duplicate_ids": reads_duplicates,
    **dict.fromkeys(("list_deals", "list_archived"), reads_list),
    **dict.fromkeys(
        (
            "deal_companies",
            "deal_contacts",
            "deal_contacts_more_to_come",
            "deal_contacts_one_without",
            "deal_line_items",
        ),
        reads_ties,
    ),
    "deal_contacts_of_one": reads_ties_of_one,
    **dict.fromkeys(("update_deals", "update_one_refused", "update_one_missing"), reads_receipts),
    "update_batch_refused": reads_refused_batch,
    **dict.fromkeys(("too_many_calls", "too_many_searches"), reads_pause),
    "daily_limit": reads_used_up_day,
    "missing_scopes": reads_no_scope,
    **dict.fromkeys(("stranger", "token_expired"), reads_stranger),
    "token_refresh": reads_token,
    **dict.fromkeys(("deal_tasks", "read_tasks"), finds_task),
    "create_task": makes_task,
    "create_notes": makes_note,
    "search_tasks": counts_tasks,
}


@pytest.mark.parametrize("name", sorted(READS))
def test_the_connector_reads_the_golden_exchange(name: str) -> None:
    READS[name](name)


def test_every_golden_exchange_is_read_or_named_as_not_used() -> None:
    names = {path.stem for path in GOLDEN.glob("*.yml")}

    assert names == READS.keys() | OF_THE_SANDBOX_ALONE
