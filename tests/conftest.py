"""The whole platform, started once: real PostgreSQL, Kafka, S3 and SMTP, a fast engine."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import node
import pytest

from proof.clients import misunderstood
from proof.clients.exchanges import recorded
from proof.customers import sign_up
from proof.fuzz.world import ROOMY_LIMITS, SHORT_STREAMS, World
from proof.platforms import CHEAP_PASSWORDS, PATIENT, running
from stagify_local.customer import PLATFORM, Customer, client, openapi_of
from stagify_local.platform import Platform

DRIVING_THE_PLATFORM = {Path(__file__).parent / folder for folder in ("e2e", "fuzz", "web")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {*item.path.parents} & DRIVING_THE_PLATFORM:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the web app that the platform serves: a copy, which a test may change."""
    # With the tools, of which tests use one.
    node.install(tools=True)
    node.build()
    folder = tmp_path_factory.mktemp("web")
    shutil.copytree(node.DIST, folder / "dist")
    return folder


@pytest.fixture(scope="session")
def platform(web: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The running platform. At the end, clients generated from its OpenAPI document have to
    understand every answer that any test has had from it."""
    settings = ROOMY_LIMITS | CHEAP_PASSWORDS | PATIENT
    with running(engine="fast", durable=False, settings=settings, web=web) as platform:
        with recorded(platform.gateway_port) as exchanges:
            yield platform
        with client(platform.gateway_port, PLATFORM) as http:
            document = openapi_of(http)
        wrong = [*misunderstood(document, exchanges, tmp_path_factory.mktemp("clients"))]
        assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="module")
def world(platform: Platform) -> Iterator[World]:
    """Two tenants of the fuzzer's, with one of everything each."""
    with (
        platform.changed("staging-svc", "api", **SHORT_STREAMS),
        contextlib.closing(World(platform)) as world,
    ):
        yield world


@pytest.fixture
def new_customer(platform: Platform) -> Iterator[Callable[[], Customer]]:
    """Signs up customers."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(sign_up(platform))


@pytest.fixture
def customer(new_customer: Callable[[], Customer]) -> Customer:
    """A customer of this test."""
    return new_customer()


@pytest.fixture
def anonymous(platform: Platform) -> Iterator[httpx.Client]:
    """A visitor of the platform host."""
    with client(platform.gateway_port, PLATFORM) as http:
        yield http
