"""Each test has its own tenants."""

from uuid import UUID

import pytest

from stagify.ids import new_id


@pytest.fixture
def tenant_id() -> UUID:
    """The tenant of this test."""
    return new_id()


@pytest.fixture
def other_tenant_id() -> UUID:
    """Somebody else's tenant."""
    return new_id()
