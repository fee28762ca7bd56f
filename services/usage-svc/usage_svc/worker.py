"""The background process of usage-svc: outbox relay, ingestion and events, upkeep."""

from contextlib import aclosing

from stagify.clock import utc_now
from stagify.consumer import Consumer
from stagify.service_worker import configure, run_service_worker
from stagify.worker import every
from usage_svc.handlers import make_batch_handlers, make_handlers
from usage_svc.metering.partitions import ensure_partitions
from usage_svc.metering.service import Ledger
from usage_svc.parts import NAME, Parts, make_parts
from usage_svc.quotas import reservations
from usage_svc.settings import Settings

UPKEEP_INTERVAL_SECONDS = 3600.0


def make_consumer(parts: Parts) -> Consumer:
    """The consumer of usage, and of events of tenants and projects."""
    ledger = Ledger(parts.ingest_database, parts.plans)
    return Consumer(
        NAME,
        database=parts.database,
        handlers=make_handlers(parts.plans),
        batch_handlers=make_batch_handlers(
            ledger, parts.ingest_database, parts.settings.attached_ttl
        ),
        bootstrap_servers=parts.settings.brokers,
    )


async def expire_reservations(parts: Parts) -> None:
    """Expire reservations that were never used. This is not left to upkeep, because what they hold
    is missing until then."""
    async with parts.ingest_database.tenant_connection(None) as connection:
        await reservations.expire_due(connection, now=utc_now())


async def upkeep(parts: Parts) -> None:
    """Make partitions ahead of time, and delete reservations that nobody will ask for again."""
    ahead = parts.settings.partition_months_ahead
    await ensure_partitions(parts.ingest_database, now=utc_now(), ahead=ahead)
    async with parts.ingest_database.tenant_connection(None) as connection:
        await reservations.forget_closed(connection, now=utc_now())


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    async with aclosing(make_parts(settings)) as parts:
        await run_service_worker(
            NAME,
            settings,
            database=parts.database,
            consumer=make_consumer(parts),
            jobs={
                "expiry": lambda: every(
                    settings.expiry_interval_seconds,
                    lambda: expire_reservations(parts),
                    name="expiry",
                ),
                "upkeep": lambda: every(
                    UPKEEP_INTERVAL_SECONDS, lambda: upkeep(parts), name="upkeep"
                ),
            },
            checks={"ingest_database": parts.ingest_database.ping},
            other_databases=[parts.ingest_database],
        )
