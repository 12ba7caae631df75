"""The small mappings of the tests, loaded once."""

import pytest

from handoff.mapping import Mappings
from tests.handoff.builders import mappings_in


@pytest.fixture(scope="session")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> Mappings:
    return mappings_in(tmp_path_factory.mktemp("small"))
