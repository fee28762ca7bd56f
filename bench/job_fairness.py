"""A tenant has 500 photos waiting; how long does another tenant's single photo wait behind them?

Run with `python bench/job_fairness.py [--queued N]`. The queue is filled before the jobs process
starts. Then tenants with one photo each come one after the other, each while a job of the queue is
running. We compare the order in the rows of the jobs, not time: how many of the queue's jobs were
taken after the single job arrived and before it was taken itself. Bar: at most one, the job that
was just being taken.
"""

import argparse
import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
from accept_to_start import make_bucket
from PIL import Image
from staging_parts import Installation, free_port, installation

from proof.figures import Bar, median, report
from stagify.ids import new_id
from stagify.tokens import CONTEXT_HEADER

SINGLES = 10
AT_ONCE = 8
PATIENCE_SECONDS = 120
PAUSE_SECONDS = 0.02

STATE = "SELECT state FROM jobs WHERE tenant_id = $1 AND project_id = $2"
RUNNING = "SELECT count(*) FROM jobs WHERE tenant_id = $1 AND state = 'running'"
QUEUED = "SELECT count(*) FROM jobs WHERE tenant_id = $1 AND state = 'queued'"
# The jobs of the queue that were taken after the single job arrived and before it was taken.
BETWEEN = """
SELECT count(*) FROM jobs q, jobs single
WHERE q.tenant_id = $1 AND single.tenant_id = $2
  AND q.served_at > single.created_at AND q.served_at < single.served_at
"""
# How many of the queue's jobs ended while the single job waited.
ENDED = """
SELECT count(*) FROM jobs q, jobs single
WHERE q.tenant_id = $1 AND single.tenant_id = $2
  AND q.finished_at > single.created_at AND q.finished_at < single.served_at
"""


class Customers:
    """Makes projects at staging-svc, as any tenant."""

    def __init__(self, made: Installation, port: int) -> None:
        self._made = made
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self._photo = photo()

    async def create(self, tenant_id: UUID) -> UUID:
        """Upload a photo and ask for it to be furnished; the project's id."""
        headers = {CONTEXT_HEADER: self._made.member_token(tenant_id)}
        body = {"filename": "room.jpg", "content_type": "image/jpeg", "size": len(self._photo)}
        answer = await self._http.post("/v1/uploads", json=body, headers=headers)
        upload = answer.raise_for_status().json()
        stored = await self._http.put(upload["url"], content=self._photo, headers=upload["headers"])
        stored.raise_for_status()
        wanted = {"upload_id": upload["id"], "room_type": "bedroom", "style": "modern"}
        answer = await self._http.post("/v1/projects", json=wanted, headers=headers)
        return UUID(answer.raise_for_status().json()["id"])

    async def fill(self, tenant_id: UUID, count: int) -> None:
        """Queue this many jobs."""
        limit = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with limit:
                await self.create(tenant_id)

        await asyncio.gather(*(one() for _ in range(count)))

    async def close(self) -> None:
        await self._http.aclose()


def photo() -> bytes:
    """A photo that takes a moment to clean and to furnish."""
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((1600, 1200)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


async def wait_until(connection: asyncpg.Connection, query: str, *arguments: object) -> None:
    """Return when `query` gives something true, such as a count above 0."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if await connection.fetchval(query, *arguments):
                return
            await asyncio.sleep(PAUSE_SECONDS)


async def follow(
    connection: asyncpg.Connection, customers: Customers, many: UUID
) -> list[dict[str, int]]:
    """One single job after the other, and the jobs that were taken in between."""
    found = []
    for _ in range(SINGLES):
        single = new_id()
        await wait_until(connection, RUNNING, many)
        project_id = await customers.create(single)
        await wait_until(connection, f"SELECT ({STATE}) <> 'queued'", single, project_id)
        found.append(
            {
                "queued": await connection.fetchval(QUEUED, many),
                "taken_before": await connection.fetchval(BETWEEN, many, single),
                "ended_before": await connection.fetchval(ENDED, many, single),
            }
        )
    return found


@contextlib.asynccontextmanager
async def customers_of(made: Installation, port: int) -> AsyncIterator[Customers]:
    """Closed at the end."""
    customers = Customers(made, port)
    try:
        yield customers
    finally:
        await customers.close()


async def measure(
    made: Installation, api_port: int, jobs: contextlib.AbstractContextManager[int], queued: int
) -> list[dict[str, int]]:
    connection = await asyncpg.connect(made.database_url("staging"))
    many = new_id()
    try:
        async with customers_of(made, api_port) as customers:
            await customers.fill(many, queued)
            with jobs:
                return await follow(connection, customers, many)
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queued", type=int, default=500)
    queued = parser.parse_args().queued
    api, jobs, usage = free_port(), free_port(), free_port()
    with (
        installation("staging_svc", "usage_svc", with_store=True) as made,
        contextlib.ExitStack() as stack,
    ):
        make_bucket(made)
        usage_url = f"http://127.0.0.1:{usage}"
        stack.enter_context(made.process("usage-svc api", usage))
        stack.enter_context(made.process("staging-svc api", api, USAGE_SVC_URL=usage_url))
        staging = made.process("staging-svc jobs", jobs, USAGE_SVC_URL=usage_url)
        found = asyncio.run(measure(made, api, staging, queued))
    taken = [each["taken_before"] for each in found]
    report(
        "job_fairness",
        {
            "queued jobs of the other tenant": queued,
            "single jobs": len(found),
            "queued jobs taken before a single one, median": float(median(taken)),
            "queued jobs taken before a single one, most": max(taken),
            "queued jobs that ended before it began, most": max(
                each["ended_before"] for each in found
            ),
        },
        {"singles": found},
        bars=[
            Bar("queued jobs taken before a single one, most", at_most=1),
            Bar("queued jobs that ended before it began, most", at_most=1),
        ],
    )


if __name__ == "__main__":
    main()
