"""The whole platform, started once: real PostgreSQL, Kafka, S3 and SMTP, a fast engine."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from platform_support import PASSWORD, Tenant, client, eventually

from stagify_local import journey
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
    """Signs up tenants as a customer does: mail, code, log-in, API key."""
    clients: list[httpx.Client] = []

    def make() -> Tenant:
        slug = f"t-{secrets.token_hex(6)}"
        email = f"owner@{slug}.example.com"
        login = journey.sign_up(
            platform.gateway_port,
            platform.mail_dir,
            slug=slug,
            name="Test Estates",
            email=email,
            password=PASSWORD,
        )
        http, member = client(platform, slug), client(platform, slug)
        clients.extend((http, member))
        session = member.post("/v1/session", json={"email": login.email, "password": PASSWORD})
        # By hand: a cookie jar keeps a Secure cookie from plain HTTP.
        member.headers["Cookie"] = session.headers["set-cookie"].partition(";")[0]
        key = member.post("/v1/api-keys", json={"name": "tests"}).json()["key"]
        http.headers["Authorization"] = f"Bearer {key}"
        eventually(lambda: http.get("/v1/tenant").json()["status"] == "active" or None)
        return Tenant(slug, email, http, member)

    yield make
    for http in clients:
        http.close()


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A tenant of this test."""
    return new_tenant()


@pytest.fixture
def anonymous(platform: Platform) -> Iterator[httpx.Client]:
    """A visitor of the platform host."""
    with client(platform, "app") as http:
        yield http
