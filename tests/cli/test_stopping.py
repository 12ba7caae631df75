"""A real `handoff sync` that is asked to stop in the middle of a pass."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.processes import HANDOFF, Running, get

pytestmark = pytest.mark.process

FEW_CALLS = {"HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE": "4"}
"""So that a pass takes many simulated minutes, and the signal finds it at work."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_pass_that_is_asked_to_stop_ends_in_good_order_and_the_next_one_finishes_it(
    desk: Desk, tmp_path: Path, number: int, code: int
):
    with Running([*HANDOFF, "sync"], log=tmp_path / "sync.log", env=desk.env | FEW_CALLS) as sync:
        sync.until(lambda: _writes_to_gainsight(desk), what="the first write")
        sync.process.send_signal(number)
        ended = sync.process.wait(60)

    (run,) = desk.json("runs")["runs"]
    assert (ended, sync.said().strip().splitlines()[-1]) == (code, run["end"])
    assert run["end"].startswith("Stopped. What was done is in the ledger")
    assert len(desk.state("gainsight", "call_to_action")) < 43
    desk.wait(60)
    assert desk.json("sync")["balance"]["done"] == 43
    ctas = desk.state("gainsight", "call_to_action")
    assert Counter(Counter(cta["Bridge_Key__gc"] for cta in ctas).values()) == {1: 43}
    companies = desk.state("gainsight", "company")
    assert max(Counter(one["SfdcAccountId"] for one in companies if one.get("Bridge_Key__gc")).values()) == 1


def _writes_to_gainsight(desk: Desk) -> int:
    rows = get(f"http://127.0.0.1:{desk.base}/journal")
    return sum(row["mutates"] and row["system"] == "gainsight" for row in rows)
