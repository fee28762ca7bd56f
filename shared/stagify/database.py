"""One transaction under row-level security.

A request or a message is one transaction, and only this module commits. The tenant is set
transaction-locally in the same round trip as BEGIN, so a pooled connection never carries it
over; without a tenant the policies show no rows (PostgreSQL documentation, 5.9 Row Security).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import DateTime, MetaData, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession as AnyAsyncSession
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.auth import TenantRequiredError, principal_of
from stagify.clock import utc_now
from stagify.ids import new_id
from stagify.settings import ServiceSettings
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

# What use cases are given: a transaction, and the bare connection inside one.
Session = AsyncSession
Connection = asyncpg.Connection

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# A transaction that hangs must not hold its locks or the vacuum horizon for long.
SERVER_SETTINGS = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}

# As asyncpg says it for SQLAlchemy.
BEGIN = "BEGIN;"

# Between two looks of a process that starts for a database that is away.
AWAIT_SECONDS = 0.5

# What a connection raises that is of no more use.
UNUSABLE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


def new_metadata() -> MetaData:
    """Metadata of one service's tables, with the platform's constraint names."""
    return MetaData(naming_convention=NAMING)


class TenantTable(SQLModel):
    """Columns of every tenant table: composite key led by the tenant, and the time of birth."""

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=utc_now, sa_type=DateTime(timezone=True))


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """An asyncpg connection whose BEGIN also sets the tenant: one round trip instead of two.

    One whose BEGIN fails is closed: asyncpg takes that transaction for begun and SQLAlchemy does
    not, so nobody would end it, and each later transaction on the connection would fail.
    """

    __slots__ = ("tenant_id",)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        if query != BEGIN:
            return str(await super().execute(query, *args, **options))
        try:
            begin = begin_statement(getattr(self, "tenant_id", None))
            return str(await super().execute(begin, *args, **options))
        except BaseException:
            self.terminate()
            raise


def begin_statement(tenant_id: UUID | None) -> str:
    """BEGIN, and the tenant if there is one. A UUID has no quotes, so it may be written in."""
    if tenant_id is None:
        return BEGIN
    if not isinstance(tenant_id, UUID):
        raise TypeError("a tenant's id is a UUID")
    return f"{BEGIN} SELECT set_config('app.tenant_id', '{tenant_id}', true)"


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
            # An error names its statement in the log; what people typed stays out of it.
            hide_parameters=True,
            connect_args={
                "connection_class": _Connection,
                "server_settings": {**SERVER_SETTINGS, "application_name": service},
            },
        )
        event.listen(self._engine.sync_engine, "begin", _remember_tenant)
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
    async def tenant(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """One transaction that sees the rows of `tenant_id` only; commits on a clean exit."""
        async with self._transaction(tenant_id) as session:
            yield session

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncSession]:
        """One transaction without a tenant: tables that are not a tenant's, and no others."""
        async with self._transaction(None) as session:
            yield session

    @asynccontextmanager
    async def _transaction(self, tenant_id: UUID | None) -> AsyncIterator[AsyncSession]:
        session = AsyncSession(self._engine, expire_on_commit=False)
        session.info["service"] = self.service
        session.info["base_host"] = self.base_host
        session.info["tenant_id"] = tenant_id
        try:
            await session.connection(execution_options={"tenant_id": tenant_id})
            yield session
            await session.commit()
        finally:
            # Shielded: a cancelled request must still give its connection back (SQLAlchemy 12099).
            await asyncio.shield(session.close())

    @asynccontextmanager
    async def tenant_connection(self, tenant_id: UUID | None) -> AsyncIterator[asyncpg.Connection]:
        """The same transaction as a bare asyncpg connection, for paths where the ORM's cost shows."""
        pooled = await self._engine.raw_connection()
        driver: Any = pooled.driver_connection
        # Whoever had the connection before may have left another.
        driver.tenant_id = tenant_id
        try:
            await driver.execute(BEGIN)
            yield driver
            await driver.execute("COMMIT;")
        except BaseException:
            # Shielded: a cancelled request must still give its connection back, clean.
            await asyncio.shield(_roll_back(pooled))
            raise
        # Waits for nothing: SQLAlchemy knows of no transaction that it would have to end.
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
        """Raise unless this role is bound by row-level security (pitfall: superusers are not).

        The first thing a process does: it waits for a database that is away, instead of dying
        and being started ever more seldom.
        """
        while True:
            try:
                powerful = await self._is_powerful()
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("database.awaited", extra={"reason": type(error).__name__})
                await asyncio.sleep(AWAIT_SECONDS)
                continue
            if powerful:
                raise RuntimeError("the database role can bypass row-level security")
            return

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


def _remember_tenant(connection: SyncConnection) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.tenant_id = connection.get_execution_options().get("tenant_id")


def _refuse_closed(pooled: Any, *_: Any) -> None:
    """Let the pool make its connections anew after the server has ended this one.

    Statements on the bare connection fail behind SQLAlchemy's back, so it would never learn.
    """
    if pooled.driver_connection.is_closed():
        raise InvalidatePoolError


async def _roll_back(pooled: PoolProxiedConnection) -> None:
    driver: Any = pooled.driver_connection
    try:
        await driver.execute("ROLLBACK;", timeout=5)
    except UNUSABLE:
        pooled.invalidate()
    finally:
        pooled.close()


async def driver_connection(session: AnyAsyncSession) -> asyncpg.Connection:
    """The asyncpg connection inside `session`'s transaction, for statements the ORM lacks."""
    pooled: Any = await (await session.connection()).get_raw_connection()
    # SQLAlchemy sends BEGIN before its own first statement only; without it these statements
    # would run outside of the transaction, and without the tenant.
    if not pooled.driver_connection.is_in_transaction():
        await pooled.dbapi_connection._start_transaction()
    return pooled.driver_connection


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's transaction for the caller's tenant."""
    tenant_id = principal_of(request).tenant_id
    if tenant_id is None:
        raise TenantRequiredError
    async with database_of(request).tenant(tenant_id) as session:
        yield session


async def request_system_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's transaction without a tenant."""
    async with database_of(request).system() as session:
        yield session


def database_of(request: Request) -> Database:
    """The Database this app was composed with."""
    database: Database = request.app.state.database
    return database


async def request_database(request: Request) -> Database:
    """The same as a dependency: a coroutine, because FastAPI runs plain functions in a thread."""
    return database_of(request)


# Function scope: the commit happens before the answer is sent, so a client is never told of
# success by a transaction that then fails.
SessionDep = Annotated[AsyncSession, Depends(request_session, scope="function")]
SystemSessionDep = Annotated[AsyncSession, Depends(request_system_session, scope="function")]
DatabaseDep = Annotated[Database, Depends(request_database)]
