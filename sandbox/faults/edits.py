"""What a person does to a record while a call is under way."""

from collections.abc import Iterator

from sandbox.faults.fault import Fault
from sandbox.faults.records import named
from sandbox.stand_ins import stand_ins
from sandbox.wire import Engine, Objects, Record

_CHILDREN = (("Opportunity", "AccountId"), ("Contact", "AccountId"), ("Task", "WhatId"), ("Account", "ParentId"))


def edits(engine: Engine, fault: Fault, words: str) -> list[Objects]:
    """
    Return the loads that are a person's edit, one after the other; none where there is nothing to edit.

    `words` are the call's, and its answer's after it: the record whose id stands there is edited, unless `record`
    names one. Raises `ValueError` for an object the system does not have.
    """
    action, one = fault["action"], stand_ins()[engine.system]
    record = _record(engine, fault, _object(engine, fault), words)
    if record is None:
        return []
    if one.acts and action not in ("set", "delete"):
        return list(one.acts(engine, action, record, fault.arguments))
    if action == "merge":
        return list(_merged(engine, record, fault["into"]))
    name, key = _object(engine, fault), one.id
    return [{name: [{key: record[key], **fields}]} for fields in _fields(engine, fault, record)]


def _object(engine: Engine, fault: Fault) -> str:
    if fault["object"]:
        return str(fault["object"])
    one = stand_ins()[engine.system]
    return one.merges if fault["action"] == "merge" else one.edits


def _record(engine: Engine, fault: Fault, name: str, words: str) -> Record | None:
    found = engine.mentioned(name, fault.record or words)
    if found is None and fault.record:
        rows = engine.state_of(name)
        return next(
            (row for row in rows if not row.get("IsDeleted", row.get("archived")) and named(fault.record, row)), None
        )
    if found is None and fault["action"] == "merge" and name == "Account":
        deal = engine.mentioned("Opportunity", words)
        return engine.mentioned(name, str(deal["AccountId"])) if deal else None
    return found


def _fields(engine: Engine, fault: Fault, record: Record) -> Iterator[Record]:
    if fault["action"] == "delete":
        yield {"_deleted": True}
        return
    if fault["action"] == "win" and record["IsWon"]:
        yield {"StageName": _stage(engine, won=False)}  # to win again, it is open for a moment
    if fault["action"] in ("reopen", "win"):
        yield {"StageName": _stage(engine, won=fault["action"] == "win"), **fault["set"]}
    else:
        yield dict(fault["set"])


def _stage(engine: Engine, *, won: bool) -> str:
    """Return the org's first won stage, or the last open one before a deal is closed."""
    stages = [row for row in engine.state_of("OpportunityStage") if row["IsActive"] and not row["IsDeleted"]]
    fitting = [row for row in stages if (row["IsWon"] if won else not row["IsClosed"])]
    fitting.sort(key=lambda row: row["SortOrder"])
    return str(fitting[0 if won else -1]["MasterLabel"])


def _merged(engine: Engine, loser: Record, into: str) -> Iterator[Objects]:
    """Yield what a merge of accounts does: what hangs on the loser goes to the winner, then the loser is deleted."""
    others = (row["Id"] for row in engine.state_of("Account") if not row["IsDeleted"] and row["Id"] != loser["Id"])
    winner = into or next(others, None)
    if winner is None:
        return
    for name, field in _CHILDREN:
        # What is deleted stays where it was: a load would wake it.
        rows = [row for row in engine.state_of(name) if row[field] == loser["Id"] and not row["IsDeleted"]]
        if rows:
            yield {name: [{"Id": row["Id"], field: None if row["Id"] == winner else winner} for row in rows]}
    yield {"Account": [{"Id": loser["Id"], "_deleted": True}]}
