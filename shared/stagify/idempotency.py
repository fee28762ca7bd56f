"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the same request, one effect.

A 2xx answer is stored in the transaction of its effects, so after a crash there are both or neither.
An advisory lock of the transaction marks a request that is being handled, and is gone when its
process is. Keys are separate for each tenant, caller and route; fingerprints are HMACs.
"""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import orjson
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from stagify.auth import principal_of
from stagify.database import Database, Session, driver_connection
from stagify.errors import ConflictError, InvalidInputError, StagifyError
from stagify.inputs import Opaque
from stagify.links import Links
from stagify.settings import ServiceSettings

T = TypeVar("T")
R = TypeVar("R")

RETENTION = timedelta(hours=48)

# What a field of a header may hold (RFC 9110, section 5.5). Bytes beyond ASCII, which arrive as Latin-1,
# are only compared.
KEY = re.compile(r"[^\x00-\x1f\x7f]{1,255}")

FIND = "SELECT fingerprint, status, body FROM idempotency_keys WHERE scope = $1"
# One round trip for both. The row may have been read before the lock was taken; STORE notices that,
# and a use case that fails meanwhile looks again.
LOCK_AND_FIND = """
SELECT pg_try_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0)) AS is_first,
       fingerprint, status, body
FROM (VALUES ($1::bytea)) AS request (scope) LEFT JOIN idempotency_keys USING (scope)
"""
STORE = """
INSERT INTO idempotency_keys (scope, fingerprint, status, body) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING true
"""
# One round trip for all three, where the answer is known before its effects.
LOCK_AND_STORE = """
INSERT INTO idempotency_keys (scope, fingerprint, status, body)
SELECT $1::bytea, $2::bytea, $3::smallint, $4::bytea
WHERE pg_try_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))
ON CONFLICT DO NOTHING RETURNING true
"""
EXPIRE = (
    "DELETE FROM idempotency_keys WHERE scope = ANY (ARRAY("
    "SELECT scope FROM idempotency_keys WHERE created_at < now() - $1::interval LIMIT 5000))"
)


class InvalidIdempotencyKeyError(InvalidInputError):
    """An Idempotency-Key has 1 to 255 characters, none of them a control character."""

    code = "invalid_idempotency_key"


class IdempotencyInProgressError(ConflictError):
    """The first request with this Idempotency-Key is still running: try again soon."""

    code = "idempotency_in_progress"


class IdempotencyKeyReusedError(InvalidInputError):
    """This Idempotency-Key was already used for a different request."""

    code = "idempotency_key_reused"


IDEMPOTENCY_ERRORS = (
    InvalidIdempotencyKeyError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
)


def idempotent(links: Links) -> dict[str, Any]:
    """What the OpenAPI document says of the answer of a call that can be repeated with its key."""
    replayed = {
        "description": "`true` if this request was answered before and has had no further effect.",
        "schema": {"type": "string", "enum": ["true"]},
    }
    return {"links": links, "headers": {"Idempotent-Replayed": replayed}}


class Idempotency:
    """Makes one request idempotent. If the request has no key, this does nothing."""

    def __init__(self, scope: bytes | None, fingerprint: bytes) -> None:
        self._scope = scope
        self._fingerprint = fingerprint

    async def run(
        self,
        session: Session,
        status: int,
        work: Callable[[], Awaitable[BaseModel]],
        *,
        shown_once: frozenset[str] = frozenset(),
    ) -> Response:
        """The stored answer; or the answer of `work`, which is stored together with its effects.

        Fields in `shown_once` are secrets: they are in the first answer only.
        """
        connection = await driver_connection(session)
        stored = await self.replay(connection)
        if stored is not None:
            return stored
        try:
            result = (await work()).model_dump(mode="json")
        except StagifyError:
            # The reason for the refusal may be the effects of the first request with this key.
            stored = await self.recall(connection)
            if stored is None:
                raise
            return stored
        await session.flush()
        kept = {name: value for name, value in result.items() if name not in shown_once}
        await self.remember(connection, status, orjson.dumps(kept))
        return answer(status, orjson.dumps(result))

    async def run_waiting(
        self,
        database: Database,
        tenant_id: UUID,
        status: int,
        work: Callable[["Once[T]"], Awaitable[T]],
        dump: Callable[[T], bytes],
    ) -> Response:
        """The same for a use case that waits for other parts between its transactions. It opens them
        through the `Once` that it is given; `dump` turns its result into the body of the answer."""
        once = Once(self, database, tenant_id, status, dump)
        try:
            await work(once)
        except _AnsweredError as error:
            return error.answer
        except StagifyError:
            # As above.
            if self._scope is None:
                raise
            async with database.tenant_connection(tenant_id) as connection:
                stored = await self.recall(connection)
            if stored is None:
                raise
            return stored
        return answer(status, once.body)

    async def replay(self, connection: asyncpg.Connection) -> Response | None:
        """The stored answer, if this request was answered before. If not, it counts as being handled
        from here on."""
        if self._scope is None:
            return None
        row = await connection.fetchrow(LOCK_AND_FIND, self._scope)
        if not row["is_first"]:
            raise IdempotencyInProgressError
        return None if row["status"] is None else self._stored(row)

    async def recall(self, connection: asyncpg.Connection) -> Response | None:
        """The stored answer, as `replay`, but the same request may be in progress elsewhere."""
        if self._scope is None:
            return None
        row = await connection.fetchrow(FIND, self._scope)
        return None if row is None else self._stored(row)

    def _stored(self, row: asyncpg.Record) -> Response:
        if not hmac.compare_digest(row["fingerprint"], self._fingerprint):
            raise IdempotencyKeyReusedError
        response = answer(row["status"], row["body"])
        response.headers["Idempotent-Replayed"] = "true"
        return response

    async def replay_or_remember(
        self, connection: asyncpg.Connection, status: int, body: bytes
    ) -> Response | None:
        """The stored answer, as `replay`; or this one is stored from here on, if its effects are
        committed."""
        if self._scope is None:
            return None
        if await connection.fetchval(LOCK_AND_STORE, self._scope, self._fingerprint, status, body):
            return None
        stored = await self.recall(connection)
        if stored is None:
            raise IdempotencyInProgressError
        return stored

    async def remember(self, connection: asyncpg.Connection, status: int, body: bytes) -> None:
        """Store the answer in the transaction of its effects.

        IdempotencyInProgressError if the same request was answered elsewhere after this one began,
        so that nothing takes effect twice.
        """
        if self._scope is None:
            return
        if not await connection.fetchval(STORE, self._scope, self._fingerprint, status, body):
            raise IdempotencyInProgressError


class _AnsweredError(Exception):
    """This request was answered before, with `answer`."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class Once(Generic[T]):
    """The transactions of a use case that waits between them: any number that read, then one that
    writes. However often the request is sent, together they take effect once."""

    def __init__(
        self,
        idempotency: Idempotency,
        database: Database,
        tenant_id: UUID,
        status: int,
        dump: Callable[[T], bytes],
    ) -> None:
        self._idempotency = idempotency
        self._database = database
        self._tenant_id = tenant_id
        self._status = status
        self._dump = dump
        self.body = b""

    async def read(self, work: Callable[[asyncpg.Connection], Awaitable[R]]) -> R:
        """What `work` reads, in a transaction of its own. If an answer is stored already, the use case
        ends here."""
        async with self._database.tenant_connection(self._tenant_id) as connection:
            _stop_if_answered(await self._idempotency.recall(connection))
            return await work(connection)

    async def write(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Run `work`, which has the effects, and store its answer in the same transaction."""
        async with self._database.tenant_connection(self._tenant_id) as connection:
            _stop_if_answered(await self._idempotency.replay(connection))
            result = await work(connection)
            self.body = self._dump(result)
            await self._idempotency.remember(connection, self._status, self.body)
            return result

    async def write_as(self, result: T, work: Callable[[asyncpg.Connection], Awaitable[None]]) -> T:
        """The same for `work` whose result is known before it runs, which saves a round trip."""
        async with self._database.tenant_connection(self._tenant_id) as connection:
            self.body = self._dump(result)
            _stop_if_answered(
                await self._idempotency.replay_or_remember(connection, self._status, self.body)
            )
            await work(connection)
            return result


def _stop_if_answered(stored: Response | None) -> None:
    if stored is not None:
        raise _AnsweredError(stored)


def answer(status: int, body: bytes) -> Response:
    """An answer in JSON."""
    return Response(body, status_code=status, media_type="application/json")


async def request_idempotency(
    request: Request,
    idempotency_key: Annotated[
        Opaque | None,
        Header(
            alias="Idempotency-Key",
            description="Chosen by the caller: the same request with the same key takes effect once.",
            json_schema_extra={"minLength": 1, "maxLength": 255},
        ),
    ] = None,
) -> Idempotency:
    """The idempotency of this request."""
    principal = principal_of(request)
    settings: ServiceSettings = request.app.state.settings
    secret = settings.idempotency_secret.get_secret_value().encode()
    fingerprint = hmac.digest(secret, await request.body(), "sha256")
    if idempotency_key is None:
        return Idempotency(None, fingerprint)
    if KEY.fullmatch(idempotency_key) is None:
        raise InvalidIdempotencyKeyError
    scope = (
        str(principal.tenant_id),
        principal.kind,
        str(principal.subject),
        request.method,
        request.scope["path"],
        idempotency_key,
    )
    return Idempotency(hashlib.sha256(orjson.dumps(scope)).digest(), fingerprint)


IdempotencyDep = Annotated[Idempotency, Depends(request_idempotency)]


async def forget_old(database: Database) -> None:
    """Delete a bounded number of answers past their retention."""
    async with database.tenant_connection(None) as connection:
        await connection.execute(EXPIRE, RETENTION)
