"""Every recorded conversation is opened by the name of its test."""

from collections.abc import Iterator

import pytest

from tests.cassettes.recorder import Systems, cassette


@pytest.fixture
def systems(request: pytest.FixtureRequest) -> Iterator[Systems]:
    """The systems, as the cassette of this test has them."""
    with cassette(request.node.name) as systems:
        yield systems
