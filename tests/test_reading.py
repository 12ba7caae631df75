"""The echo of our own write-back, over the stand-ins' own engines: read again, and nothing is sent."""

from pathlib import Path

import pytest

from handoff.run import run_once
from tests.in_process import bridge_over, world_at

pytestmark = pytest.mark.whole


def test_our_own_write_back_costs_a_reading_and_never_a_write(tmp_path: Path):
    world = world_at(seed=7)
    writes, reports = [], []
    for pause in (60, 60, 120, 3_700, 3_700):
        world.clock.advance(pause)
        before = len(world.journal())
        bridge = bridge_over(world, tmp_path)
        reports.append(run_once(bridge))
        bridge.ledger.close()
        asked = world.journal()[before:]
        writes.append(sum(row["mutates"] for row in asked if row["path"] != "/services/oauth2/token"))

    assert writes[0] > 0
    assert writes[1:] == [0, 0, 0, 0]
    assert [report.balance.done for report in reports] == [43] * 5
    assert [report.handed_off for report in reports] == [43, 0, 0, 0, 0]
