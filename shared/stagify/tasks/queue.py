"""Adding a task, by one INSERT in the caller's transaction, and withdrawing it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from stagify import cause, telemetry
from stagify.clock import utc_now
from stagify.database import Session, driver_connection
from stagify.ids import new_id

# Stands for no tenant, as in the mail of a sign-up. Such tasks are written and read only in
# transactions without a tenant.
NO_TENANT = UUID(int=0)
# The content belongs into rows, which the task names.
MAX_PAYLOAD_BYTES = 4_096

# A task with a key replaces the one with the same key, in whatever state that is. It has a new id and
# no lease, so a process that still works on the old one cannot end the new one.
INSERT = """
INSERT INTO tasks (tenant_id, id, created_at, kind, key, concurrency_key, payload, state, due_at,
                   give_up_at, attempts, traceparent, actor, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, 0, $11, $12, $13)
ON CONFLICT (tenant_id, kind, key) WHERE key IS NOT NULL DO UPDATE SET
    id = excluded.id, created_at = excluded.created_at,
    concurrency_key = excluded.concurrency_key, payload = excluded.payload,
    state = excluded.state, due_at = excluded.due_at, give_up_at = excluded.give_up_at,
    attempts = 0, lease_token = NULL, last_error = NULL, traceparent = excluded.traceparent,
    actor = excluded.actor, request_id = excluded.request_id
"""

# Also part of statements elsewhere that do something else as well. Returns a row if it was not too
# late.
WITHDRAW = "DELETE FROM tasks WHERE kind = $1 AND key = $2 AND attempts = 0 RETURNING id"


async def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    concurrency_key: str = "",
    due_at: datetime | None = None,
    give_up_at: datetime | None = None,
) -> UUID:
    """Have a task of `kind` done at `due_at`, or at once, if and only if this transaction commits.

    The task belongs to the tenant of this transaction, or to none if there is none. With a `key` it
    replaces an earlier task of the same kind and key, begun or not, and can be withdrawn. Of all
    tasks with the same `concurrency_key`, only one runs at a time. After `give_up_at` the task is not
    tried any more; by default its kind decides. `payload` must be small and name no people: it is
    shown to operators.
    """
    return await enqueue_on(
        await driver_connection(session),
        session.info["tenant_id"],
        kind,
        payload,
        key=key,
        concurrency_key=concurrency_key,
        due_at=due_at,
        give_up_at=give_up_at,
    )


async def enqueue_on(
    connection: asyncpg.Connection,
    tenant_id: UUID | None,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    concurrency_key: str = "",
    due_at: datetime | None = None,
    give_up_at: datetime | None = None,
) -> UUID:
    """The same on a bare connection inside a transaction of `tenant_id`."""
    task_id, now, caused = new_id(), utc_now(), cause.current.get()
    content = orjson.dumps(payload or {})
    if len(content) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"the payload of a task of kind {kind!r} is too large")
    await connection.execute(
        INSERT,
        tenant_id or NO_TENANT,
        task_id,
        now,
        kind,
        key,
        concurrency_key,
        content.decode(),
        "ready" if due_at is None or due_at <= now else "waiting",
        due_at or now,
        give_up_at,
        telemetry.current_traceparent(),
        caused.actor,
        caused.request_id,
    )
    return task_id


async def withdraw(session: Session, kind: str, key: str) -> bool:
    """Take back the task with this key; False if it has begun, even once, or there is none."""
    connection = await driver_connection(session)
    return await connection.fetchval(WITHDRAW, kind, key) is not None
