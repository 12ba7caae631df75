"""Every CRM with every platform through the real command over HTTP; `make matrix` writes down what it saw."""

from itertools import product
from pathlib import Path

import pytest

import connectors
from tests.matrix.course import faulty, quiet
from tests.matrix.laws import one_of_each, sound
from tests.matrix.page import Row

pytestmark = pytest.mark.matrix

PAIRS = list(product(connectors.crms(), connectors.platforms()))


@pytest.mark.parametrize(("crm", "platform"), PAIRS)
def test_a_pair_hands_everything_off_once_on_a_quiet_day_and_on_a_bad_one(
    crm: str, platform: str, tmp_path: Path, rows: list[Row]
) -> None:
    for folder in ("quiet", "faulty"):
        (tmp_path / folder).mkdir()

    calm = quiet(tmp_path / "quiet", crm, platform)
    sound(calm)
    bad = faulty(tmp_path / "faulty", crm, platform)
    one_of_each(calm, bad)

    rows.append(Row(crm, platform, calm, bad))
