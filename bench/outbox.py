"""The outbox: how fast one relay drains it, and how long it takes from commit to consumer.

Run with `python bench/outbox.py [--events N] [--rates R …] [--seconds S]`. The relay runs in a
process of its own, as in production, against the embedded PostgreSQL and Kafka, with fsync on. The
latency is taken at several rates, three rounds each, and drawn against the rate.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer

from proof.figures import Bar, cpu_seconds, median, percentile, report
from proof.plots import curve
from stagify.bootstrap import create_databases, create_topics
from stagify.cli import run
from stagify.events.staging import ProjectDeleted
from stagify.ids import new_id
from stagify.migrations import rls
from stagify.outbox import publish_on
from stagify.relay import Relay
from stagify.topology import DATABASES
from stagify_local.guardian import Guardian
from stagify_local.kafka import Kafka
from stagify_local.postgres import Postgres

ROUNDS = 3
LAST_ARRIVAL_SECONDS = 60
QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0)
TENANT = new_id()


class Statements(list[str]):
    """Collects the statements of a migration helper."""

    def execute(self, sqltext: str) -> None:
        self.append(sqltext)


def relay_process(dsn: str, bootstrap_servers: str) -> None:
    """What the relay's process does."""
    run(Relay(dsn, service="staging-svc", bootstrap_servers=bootstrap_servers).run())


@contextlib.contextmanager
def relaying(dsn: str, bootstrap_servers: str) -> Iterator[int]:
    """A relay in its own process."""
    process = multiprocessing.get_context("spawn").Process(
        target=relay_process, args=(dsn, bootstrap_servers), daemon=True
    )
    process.start()
    try:
        assert process.pid is not None
        yield process.pid
    finally:
        process.terminate()
        process.join()


async def make_outbox(admin_url: str) -> tuple[str, str]:
    """A database with an outbox; its owner's and its relay's addresses."""
    password = secrets.token_urlsafe(12)
    roles = {role: password for database in DATABASES for role in database.roles}
    await create_databases(admin_url, roles)
    base = admin_url.rpartition("@")[2].rpartition("/")[0]
    owner = f"postgresql://staging_owner:{password}@{base}/staging"
    statements = Statements()
    rls.create_outbox(statements)
    connection = await asyncpg.connect(owner)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
    return owner, f"postgresql://staging_relay:{password}@{base}/staging"


def event() -> ProjectDeleted:
    """An event of the usual size."""
    return ProjectDeleted(tenant_id=TENANT, project_id=new_id(), reservation_id=new_id())


async def drain(owner: str, relay: str, bootstrap_servers: str, events: int) -> dict[str, float]:
    """Fill the outbox, start a relay, and time it from its first deletion to the last."""
    connection = await asyncpg.connect(owner)
    for start in range(0, events, 5_000):
        async with connection.transaction():
            await publish_on(
                connection, "staging-svc", *(event() for _ in range(min(5_000, events - start)))
            )
    with relaying(relay, bootstrap_servers) as pid:
        first = last = before = 0.0
        left = left_at_first = events
        while left:
            left = await connection.fetchval("SELECT count(*) FROM outbox")
            if left < events and not first:
                first, before, left_at_first = time.perf_counter(), cpu_seconds([pid]), left
            last = time.perf_counter()
            await asyncio.sleep(0.05)
        used = cpu_seconds([pid]) - before
    await connection.close()
    return {
        "events_per_second": left_at_first / (last - first),
        "events_per_cpu_second": left_at_first / used,
    }


async def latency(
    owner: str, relay: str, bootstrap_servers: str, rate: int, seconds: float
) -> list[float]:
    """Milliseconds from commit to consumer, for `rate` events a second, one a transaction."""
    committed: dict[UUID, float] = {}
    client = AIOKafkaConsumer(
        "staging.events", bootstrap_servers=bootstrap_servers, auto_offset_reset="latest"
    )
    await client.start()
    await client.seek_to_end()
    pool = await asyncpg.create_pool(owner, min_size=4, max_size=4)

    async def commit_one() -> None:
        made = event()
        async with pool.acquire() as connection, connection.transaction():
            await publish_on(connection, "staging-svc", made)
        committed[made.event_id] = time.perf_counter()

    arrived: dict[UUID, float] = {}
    first_arrived = asyncio.Event()

    async def consume() -> None:
        while len(arrived) <= rate * seconds:
            batch = await client.getmany(timeout_ms=1_000)
            now = time.perf_counter()
            for records in batch.values():
                for record in records:
                    # The id is at a fixed place, because decoding the event would add to the figure.
                    arrived[UUID(record.value[27:63].decode())] = now
                    first_arrived.set()

    with relaying(relay, bootstrap_servers):
        consumer = asyncio.create_task(consume())
        await commit_one()
        await first_arrived.wait()
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
                group.create_task(commit_one())
        await asyncio.wait_for(consumer, LAST_ARRIVAL_SECONDS)
    await client.stop()
    await pool.close()
    delays = [(arrived[key] - at) * 1_000 for key, at in committed.items()]
    return delays[1:]


async def measure(arguments: argparse.Namespace) -> None:
    """Start the servers, take every round, and report."""
    with tempfile.TemporaryDirectory() as name, Guardian() as guardian:
        folder = Path(name)
        # If root runs this, PostgreSQL is another user, who must be able to enter.
        os.chmod(folder, 0o755)
        postgres = Postgres(
            folder / "postgres", guardian, log=folder / "postgres.log", password="bench"
        )
        kafka = Kafka(folder / "kafka", guardian, log=folder / "kafka.log")
        postgres.start()
        kafka.start()
        owner, relay = await make_outbox(postgres.admin_url)
        await create_topics(kafka.bootstrap_servers, 1)
        drains = [
            await drain(owner, relay, kafka.bootstrap_servers, arguments.events)
            for _ in range(ROUNDS)
        ]
        delays = {
            rate: [
                await latency(owner, relay, kafka.bootstrap_servers, rate, arguments.seconds)
                for _ in range(ROUNDS)
            ]
            for rate in arguments.rates
        }
        kafka.stop()
        postgres.stop()
    _report(drains, delays)


def _report(drains: list[dict[str, float]], delays: dict[int, list[list[float]]]) -> None:
    """Medians of the rounds, and the curve of latency against rate."""
    figures = {
        "drain, events/s": median([round_["events_per_second"] for round_ in drains]),
        "drain, events/CPU-s": median([round_["events_per_cpu_second"] for round_ in drains]),
    }
    shares = {"p50": 0.5, "p99": 0.99}
    series: dict[str, list[tuple[float, float]]] = {name: [] for name in shares}
    for rate, rounds in delays.items():
        for name, share in shares.items():
            value = median([percentile(round_, share) for round_ in rounds])
            figures[f"commit → consumer {name} at {rate}/s, ms"] = value
            series[name].append((rate, value))
    curve(
        "outbox_latency",
        "Outbox: from commit to consumer",
        x_label="events a second, one a transaction",
        y_label="milliseconds, median of the rounds",
        series=series,
    )
    bars = [Bar("drain, events/s", at_least=12_000)]
    if 500 in delays:
        bars.append(Bar("commit → consumer p99 at 500/s, ms", at_most=50))
    report("outbox", figures, {"drains": drains, "delays_ms": _raw(delays)}, bars=bars)


def _raw(delays: dict[int, list[list[float]]]) -> dict[int, list[dict[str, float]]]:
    """The distribution of each round; all single delays would be 50,000 lines."""
    return {
        rate: [
            {f"p{100 * share:g}": round(percentile(round_, share), 2) for share in QUANTILES}
            for round_ in rounds
        ]
        for rate, rounds in delays.items()
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rates", type=int, nargs="+", default=[100, 200, 500, 1_000])
    parser.add_argument("--seconds", type=float, default=10)
    asyncio.run(measure(parser.parse_args()))
