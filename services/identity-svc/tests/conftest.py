"""The app of identity-svc and what it calls: a mail server, and a stub of tenant-svc over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from aiosmtpd.smtp import SMTP

from identity_svc.app import create_app
from identity_svc.members.service import add_member
from identity_svc.parts import Parts, make_parts
from identity_svc.roles.service import built_in
from identity_svc.settings import Settings
from identity_svc.worker import make_kinds
from identity_testing import (
    Begin,
    Browser,
    Caller,
    Events,
    Join,
    MailServer,
    MakeSettings,
    Member,
    OpenBrowser,
    SignUp,
    SignUpBegun,
    TenantService,
    Visitor,
)
from invitations_testing import Office
from passkeys_testing import make
from proof.authenticator import Authenticator
from seats_testing import SeatKeeper
from sso_testing import Company, Idp, NameServer
from stagify.clock import utc_now
from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, ContextKeys, DatabaseUrls, TestDatabases, app_client
from stagify.testing.events import in_outbox
from traveller_testing import MakeTraveller, Traveller, activate


@pytest.fixture
def new_hour(clock: Clock) -> None:
    """The hour has just begun, so that neither it nor a minute turns while a test reaches a limit."""
    clock.advance(timedelta(seconds=3601 - utc_now().timestamp() % 3600))


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server of this test."""
    handler = MailServer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    handler.port = server.sockets[0].getsockname()[1]
    yield handler
    server.close()
    await server.wait_closed()


@pytest.fixture
async def tenant_service() -> AsyncIterator[TenantService]:
    """A tenant-svc of this test."""
    service = TenantService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    yield service
    server.close()


@pytest.fixture(scope="session")
async def urls(test_databases: TestDatabases) -> DatabaseUrls:
    """The database of identity-svc."""
    return await test_databases.migrated("identity", "identity_svc")


@pytest.fixture(scope="session")
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The database as the app role, as services use it."""
    database = Database(urls.app, service="identity-svc")
    yield database
    await database.close()


@pytest.fixture
def make_settings(
    urls: DatabaseUrls,
    context_keys: ContextKeys,
    mail_server: MailServer,
    tenant_service: TenantService,
) -> MakeSettings:
    """Settings of this test; hashing is cheap unless asked for."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            **context_keys.settings("identity-svc"),
            "environment": "test",
            "public_scheme": "http",
            "base_domain": "localhost:8080",
            "kafka_bootstrap_servers": "127.0.0.1:1",
            "database_url": urls.app,
            "relay_database_url": urls.relay,
            "tasks_database_url": urls.tasks,
            "person_database_url": urls.extra["person"],
            "idempotency_secret": "i" * 32,
            "identity_hash_secret": "h" * 32,
            "api_key_secrets": "k" * 32,
            "device_cookie_secrets": "d" * 32,
            "factor_secrets": "f" * 32,
            "smtp_host": "127.0.0.1",
            "smtp_port": mail_server.port,
            "mail_from": "StagifyAI <no-reply@stagify.example>",
            "tenant_svc_url": f"http://127.0.0.1:{tenant_service.port}",
            # Away, unless a test has one.
            "usage_svc_url": "http://127.0.0.1:1",
            "argon2_memory_kib": 8,
            "argon2_time_cost": 1,
            **changes,
        }
        return Settings(**values)

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    """Settings of this test."""
    return make_settings()


@pytest.fixture
async def parts(settings: Settings) -> AsyncIterator[Parts]:
    """The collaborators of a worker."""
    async with aclosing(make_parts(settings)) as parts:
        yield parts


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app."""
    async with app_client(create_app(settings)) as client:
        yield client


@pytest.fixture
async def seats(make_settings: MakeSettings) -> AsyncIterator[SeatKeeper]:
    """The seats of this test, and a client of an app that asks for them."""
    keeper = SeatKeeper()
    server = await asyncio.start_server(keeper.serve, "127.0.0.1", 0)
    keeper.port = server.sockets[0].getsockname()[1]
    settings = make_settings(usage_svc_url=f"http://127.0.0.1:{keeper.port}")
    async with app_client(create_app(settings)) as client:
        keeper.client = client
        yield keeper
    server.close()


@pytest.fixture
async def office(
    seats: SeatKeeper,
    caller: Caller,
    database: Database,
    member: Member,
    runner: TaskRunner,
    mail_server: MailServer,
) -> Office:
    """The tenant of `member`, which is active."""
    await activate(database, member.tenant_id)
    return Office(seats.client, caller, member, runner, mail_server)


@pytest.fixture
async def idp() -> AsyncIterator[Idp]:
    """A provider of this test."""
    provider = Idp()
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    yield provider
    server.close()


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """A name server of this test."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
    yield server
    transport.close()


@pytest.fixture
async def company(
    make_settings: MakeSettings, caller: Caller, idp: Idp, names: NameServer, sign_up: SignUp
) -> AsyncIterator[Company]:
    """A tenant whose plan includes single sign-on, and that has connected nothing yet."""
    keeper = SeatKeeper(features=["sso"])
    server = await asyncio.start_server(keeper.serve, "127.0.0.1", 0)
    settings = make_settings(
        usage_svc_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        sso_local_providers=True,
        sso_nameserver=f"127.0.0.1:{names.port}",
    )
    async with app_client(create_app(settings)) as client:
        keeper.client = client
        yield Company(keeper, caller, idp, names, await sign_up())
    server.close()


@pytest.fixture
async def colleague(sign_up: SignUp, join: Join, company: Company) -> Member:
    """A member of the company, whose account has a password."""
    person = await sign_up()
    await join(person, company.owner)
    return person


@pytest.fixture(scope="session")
async def queue(urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The database as the tasks role."""
    queue = Database(urls.tasks, service="identity-svc")
    yield queue
    await queue.close()


@pytest.fixture
def runner(queue: Database, parts: Parts) -> TaskRunner:
    """The worker's tasks, to be run by hand."""
    return TaskRunner(queue, parts.database, make_kinds(parts))


@pytest.fixture
def email() -> str:
    """An address that nobody else has."""
    return f"ada.{uuid4().hex}@example.com"


@pytest.fixture
def slug() -> str:
    """A name that nobody else has."""
    return f"acme-{uuid4().hex[:12]}"


@pytest.fixture
def events(urls: DatabaseUrls) -> Events:
    """The events in the outbox about a tenant or another aggregate, in order."""
    return lambda about: in_outbox(urls.relay, about)


@pytest.fixture
def caller(context_keys: ContextKeys) -> Caller:
    """Headers by who calls."""
    return Caller(context_keys)


@pytest.fixture
def browser(client: httpx.AsyncClient, caller: Caller) -> OpenBrowser:
    """Opens a browser on the host of a tenant."""

    def open_browser(member: Member, **settings: Any) -> Browser:
        return Browser(client, caller, member.tenant_id, **settings)

    return open_browser


@pytest.fixture
def join(database: Database) -> Join:
    """Lets a person into the tenant of another member."""

    async def run(person: Member, host: Member) -> None:
        async with database.tenant(host.tenant_id) as session:
            await add_member(
                session,
                tenant_id=host.tenant_id,
                user_id=person.user_id,
                role=built_in("member"),
            )

    return run


@pytest.fixture
def make_traveller(client: httpx.AsyncClient, caller: Caller) -> MakeTraveller:
    """Opens browsers that go from host to host, each somewhere else."""
    return lambda: Traveller(client, caller)


@pytest.fixture
def traveller(make_traveller: MakeTraveller) -> Traveller:
    """A browser that goes from host to host."""
    return make_traveller()


@pytest.fixture
async def second(sign_up: SignUp, join: Join, member: Member) -> Member:
    """Somebody who is a member of the tenant of `member` too."""
    person = await sign_up()
    await join(person, member)
    return person


@pytest.fixture
async def device(traveller: Traveller, member: Member) -> Authenticator:
    """The member's laptop, with a passkey; they are logged in with the password."""
    await traveller.log_in(member)
    made = Authenticator()
    answer = await make(traveller, made)
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["recovery_codes"]) == 10
    return made


@pytest.fixture
def visitor(client: httpx.AsyncClient, caller: Caller) -> Visitor:
    """Somebody who signs up."""
    return Visitor(client, caller)


@pytest.fixture
def begin(visitor: Visitor, runner: TaskRunner, mail_server: MailServer) -> Begin:
    """Begins a sign-up and waits for its mail."""

    async def run(email: str, slug: str) -> SignUpBegun:
        signup_id = await visitor.ask(email, slug)
        await runner.run_due()
        return SignUpBegun(signup_id, mail_server.code(email))

    return run


@pytest.fixture
async def begun(begin: Begin, email: str, slug: str) -> SignUpBegun:
    """A sign-up of `email` for `slug`."""
    return await begin(email, slug)


@pytest.fixture
def sign_up(visitor: Visitor, begin: Begin) -> SignUp:
    """Signs up somebody new, completely, and logs them out again on the platform's host."""

    async def run() -> Member:
        email, slug = f"ada.{uuid4().hex}@example.com", f"acme-{uuid4().hex[:12]}"
        begun = await begin(email, slug)
        confirmed = await visitor.confirm(*begun)
        assert confirmed.status_code == 201, confirmed.text
        await visitor.log_out(confirmed)
        answer = confirmed.json()
        return Member(
            email,
            UUID(answer["user"]["id"]),
            UUID(answer["tenant"]["id"]),
            slug,
            *begun,
        )

    return run


@pytest.fixture
async def member(sign_up: SignUp) -> Member:
    """The owner of a new tenant."""
    return await sign_up()
