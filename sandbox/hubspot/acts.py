"""What a person does to a record, as loads one after the other."""

from collections.abc import Iterator, Mapping

from sandbox.wire import Engine, Json, Objects, Record


def acts(engine: Engine, action: str, record: Record, arguments: Mapping[str, Json]) -> Iterator[Objects]:
    """Yield the loads by which a person wins a deal, opens it again, or merges a record into another."""
    if action == "merge":
        yield from _merged(engine, record, arguments)
        return
    if action == "win" and record["hs_is_closed_won"] == "true":
        yield _at(record, _stage(engine, record, won=False))  # to be won again, it is open for a moment
    moved = _at(record, _stage(engine, record, won=action == "win"))
    moved["deals"][0] |= arguments["set"]
    yield moved


def _at(record: Record, stage: str) -> Objects:
    return {"deals": [{"id": record["id"], "dealstage": stage}]}


def _stage(engine: Engine, record: Record, *, won: bool) -> str:
    """Return the first won stage of the deal's pipeline, or its last open one."""
    pipeline = next(each for each in engine.state_of("pipelines") if each["id"] == record["pipeline"])
    said = [(stage["id"], stage["metadata"]) for stage in pipeline["stages"]]
    if won:
        return next(str(id_) for id_, each in said if each["isClosed"] == "true" and float(each["probability"]) == 1)
    return [str(id_) for id_, each in said if each["isClosed"] == "false"][-1]


def _merged(engine: Engine, record: Record, arguments: Mapping[str, Json]) -> Iterator[Objects]:
    name = arguments["object"] or "deals"
    rows = (row["id"] for row in engine.state_of(name) if not row["archived"] and row["id"] != record["id"])
    winner = arguments["into"] or next(rows, None)
    if winner:
        yield {name: [{"id": record["id"], "_merged_into": winner}]}
