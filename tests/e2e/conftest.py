"""The whole platform, started once: real PostgreSQL, Kafka, S3 and SMTP, a fast engine."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from platform_support import Tenant, client, sign_up

from stagify_local.platform import Platform


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The running platform."""
    folder = tmp_path_factory.mktemp("platform")
    # Run by root, PostgreSQL is another user, who must be able to enter.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    platform = Platform(folder, engine="fast", durable=False)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def new_tenant(platform: Platform) -> Iterator[Callable[[], Tenant]]:
    """Signs up tenants."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(sign_up(platform)))


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A tenant of this test."""
    return new_tenant()


@pytest.fixture
def anonymous(platform: Platform) -> Iterator[httpx.Client]:
    """A visitor of the platform host."""
    with client(platform, "app") as http:
        yield http
