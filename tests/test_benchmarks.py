"""The benchmarks measure what is there today: their mappings load, and a small burst keeps its order."""

from datetime import timedelta
from pathlib import Path

import pytest

import connectors
from benchmarks import burst, calls, calls_to_totango
from handoff.loading import load_mappings


@pytest.mark.parametrize("setting", calls.SETTINGS, ids=lambda setting: setting.name)
def test_the_calls_to_gainsight_are_counted_with_mappings_that_are_sound(setting: calls.Setting, tmp_path: Path):
    folder = calls.mappings_for(setting, tmp_path)

    assert load_mappings(folder, crm="salesforce", platform=connectors.platforms()["gainsight"].platform).target.order


def test_the_calls_to_totango_are_counted_with_mappings_that_are_sound(tmp_path: Path):
    folder = calls_to_totango.mappings_in(tmp_path)

    assert load_mappings(folder, crm="hubspot", platform=connectors.platforms()["totango"].platform).target.order


def test_of_many_wins_at_once_those_that_were_read_go_in_their_order(tmp_path: Path):
    measured = burst.Burst(burst.Shape("30 at once", 30, timedelta(seconds=1)), tmp_path).measured()

    assert sum(len(waits) for waits in measured.waits.values()) == 30
    assert (measured.out_of_order, measured.waiting_without_time) == (0, 0)
    assert measured.fullest_minute <= measured.limit
