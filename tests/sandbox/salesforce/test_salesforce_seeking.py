"""An index finds what a look at every record finds, in the same order."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.salesforce import query as queries
from sandbox.salesforce.stamps import Stamps
from tests.sandbox.faulty import ACCOUNT, small_world, soql

IDS = [f"006{number:012}AAA" for number in range(100, 112)]
STAMPS = [f"2026-03-10T11:00:{second:02}" for second in (0, 0, 1, 5, 5, 5, 9, 2, 2, 7, 0, 30)]
CONDITIONS = [
    f"Id IN ('{IDS[5]}', '{IDS[2]}', '{IDS[5][:15]}')",
    f"Id = '{IDS[7]}' AND IsWon = true",
    f"Id IN ('{IDS[1]}', '{IDS[2]}') AND Id != '{IDS[1]}'",
    f"Id = '{IDS[3]}' OR Name = 'Deal 4'",
    f"NOT Id IN ('{IDS[3]}')",
    "Id = ''",
    "AccountId = ''",
    "AccountId = null",
    f"AccountId = '{ACCOUNT}'",
    f"AccountId IN ('{ACCOUNT}') AND SystemModstamp > 2026-03-10T11:00:02Z",
    "SystemModstamp >= 2026-03-10T11:00:02Z AND SystemModstamp < 2026-03-10T11:00:09Z",
    "SystemModstamp > 2026-03-10T11:00:05Z",
    "SystemModstamp <= 2026-03-10T12:00:02+01:00",
    "SystemModstamp = 2026-03-10T11:00:05Z",
    "SystemModstamp != 2026-03-10T11:00:05Z",
    "NOT SystemModstamp > 2026-03-10T11:00:05Z",
    "SystemModstamp >= TODAY",
    f"(SystemModstamp > 2026-03-10T11:00:02Z OR (SystemModstamp = 2026-03-10T11:00:02Z AND Id > '{IDS[7]}'))"
    " AND SystemModstamp < 2026-03-10T11:00:30Z",
    "SystemModstamp > 2026-03-10T11:00:09Z OR IsWon = true",
    "SystemModstamp > 2026-03-10T11:00:09Z OR SystemModstamp < 2026-03-10T11:00:01Z",
    "SystemModstamp > 2026-03-10T11:00:09Z AND SystemModstamp < 2026-03-10T11:00:01Z",
    "Account.Id = '001000000000001AAA'",
]


def stocked_world():
    world = small_world()
    rows = [
        {
            "Id": each,
            "Name": f"Deal {number}",
            "StageName": "Closed Won" if number % 2 else "Prospecting",
            "CloseDate": "2026-03-01",
            "AccountId": ACCOUNT if number % 3 else None,
            "SystemModstamp": f"{stamp}.000+0000",
        }
        for number, (each, stamp) in enumerate(zip(IDS, STAMPS, strict=True))
    ]
    world.load({"salesforce": {"Opportunity": rows}})
    return world


@pytest.fixture(scope="module")
def world():
    return stocked_world()


def found(world, statement):
    return [row["Name"] for row in json.loads(world.handle("salesforce", soql(statement)).body)["records"]]


@pytest.mark.parametrize("order", ["", " ORDER BY SystemModstamp", " ORDER BY SystemModstamp DESC, Id LIMIT 3"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_index_finds_what_a_look_at_every_record_finds(world, monkeypatch, condition, order):
    statement = f"SELECT Name FROM Opportunity WHERE {condition}{order}"
    by_index = found(world, statement)

    monkeypatch.setattr(queries, "possible", lambda *_: None)
    assert found(world, statement) == by_index


def test_an_index_follows_what_is_changed_and_deleted():
    world = stocked_world()
    late = "SELECT Name FROM Opportunity WHERE SystemModstamp >= 2026-03-10T12:00:00Z AND Id IN ('{}', '{}')"
    assert found(world, late.format(IDS[0], IDS[1])) == []

    world.load({"salesforce": {"Opportunity": [{"Id": IDS[1], "Amount": 5}, {"Id": IDS[0], "_deleted": True}]}})

    assert found(world, late.format(IDS[0], IDS[1])) == ["Deal 1"]
    early = "SELECT Name FROM Opportunity WHERE SystemModstamp <= 2026-03-10T11:00:00Z"
    assert found(world, early) == ["Deal 10"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), max_size=60), st.integers(0, 20), st.integers(0, 20))
@settings(deadline=timedelta(seconds=5))
def test_between_two_stamps_are_the_records_that_stand_there_now(changes, low, high):
    table = {}
    stamps = Stamps(table, "At")
    for number, second in changes:
        record = {"Id": f"id{number}", "At": f"2026-03-10T11:00:{second:02}.000+0000"}
        table[record["Id"]] = record
        stamps.add(record)

    between = stamps.between(f"2026-03-10T11:00:{low:02}", f"2026-03-10T11:00:{high:02}")

    assert sorted(row["Id"] for row in between) == sorted(
        row["Id"] for row in table.values() if low <= int(row["At"][17:19]) <= high
    )
