"""Which failures pass by themselves: another part does not answer, or two transactions collided."""

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from stagify.errors import UnavailableError

_TRANSIENT = (
    OSError,
    TimeoutError,
    KafkaError,
    PoolTimeoutError,
    UnavailableError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ConnectionDoesNotExistError,
    # The server had announced its end, and a statement was sent before the connection was closed.
    asyncpg.InternalClientError,
)


def is_transient(error: BaseException | None) -> bool:
    """Whether trying again later may succeed although nobody changes anything."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_transient(error.orig)
    if isinstance(error, AsyncAdapt_asyncpg_dbapi.Error):
        # SQLAlchemy's adapter wraps the errors of asyncpg, which tell more.
        return is_transient(error.__cause__)
    return isinstance(error, _TRANSIENT)
