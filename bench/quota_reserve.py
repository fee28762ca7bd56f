"""Reserving quota of one tenant with 64 clients, against bare asyncpg in the same run.

Run with `python bench/quota_reserve.py [--seconds S] [--clients N]`. Ours is the whole way: HTTP
with a context token to the api process of usage-svc, a reservation row each, never over the
limit. The other does the minimum: one UPDATE of one row for each reservation, over as many
connections as there are clients. Both use one server with fsync on, and their rounds take turns.
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import UUID

import asyncpg

from proof.figures import Bar, cpu_seconds, median, percentile, report
from stagify.bootstrap import create_databases
from stagify.calls import usage
from stagify.calls.client import InternalClient
from stagify.cli import run
from stagify.ids import new_id
from stagify.migrations.runner import upgrade
from stagify.settings import PublicKey
from stagify.tokens import TokenSigner, generate_seed, public_key_of
from stagify.topology import DATABASES
from stagify_local.guardian import Guardian
from stagify_local.ports import free_port
from stagify_local.postgres import Postgres

ROUNDS = 3
SMALL_LIMIT = 500
# The client of the kit keeps at most this many connections.
CONNECTIONS_PER_CLIENT = 16
PLANS = """
default = "large"
[plans.large]
name = "Large"
limits = { staging = 1_000_000_000, storage_bytes = 0, api_calls = %d, seats = 1 }
"""
BARE_TABLE = "CREATE TABLE bare (id int PRIMARY KEY, reserved bigint NOT NULL) WITH (fillfactor=50)"
BARE_UPDATE = (
    "UPDATE bare SET reserved = reserved + 1 WHERE id = 1 AND reserved + 1 <= 1000000000"
    " RETURNING reserved"
)

Reserve = Callable[[int], Awaitable[bool]]


def start_service(folder: Path, base: str, password: str, port: int, seed: str) -> TokenSigner:
    """The environment of usage-svc, which the caller starts; the key with which staging-svc signs."""
    keys = {
        name: {"issuer": name, "key": public_key_of(key), "audiences": ["usage-svc"]}
        for name, key in (("usage-svc", seed), ("staging-svc", seed))
    }
    plans = folder / "plans.toml"
    plans.write_text(PLANS % SMALL_LIMIT)
    os.environ |= {
        "ENVIRONMENT": "test",
        "HTTP_PORT": str(port),
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"postgresql://usage_app:{password}@{base}/usage",
        "RELAY_DATABASE_URL": f"postgresql://usage_relay:{password}@{base}/usage",
        "TASKS_DATABASE_URL": f"postgresql://usage_tasks:{password}@{base}/usage",
        "INGEST_DATABASE_URL": f"postgresql://usage_ingest:{password}@{base}/usage",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "IDEMPOTENCY_SECRET": secrets.token_urlsafe(16),
        "CONTEXT_PRIVATE_KEY": seed,
        "CONTEXT_PUBLIC_KEYS": json.dumps(keys),
        "PLANS_FILE": str(plans),
    }
    public = PublicKey(
        issuer="staging-svc", key=public_key_of(seed), audiences=frozenset({"usage-svc"})
    )
    return TokenSigner(seed, {"staging-svc": public})


@contextlib.asynccontextmanager
async def serving(port: int) -> AsyncIterator[int]:
    """The api process of usage-svc, answering."""
    process = await asyncio.to_thread(
        subprocess.Popen, [str(Path(sys.executable).parent / "usage-svc"), "api"]
    )
    try:
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


async def load(reserve: Reserve, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Reservations a second by `clients` in parallel, and the milliseconds each took."""
    delays: list[float] = []
    end = time.perf_counter() + seconds

    async def client(number: int) -> None:
        while (begun := time.perf_counter()) < end:
            if not await reserve(number):
                raise RuntimeError("a reservation was refused")
            delays.append((time.perf_counter() - begun) * 1_000)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(number))
    return len(delays) / (time.perf_counter() - started), delays


def over_http(clients: list[InternalClient], tenant_id: UUID, meter: str = "staging") -> Reserve:
    """A reservation as staging-svc makes it."""

    async def reserve(number: int) -> bool:
        wanted = usage.ReservationCreate(reservation_id=new_id(), meter=meter, quantity=1)
        try:
            await usage.reserve(clients[number // CONNECTIONS_PER_CLIENT], tenant_id, wanted)
        except usage.QuotaExceededError:
            return False
        return True

    return reserve


async def count_admitted(reserve: Reserve, clients: int, requests: int) -> int:
    """How many of `requests` in parallel succeed."""

    async def client(number: int) -> int:
        return sum([await reserve(number) for _ in range(requests // clients)])

    return sum(await asyncio.gather(*map(client, range(clients))))


async def measure(arguments: argparse.Namespace, folder: Path, postgres: Postgres) -> None:
    """Take every round, and report."""
    clients, seconds = arguments.clients, arguments.seconds
    password, port, seed = secrets.token_urlsafe(12), free_port(), generate_seed()
    base = postgres.admin_url.rpartition("@")[2].rpartition("/")[0]
    roles = {role: password for database in DATABASES for role in database.roles}
    await create_databases(postgres.admin_url, roles)
    owner = f"postgresql://usage_owner:{password}@{base}/usage"
    await asyncio.to_thread(upgrade, "usage_svc", owner)
    signer = start_service(folder, base, password, port, seed)
    callers = [
        InternalClient(
            f"http://127.0.0.1:{port}", audience="usage-svc", signer=signer, timeout_seconds=10
        )
        for _ in range(-(-clients // CONNECTIONS_PER_CLIENT))
    ]
    pool = await asyncpg.create_pool(owner, min_size=clients, max_size=clients)
    await pool.execute(BARE_TABLE)
    await pool.execute("INSERT INTO bare VALUES (1, 0)")

    async def bare(_: int) -> bool:
        return await pool.fetchval(BARE_UPDATE) is not None

    ours: list[float] = []
    theirs: list[float] = []
    delays: list[float] = []
    async with serving(port) as pid:
        tenant_id = new_id()
        await load(over_http(callers, tenant_id), clients, 1)
        before, reservations = cpu_seconds([pid]), 0
        for _ in range(ROUNDS):
            theirs.append((await load(bare, clients, seconds))[0])
            rate, took = await load(over_http(callers, tenant_id), clients, seconds)
            ours.append(rate)
            delays += took
            reservations += len(took)
        cpu = cpu_seconds([pid]) - before
        small = over_http(callers, new_id(), meter="api_calls")
        admitted = await count_admitted(small, clients, SMALL_LIMIT * 4)
    for caller in callers:
        await caller.close()
    await pool.close()
    report(
        "quota_reserve",
        {
            "clients": clients,
            "ours, reservations/s": median(ours),
            "bare asyncpg UPDATE, reservations/s": median(theirs),
            "ours against bare": median([a / b for a, b in zip(ours, theirs, strict=True)]),
            "ours, p50 ms": percentile(delays, 0.5),
            "ours, p99 ms": percentile(delays, 0.99),
            "ours, reservations per CPU-second of the api": reservations / cpu,
            f"admitted of a limit of {SMALL_LIMIT}": admitted,
        },
        {"ours": ours, "bare": theirs},
        bars=[
            Bar("ours against bare", at_least=1.0),
            Bar(f"admitted of a limit of {SMALL_LIMIT}", at_least=SMALL_LIMIT, at_most=SMALL_LIMIT),
        ],
    )


def main() -> None:
    """Start PostgreSQL, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Guardian() as guardian:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = Postgres(
            folder / "postgres", guardian, log=folder / "postgres.log", password="bench"
        )
        postgres.start()
        try:
            run(measure(arguments, folder, postgres))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
