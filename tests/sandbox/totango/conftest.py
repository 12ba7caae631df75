"""A fresh tenant for every test."""

import pytest
from totango_tenant import Tenant


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()
