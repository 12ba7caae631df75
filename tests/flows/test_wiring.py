"""What is put together for a command: the share of the calls that a backfill is given."""

from collections import Counter
from pathlib import Path

import pytest

from flows._wiring import Choice, wired
from sandbox.clock import SimulatedClock
from sandbox.shell import Background, real_now
from sandbox.world import World
from tests.flows.test_backfill_flow import historic_mappings

pytestmark = pytest.mark.process

A_MINUTE, SHARE = 6, 0.5


def test_what_is_wired_for_a_backfill_uses_the_share_of_each_window_that_the_contract_gives(tmp_path, monkeypatch):
    mappings = with_share(historic_mappings(tmp_path))
    monkeypatch.setenv("HANDOFF_PLATFORM_MAIN_CALLS_PER_MINUTE", str(A_MINUTE))
    monkeypatch.setenv("HANDOFF_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    world = World(seed=1, clock=SimulatedClock(real_now=real_now, scale=300.0), real_now=real_now)
    with Background(world, 0) as served:
        chosen = Choice(tmp_path, mappings, served.port_base)
        with wired(chosen, backfill=True) as bridge:
            for number in range(2 * A_MINUTE):
                bridge.platform.people([f"somebody.{number}@harbor.example"])

    asked = [row["at"][:16] for row in world.journal("gainsight") if not row["path"].endswith("/token")]
    assert len(asked) == 2 * A_MINUTE
    assert max(Counter(asked).values()) == A_MINUTE * SHARE


def with_share(mappings: Path) -> Path:
    contract = mappings / "handoff.yml"
    said = contract.read_text(encoding="utf-8")
    contract.write_text(f"{said}\nbackfill: {{share: {SHARE}}}\n", encoding="utf-8")
    return mappings
