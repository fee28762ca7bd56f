"""The background process of usage-svc: outbox relay, ingestion and events, upkeep."""

from stagify.clock import utc_now
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from stagify.worker import every
from usage_svc.handlers import make_batch_handlers, make_handlers
from usage_svc.metering.partitions import ensure_partitions
from usage_svc.metering.service import Ledger
from usage_svc.parts import NAME, Parts, make_parts
from usage_svc.quotas import reservations
from usage_svc.settings import Settings

UPKEEP_INTERVAL_SECONDS = 3600.0
# Partitions of a topic are ingested in parallel; two transactions keep a core busy.
INGEST_POOL_SIZE = 2


def make_ingest_database(settings: Settings) -> Database:
    """The database as the role that sees all tenants."""
    return Database(
        settings.ingest_database_url.get_secret_value(),
        service=NAME,
        pool_size=INGEST_POOL_SIZE,
    )


def make_consumer(parts: Parts, ingest_database: Database) -> Consumer:
    """The consumer of usage, and of events of tenants and projects."""
    ledger = Ledger(ingest_database, parts.plans)
    return Consumer(
        NAME,
        database=parts.database,
        handlers=make_handlers(parts.plans),
        batch_handlers=make_batch_handlers(ledger, ingest_database, parts.settings.attached_ttl),
        bootstrap_servers=parts.settings.kafka_bootstrap_servers,
    )


async def expire_reservations(ingest_database: Database) -> None:
    """Expire reservations that were never used."""
    async with ingest_database.tenant_connection(None) as connection:
        await reservations.expire_due(connection, now=utc_now())


async def upkeep(ingest_database: Database, months_ahead: int) -> None:
    """Make partitions ahead of time, and delete reservations that nobody will ask for again."""
    await ensure_partitions(ingest_database, now=utc_now(), ahead=months_ahead)
    async with ingest_database.tenant_connection(None) as connection:
        await reservations.forget_closed(connection, now=utc_now())


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    parts = make_parts(settings)
    ingest_database = make_ingest_database(settings)

    async def expire() -> None:
        await expire_reservations(ingest_database)

    async def keep_up() -> None:
        await upkeep(ingest_database, settings.partition_months_ahead)

    await run_service_worker(
        NAME,
        settings,
        database=parts.database,
        consumer=make_consumer(parts, ingest_database),
        jobs={
            "expiry": lambda: every(settings.expiry_interval_seconds, expire, name="expiry"),
            "upkeep": lambda: every(UPKEEP_INTERVAL_SECONDS, keep_up, name="upkeep"),
        },
        checks={"ingest_database": ingest_database.ping},
        other_databases=[ingest_database],
    )
