"""Creating a project: requests per CPU-second over all our processes that work on it, as a share of
what a plain FastAPI + SQLModel application reaches that inserts the same row.

Run with `python bench/create_project.py [--requests N] [--clients N] [--rounds N]`. Ours is the
whole way: POST /v1/projects through the gateway with an API key and an Idempotency-Key, the check
of the upload, the reservation at usage-svc, project, job and event in one transaction, and the work
that follows: the relay, Kafka, and usage-svc, where the project takes over the reservation. A round
ends when all of that is done. Nothing is staged: no jobs process runs. The plain application
(`plain_create.py`) is one process. Both run under Granian, in turns, on one core and one PostgreSQL
with fsync; the clients and the servers have the other core.
"""

import argparse
import asyncio
import os
import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import orjson
import psutil
from accept_to_start import photo
from create_parts import (
    ANSWERING,
    FOLLOWING,
    OTHER_CORE,
    PHOTO_KEY,
    BenchTenant,
    Side,
    kafka_in,
    ours,
    plain,
    stored_photo,
)
from staging_parts import BUCKET, Installation

from proof.figures import Bar, cpu_seconds, median, percentile, report

SETTLE_SECONDS = 60
IDLE_SECONDS = 5
STATEMENT = re.compile(r" (\w+)@(\w+) LOG:  (?:statement|execute [^:]*): (.*)")
SAMPLE = 200

MAKE_UPLOADS = """
WITH made AS (
    INSERT INTO uploads (tenant_id, id, created_at, bucket, object_key, filename, content_type,
                         size, expires_at)
    SELECT $1, uuidv7(), now(), $3, $4, 'room.jpg', 'image/jpeg', $5, now() + interval '1 hour'
    FROM generate_series(1, $2)
    RETURNING *
), intended AS (
    INSERT INTO tasks (tenant_id, id, created_at, kind, key, concurrency_key, payload, state,
                       due_at, attempts)
    SELECT tenant_id, uuidv7(), now(), 'object.delete', id::text, '',
           jsonb_build_object('bucket', bucket, 'object_key', object_key, 'upload_id', id),
           'waiting', now() + interval '1 day', 0
    FROM made
)
SELECT id FROM made
"""
LEFT_TO_DO = "SELECT count(*) FROM outbox"
TAKEN_OVER = "SELECT count(*) FROM reservations WHERE state = 'held' AND project_id IS NOT NULL"


@dataclass
class Bench:
    """What a round needs."""

    made: Installation
    staging: asyncpg.Connection
    usage: asyncpg.Connection
    tenants: list[BenchTenant]
    postgres_pid: int
    store_pid: int
    accepted: int = 0

    async def prepare(self, side: Side, requests: int) -> list[list[UUID]]:
        """The uploads of every tenant's share, all of the same photo, as they are after the PUT."""
        share = requests // len(self.tenants)
        if not side.is_ours:
            return [[uuid4() for _ in range(share)] for _ in self.tenants]
        return [await self._uploads(tenant, share) for tenant in self.tenants]

    async def _uploads(self, tenant: BenchTenant, count: int) -> list[UUID]:
        size = len(photo())
        rows = await self.staging.fetch(
            MAKE_UPLOADS, tenant.tenant_id, count, BUCKET, PHOTO_KEY, size
        )
        return [row["id"] for row in rows]

    def head(self, side: Side, tenant: BenchTenant) -> str:
        """The head of a request, without its length."""
        credential = tenant.api_key if side.is_ours else tenant.jwt(int(time.time()) + 3600)
        lines = [
            "POST /v1/projects HTTP/1.1",
            f"Host: {tenant.host}",
            f"Authorization: Bearer {credential}",
            "Content-Type: application/json",
            "Accept: application/json",
        ]
        if side.is_ours:
            lines.append(f"Idempotency-Key: {secrets.token_urlsafe(12)}")
        return "\r\n".join(lines)

    async def load(self, side: Side, uploads: list[list[UUID]]) -> None:
        """Create a project from each upload; every tenant's client makes one after the other."""
        pairs = zip(self.tenants, uploads, strict=True)
        took = await asyncio.gather(*(self._client(side, *pair) for pair in pairs))
        side.took_ms += [each for client in took for each in client]
        if side.is_ours:
            self.accepted += sum(map(len, uploads))
            await self._settled()

    async def _client(self, side: Side, tenant: BenchTenant, uploads: list[UUID]) -> list[float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", side.port)
        took = []
        for upload in uploads:
            wanted = {"upload_id": str(upload), "room_type": "bedroom", "style": "modern"}
            body = orjson.dumps(wanted)
            head = f"{self.head(side, tenant)}\r\nContent-Length: {len(body)}\r\n\r\n"
            begun = time.perf_counter()
            # As a client should, repeat a request with its key if it was refused for the moment.
            while not await accepted(reader, writer, head.encode() + body):
                side.refused += 1
                await asyncio.sleep(1)
            took.append((time.perf_counter() - begun) * 1_000)
        writer.close()
        await writer.wait_closed()
        return took

    async def analyse(self) -> None:
        """Let PostgreSQL know the tables, which autovacuum does within a minute or two: a plan that was made while
        they were empty may look for a project by an index that is not the one of ids."""
        for database in (self.staging, self.usage):
            await database.execute("ANALYZE")

    async def _settled(self) -> None:
        """Wait until every event has been sent and every reservation belongs to its project."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while await self.usage.fetchval(TAKEN_OVER) < self.accepted:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            while await self.staging.fetchval(LEFT_TO_DO):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def measure_idle(self, side: Side) -> None:
        """The CPU time that the processes use when idle."""
        before = used_by(side.pids)
        await asyncio.sleep(IDLE_SECONDS)
        after = used_by(side.pids)
        side.idle = {name: (after[name] - before[name]) / IDLE_SECONDS for name in after}

    async def measure(self, side: Side, requests: int) -> None:
        """One round: CPU-seconds a request of each process."""
        uploads = await self.prepare(side, requests)
        made = sum(map(len, uploads))
        pids = {**side.pids, "PostgreSQL": self.postgres_pid, "object store": self.store_pid}
        before, begun = used_by(pids), time.perf_counter()
        await self.load(side, uploads)
        after, seconds = used_by(pids), time.perf_counter() - begun
        used = {name: after[name] - before[name] for name in pids}
        side.cpu.append({name: each / made for name, each in used.items()})
        side.net.append(
            {name: (used[name] - idle * seconds) / made for name, idle in side.idle.items()}
        )

    async def statements(self, side: Side) -> dict[str, float]:
        """Statements of each role for one request, counted in the log of the server."""
        log = self.made.folder / "postgres.log"
        uploads = await self.prepare(side, SAMPLE)
        await self._log_statements("all")
        begins_at = log.stat().st_size
        await self.load(side, uploads)
        await self._log_statements("none")
        with log.open("rb") as file:
            file.seek(begins_at)
            lines = file.read().decode(errors="replace").splitlines()
        found = (STATEMENT.search(line) for line in lines)
        counted = Counter(match[1] for match in found if match)
        made = sum(map(len, uploads))
        return {role: count / made for role, count in sorted(counted.items())}

    async def _log_statements(self, which: str) -> None:
        await self.staging.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
        await self.staging.execute("SELECT pg_reload_conf()")
        # A signal tells each process of the server.
        await asyncio.sleep(0.5)


def used_by(pids: dict[str, int]) -> dict[str, float]:
    return {name: cpu_seconds([pid]) for name, pid in pids.items()}


async def accepted(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bool:
    """Send a request; False if it was refused for the moment."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
    content = await reader.readexactly(length)
    if head.startswith(b"http/1.1 503"):
        return False
    if not head.startswith(b"http/1.1 202"):
        raise RuntimeError(f"{head!r}: {content!r}")
    return True


def summed(round_: dict[str, float], names: tuple[str, ...]) -> float:
    return sum(round_[name] for name in names)


def ratio(
    mine: list[dict[str, float]], peer: list[dict[str, float]], processes: tuple[str, ...]
) -> float:
    """Ours against theirs in neighbouring rounds, so that both had the same conditions."""
    return median(
        [theirs["plain"] / summed(each, processes) for each, theirs in zip(mine, peer, strict=True)]
    )


def figures(mine: Side, peer: Side) -> dict[str, float]:
    """Medians of the rounds."""
    everyone = (*ANSWERING, *FOLLOWING)
    result = {
        "stagify, requests per CPU-second, all our processes": median(
            [1 / summed(each, everyone) for each in mine.cpu]
        ),
        "stagify, requests per CPU-second, until the answer": median(
            [1 / summed(each, ANSWERING) for each in mine.cpu]
        ),
        "plain, requests per CPU-second": median([1 / each["plain"] for each in peer.cpu]),
    }
    for name, processes in (
        ("all our processes", everyone),
        ("until the answer", ANSWERING),
    ):
        result[f"ratio, {name}"] = ratio(mine.cpu, peer.cpu, processes)
    # On a busy machine a round takes longer, so the CPU time of idle processes weighs more.
    result["ratio, all our processes, less what they use idle"] = ratio(
        mine.net, peer.net, everyone
    )
    for side, name in ((mine, "stagify"), (peer, "plain")):
        for process in side.cpu[0]:
            cost = median([each[process] for each in side.cpu]) * 1_000
            result[f"{name}, CPU-ms a request: {process}"] = cost
        for process, used in side.idle.items():
            result[f"{name}, CPU-ms a second when idle: {process}"] = used * 1_000
        result[f"{name}, p50 ms"] = percentile(side.took_ms, 0.5)
        result[f"{name}, p99 ms"] = percentile(side.took_ms, 0.99)
        result[f"{name}, refused for the moment"] = side.refused
    return result


async def compare(bench: Bench, mine: Side, peer: Side, arguments: argparse.Namespace) -> None:
    """Warm up, measure in turns, count statements, and report."""
    for side in (mine, peer):
        await bench.load(side, await bench.prepare(side, arguments.requests // 2))
        side.took_ms.clear()
        await bench.analyse()
        await bench.measure_idle(side)
    for _ in range(arguments.rounds):
        for side in (mine, peer):
            await bench.measure(side, arguments.requests)
    result = figures(mine, peer)
    for side, name in ((mine, "stagify"), (peer, "plain")):
        for role, count in (await bench.statements(side)).items():
            result[f"{name}, statements a request: {role}"] = count
    report(
        "create_project",
        {"clients": arguments.clients, **result},
        {"requests": arguments.requests, "stagify": mine.cpu, "plain": peer.cpu},
        bars=[Bar("ratio, all our processes", at_least=0.35)],
    )


async def run(made: Installation, mine: Side, peer: Side, arguments: argparse.Namespace) -> None:
    """Everything that needs connections."""
    assert made.store is not None
    assert made.store.process.pid is not None
    staging = await asyncpg.connect(made.database_url("staging"))
    usage = await asyncpg.connect(made.database_url("usage"))
    try:
        backend = psutil.Process(await staging.fetchval("SELECT pg_backend_pid()"))
        tenants = [BenchTenant(number) for number in range(arguments.clients)]
        bench = Bench(made, staging, usage, tenants, backend.ppid(), made.store.process.pid)
        await compare(bench, mine, peer, arguments)
    finally:
        await staging.close()
        await usage.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    # The clients, and the servers that inherit this.
    os.sched_setaffinity(0, {OTHER_CORE})
    with (
        stored_photo() as made,
        kafka_in(made.folder) as kafka,
        ours(made, kafka) as mine,
        plain(made) as peer,
    ):
        asyncio.run(run(made, mine, peer, arguments))


if __name__ == "__main__":
    main()
