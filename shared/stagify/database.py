"""One transaction under row-level security.

A request or a message is one transaction, and only this module commits. The tenant is set
transaction-locally in the same round trip as BEGIN, so a pooled connection never carries it
over; without a tenant the policies show no rows (PostgreSQL documentation, 5.9 Row Security).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession as AnyAsyncSession
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.settings import ServiceSettings
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

T = TypeVar("T")

# The bare connection inside a transaction, for statements the ORM lacks.
Connection = asyncpg.Connection

# A transaction that hangs must not hold its locks or the vacuum horizon for long.
SERVER_SETTINGS = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}

# How long a process that starts waits before it asks again for a database that does not answer.
AWAIT_SECONDS = 0.5

# What a connection raises that can no longer be used.
UNUSABLE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


class ConnectionLostError(ConnectionError):
    """The connection ended inside its transaction."""


class TransactionFailedError(RuntimeError):
    """A statement failed and the error was ignored, so PostgreSQL has rolled everything back."""


class Session(AsyncSession):
    """The transaction that a use case works in; `Database` begins and ends it."""

    async def commit(self) -> None:
        """Only `Database` commits."""
        raise TypeError("a transaction commits when its block ends")

    async def rollback(self) -> None:
        """Only `Database` rolls back: let the error out of the block."""
        raise TypeError("a transaction is rolled back when its block fails")


def begin_statement(tenant_id: UUID | None) -> str:
    """BEGIN, and the tenant if there is one. A UUID has no quotes, so it may be written in."""
    if tenant_id is None:
        return "BEGIN"
    if not isinstance(tenant_id, UUID):
        raise TypeError("a tenant's id is a UUID")
    return f"BEGIN; SELECT set_config('app.tenant_id', '{tenant_id}', true)"


def begin_statement_for(user_id: UUID) -> str:
    """BEGIN, and the person whose own rows are seen, whichever tenant they belong to."""
    if not isinstance(user_id, UUID):
        raise TypeError("a person's id is a UUID")
    return f"BEGIN; SELECT set_config('app.user_id', '{user_id}', true)"


class Database:
    """A service's database as one role. Made in `app.py` or `worker.py` and passed down.

    Events written through its sessions say what the database was given: `service` is their
    publisher, and `base_host` the domain of the installation, for those that name a host.
    """

    def __init__(
        self, url: str, *, service: str, base_host: str | None = None, pool_size: int = 5
    ) -> None:
        self.service = service
        self.base_host = base_host
        self.url = url
        self._engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=False,
            # The log shows the statement that failed, but not the values that people typed.
            hide_parameters=True,
            # SQLAlchemy begins and ends no transactions: this class does, and sets the tenant.
            isolation_level="AUTOCOMMIT",
            connect_args={
                "server_settings": {**SERVER_SETTINGS, "application_name": service},
            },
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)

    @classmethod
    def from_settings(cls, settings: ServiceSettings, *, service: str) -> "Database":
        """The service's own database, as its app role."""
        url = settings.database_url.get_secret_value()
        return cls(
            url,
            service=service,
            base_host=settings.base_host,
            pool_size=settings.database_pool_size,
        )

    @asynccontextmanager
    async def tenant(self, tenant_id: UUID) -> AsyncIterator[Session]:
        """One transaction that sees the rows of `tenant_id` only; commits on a clean exit."""
        async with self._transaction(tenant_id) as session:
            yield session

    @asynccontextmanager
    async def system(self) -> AsyncIterator[Session]:
        """One transaction without a tenant: it sees only tables whose rows belong to no tenant."""
        async with self._transaction(None) as session:
            yield session

    @asynccontextmanager
    async def person(self, user_id: UUID) -> AsyncIterator[Session]:
        """One transaction of a person, without a tenant: if the role is one that sees people's own
        rows, it sees those of `user_id` in all tenants, and no others."""
        async with self._transaction(None, begin_statement_for(user_id)) as session:
            yield session

    @asynccontextmanager
    async def _transaction(
        self, tenant_id: UUID | None, begin: str | None = None
    ) -> AsyncIterator[Session]:
        session = Session(self._engine, expire_on_commit=False)
        try:
            connection = (await session.connection()).sync_connection
            assert connection is not None
        except BaseException:
            await asyncio.shield(session.close())
            raise
        driver: Any = connection.connection.driver_connection
        session.info.update(
            service=self.service, base_host=self.base_host, tenant_id=tenant_id, connection=driver
        )
        try:
            await driver.execute(begin or begin_statement(tenant_id))
            yield session
            if session.new or session.dirty or session.deleted:
                await session.flush()
            await _commit(driver)
        except BaseException as error:
            await _undo(driver, error, session.close)
            raise
        # Shielded: a cancelled request must still give its connection back (SQLAlchemy 12099).
        await asyncio.shield(session.close())

    @asynccontextmanager
    async def tenant_connection(self, tenant_id: UUID | None) -> AsyncIterator[asyncpg.Connection]:
        """The same transaction as a bare asyncpg connection, for paths where the ORM's cost shows."""
        pooled = await self._engine.raw_connection()
        driver: Any = pooled.driver_connection

        async def give_back() -> None:
            pooled.close()

        try:
            await driver.execute(begin_statement(tenant_id))
            yield driver
            await _commit(driver)
        except BaseException as error:
            await _undo(driver, error, give_back)
            raise
        # This does not wait: as far as SQLAlchemy knows, there is no transaction to end.
        pooled.close()

    async def fetch(self, tenant_id: UUID, query: str, *args: Any) -> Sequence[asyncpg.Record]:
        """The rows of one read for one tenant."""
        async with self.tenant_connection(tenant_id) as connection:
            rows: Sequence[asyncpg.Record] = await connection.fetch(query, *args)
            return rows

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self.tenant_connection(None) as connection:
            await connection.fetchval("SELECT 1")

    async def assert_least_privilege(self) -> None:
        """Raise unless row-level security binds this role; it does not bind superusers.

        A process does this first, and waits for a database that does not answer.
        """
        if await self.once_it_answers(self._is_powerful):
            raise RuntimeError("the database role can bypass row-level security")

    async def once_it_answers(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` finds out here as soon as the database answers; for a process that starts.

        If it ended instead, it would be restarted after longer and longer pauses.
        """
        while True:
            try:
                return await ask()
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("database.awaited", extra={"reason": type(error).__name__})
                await asyncio.sleep(AWAIT_SECONDS)

    async def _is_powerful(self) -> bool:
        async with self.tenant_connection(None) as connection:
            return bool(
                await connection.fetchval(
                    "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
                )
            )

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _refuse_closed(pooled: Any, *_: Any) -> None:
    """Make the pool open new connections after the server has closed this one.

    Statements run on the bare connection, so SQLAlchemy does not notice when they fail.
    """
    if pooled.driver_connection.is_closed():
        raise InvalidatePoolError


async def _commit(driver: Any) -> None:
    if await driver.execute("COMMIT") != "COMMIT":
        raise TransactionFailedError


async def _undo(
    driver: Any, error: BaseException, give_back: Callable[[], Awaitable[None]]
) -> None:
    is_lost = isinstance(error, asyncpg.InterfaceError) and driver.is_closed()
    # Shielded together: even after two cancellations the connection goes back, and clean.
    await asyncio.shield(_roll_back(driver, give_back))
    if is_lost:
        raise ConnectionLostError from error


async def _roll_back(driver: Any, give_back: Callable[[], Awaitable[None]]) -> None:
    try:
        await driver.execute("ROLLBACK", timeout=5)
    except UNUSABLE:
        driver.terminate()
    finally:
        await give_back()


async def driver_connection(session: AnyAsyncSession) -> asyncpg.Connection:
    """The asyncpg connection inside `session`'s transaction, for statements the ORM lacks."""
    return session.info["connection"]
