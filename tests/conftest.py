"""The whole platform, started once: real PostgreSQL, Kafka, S3 and SMTP, a fast engine."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from proof.customers import Tenant, client, sign_up
from proof.fuzz.world import ROOMY_LIMITS, World
from stagify_local.platform import Platform

DRIVING_THE_PLATFORM = {Path(__file__).parent / folder for folder in ("e2e", "fuzz")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {*item.path.parents} & DRIVING_THE_PLATFORM:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The running platform."""
    folder = tmp_path_factory.mktemp("platform")
    # Run by root, PostgreSQL is another user, who must be able to enter.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    platform = Platform(folder, engine="fast", durable=False, settings=ROOMY_LIMITS)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture(scope="module")
def world(platform: Platform) -> Iterator[World]:
    """Two tenants of the fuzzer's, with one of everything each."""
    with contextlib.closing(World(platform)) as world:
        yield world


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
