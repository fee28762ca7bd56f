"""After the server has ended connections, at whatever moment, the next transactions work."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from stagify.database import ConnectionLostError, Database, driver_connection
from stagify.testing import DatabaseUrls, eventually, next_turn
from stagify.testing.waiting import PATIENCE_SECONDS
from stagify.transient import is_transient

INSERT = text("INSERT INTO widgets (tenant_id, name) VALUES (:tenant, :name)")
FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
FAREWELL = b"E" + (len(FIELDS) + 4).to_bytes(4, "big") + FIELDS


async def end_connections(admin_url: str, urls: DatabaseUrls) -> None:
    """What a restart of the server does to all connections."""
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
            urls.name,
        )
    finally:
        await admin.close()


async def add(database: Database, tenant: UUID) -> None:
    async with database.tenant(tenant) as session:
        await session.execute(INSERT, {"tenant": tenant, "name": "lamp"})


async def test_idle_ones_are_replaced(
    database: Database, kit_urls: DatabaseUrls, postgres_admin_url: str, tenant_id: UUID
) -> None:
    await asyncio.gather(*(database.ping() for _ in range(4)))
    await end_connections(postgres_admin_url, kit_urls)
    for _ in range(5):
        await database.ping()
        await add(database, tenant_id)


async def test_one_in_use_fails_once(
    database: Database, kit_urls: DatabaseUrls, postgres_admin_url: str, tenant_id: UUID
) -> None:
    for _ in range(4):
        with pytest.raises((asyncpg.PostgresError, ConnectionLostError)):
            async with database.tenant_connection(tenant_id) as connection:
                await end_connections(postgres_admin_url, kit_urls)
                await connection.fetchval("SELECT 1")
        await database.ping()


@pytest.mark.parametrize(
    "begin", ["BEGIN; SELECT {cancel}", "SELECT {cancel}; BEGIN"], ids=["after", "before"]
)
async def test_one_whose_begin_is_cancelled_fails_once(
    database: Database, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    """As after a time-out, if the server did not answer for longer than that."""
    statement = begin.format(cancel="pg_cancel_backend(pg_backend_pid())")
    for _ in range(3):
        await add(database, tenant_id)
        with monkeypatch.context() as patched:
            patched.setattr("stagify.database.begin_statement", lambda _: statement)
            with pytest.raises(asyncpg.QueryCanceledError) as caught:
                await add(database, tenant_id)
        assert is_transient(caught.value)
    await add(database, tenant_id)


async def test_one_that_ends_before_the_commit_fails_once(
    database: Database, kit_urls: DatabaseUrls, postgres_admin_url: str, tenant_id: UUID
) -> None:
    with pytest.raises((asyncpg.PostgresError, ConnectionLostError)):
        async with database.tenant_connection(tenant_id):
            await end_connections(postgres_admin_url, kit_urls)
    await database.ping()


async def test_one_that_ends_before_a_bare_statement_fails_once(
    database: Database, kit_urls: DatabaseUrls, postgres_admin_url: str, tenant_id: UUID
) -> None:
    """asyncpg may then raise an error of its own, which does not say that the connection has ended."""
    with pytest.raises((ConnectionLostError, asyncpg.PostgresError)) as caught:
        async with database.tenant(tenant_id) as session:
            connection = await driver_connection(session)
            await end_connections(postgres_admin_url, kit_urls)
            await connection.execute("SELECT 1")
    assert is_transient(caught.value)
    await database.ping()


class Wire:
    """Forwards to PostgreSQL, and can speak in its place."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._clients: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def say_farewell(self) -> None:
        """Send the last message of a server that stops on every connection; they stay open for now."""
        for client in self._clients:
            client.write(FAREWELL)
        # Loopback delivers at once, and the loop reads at its next turns.
        for _ in range(10):
            await next_turn()

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            client.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection(*self._target)
        self._clients.append(writer)
        for source, target in ((reader, upstream[1]), (upstream[0], writer)):
            task = asyncio.create_task(self._forward(source, target))
            self._tasks.add(task)

    async def _forward(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
        finally:
            target.close()


@pytest.fixture
async def wire(kit_urls: DatabaseUrls) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the kit's database, and the URL of its near end."""
    url = urlsplit(kit_urls.app)
    assert url.hostname is not None
    assert url.port is not None
    wire = Wire(url.hostname, url.port)
    port = await wire.start()
    near = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{port}"))
    yield wire, near.geturl()
    await wire.stop()


async def test_one_whose_end_is_announced_but_not_seen_fails_once(wire: tuple[Wire, str]) -> None:
    """asyncpg then raises an error of its own, neither PostgreSQL's nor that of a closed one."""
    line, url = wire
    database = Database(url, service="staging-svc", pool_size=1)
    try:
        await database.ping()
        await line.say_farewell()
        with pytest.raises(asyncpg.InternalClientError) as caught:
            await database.ping()
        assert is_transient(caught.value)
        await database.ping()
    finally:
        await database.close()


async def test_process_that_starts_waits_for_a_database_that_is_away(
    wire: tuple[Wire, str], caplog: pytest.LogCaptureFixture
) -> None:
    line, url = wire
    port = urlsplit(url).port
    assert port is not None
    await line.stop()
    database = Database(url, service="staging-svc", pool_size=1)
    starting = asyncio.create_task(database.assert_least_privilege())
    await eventually(lambda: "database.awaited" in caplog.messages)
    await line.start(port)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await starting
    await database.close()
