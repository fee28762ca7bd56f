"""Which failures pass by themselves: a part is away, or two transactions met."""

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
    # A statement met the server's farewell before the end of the connection was seen.
    asyncpg.InternalClientError,
)


def is_transient(error: BaseException | None) -> bool:
    """Whether trying again later may succeed without anyone changing anything."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_transient(error.orig)
    if isinstance(error, AsyncAdapt_asyncpg_dbapi.Error):
        # What SQLAlchemy's adapter makes of asyncpg's errors, which say more.
        return is_transient(error.__cause__)
    return isinstance(error, _TRANSIENT)
