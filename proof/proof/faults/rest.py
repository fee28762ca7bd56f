"""Waits until nothing is left to do, and shows what is stuck if that never happens."""

import asyncio
import time
from collections.abc import Mapping
from types import MappingProxyType

from proof.faults.recovery import AWAY
from proof.faults.world import DATABASES, World

# The longest waits that end by themselves: leases, and retries of mails and deletions.
REST_SECONDS = 120.0
POLL_SECONDS = 0.5

# What must be empty, by database; each shows what is there.
PENDING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "unfinished jobs": (
            "staging",
            (
                "SELECT tenant_id, project_id, state, attempts, due_at, lease_expires_at FROM jobs"
                " WHERE state IN ('queued', 'running')"
            ),
        ),
        "unfinished projects": (
            "staging",
            (
                "SELECT tenant_id, id, name, status FROM projects"
                " WHERE status NOT IN ('staged', 'failed', 'cancelled')"
            ),
        ),
        "held reservations": (
            "usage",
            # The bytes of an upload stay reserved until somebody uses or deletes it.
            (
                "SELECT tenant_id, id, project_id, expires_at FROM reservations"
                " WHERE state = 'held' AND meter <> 'storage_bytes'"
            ),
        ),
        "tenants in provisioning": ("tenant", "SELECT * FROM provisionings"),
        **{
            f"{database}'s outbox": (database, "SELECT seq, type, aggregateid FROM outbox")
            for database in DATABASES
        },
        # Given-up ones stay here too: none may be given up.
        **{
            f"{database}'s tasks": (
                database,
                (
                    "SELECT tenant_id, id, kind, state, attempts, due_at, last_error FROM tasks"
                    " WHERE due_at <= now() OR attempts > 0"
                ),
            )
            for database in DATABASES
        },
    }
)


async def at_rest(world: World) -> list[str]:
    """Wait until the platform is at rest; returns what was still left in the end."""
    deadline = time.monotonic() + REST_SECONDS
    while True:
        try:
            left = await _left(world)
        except AWAY as error:
            left = [f"unknown: {error!r}"]
        if not left or time.monotonic() > deadline:
            return left
        await asyncio.sleep(POLL_SECONDS)


async def _left(world: World) -> list[str]:
    left = []
    for name, (database, query) in PENDING.items():
        rows = await world.rows(database, query)
        if rows:
            left.append(f"{len(rows)} {name}, such as {[dict(row) for row in rows[:3]]}")
    if left:
        return left
    # Last, because what the outboxes held is on the topics only now; and an event that was
    # handled since may have left something again.
    lag = {name: behind for name, behind in (await world.lag()).items() if behind}
    if lag:
        return [f"messages not yet handled: {lag}"]
    return [
        f"{name} again"
        for name, (database, query) in PENDING.items()
        if await world.rows(database, query)
    ]
