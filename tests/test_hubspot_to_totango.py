"""One unusual pair of systems with the other tests; `make matrix` runs every pair, on bad days too."""

from pathlib import Path

import pytest

from tests.matrix.course import quiet
from tests.matrix.laws import sound

pytestmark = pytest.mark.process


def test_hubspot_s_won_deals_are_handed_off_to_totango_once_over_http(tmp_path: Path) -> None:
    day = quiet(tmp_path, "hubspot", "totango")

    sound(day)
    assert day.made["touchpoint"] == {"created": day.counts["done"]}
