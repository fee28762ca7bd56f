"""The background process of usage-svc: outbox relay, ingestion and events, upkeep."""

from stagify import idempotency, inbox, logs, telemetry
from stagify.clock import utc_now
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.relay import Relay
from stagify.worker import every, run_worker
from usage_svc import reservations
from usage_svc.handlers import make_batch_handlers, make_handlers
from usage_svc.ledger import Ledger
from usage_svc.partitions import ensure_partitions
from usage_svc.plans import PlanCatalog, load_plans
from usage_svc.settings import Settings

UPKEEP_INTERVAL_SECONDS = 3600.0
# Partitions of a topic are ingested side by side; two transactions keep a core busy.
INGEST_POOL_SIZE = 2


def make_database(settings: Settings) -> Database:
    """The database as the app role."""
    return Database(
        settings.database_url.get_secret_value(),
        service="usage-svc",
        pool_size=settings.database_pool_size,
    )


def make_ingest_database(settings: Settings) -> Database:
    """The database as the role that sees all tenants."""
    return Database(
        settings.ingest_database_url.get_secret_value(),
        service="usage-svc",
        pool_size=INGEST_POOL_SIZE,
    )


def make_consumer(
    settings: Settings, database: Database, ingest_database: Database, plans: PlanCatalog
) -> Consumer:
    """The consumer of usage, and of what tenants and projects do."""
    return Consumer(
        "usage-svc",
        database=database,
        handlers=make_handlers(plans, settings.attached_ttl),
        batch_handlers=make_batch_handlers(Ledger(ingest_database, plans)),
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


class Upkeep:
    """The periodic jobs, each one bounded round at a time."""

    def __init__(self, database: Database, ingest_database: Database, settings: Settings) -> None:
        self._database = database
        self._ingest_database = ingest_database
        self._months_ahead = settings.partition_months_ahead

    async def expire_reservations(self) -> None:
        """Give back what was reserved and never taken up."""
        async with self._ingest_database.tenant_connection(None) as connection:
            await reservations.expire_due(connection, now=utc_now())

    async def tidy(self) -> None:
        """Make partitions ahead of time and forget what nobody will ask for again."""
        await ensure_partitions(self._ingest_database, now=utc_now(), ahead=self._months_ahead)
        async with self._ingest_database.tenant_connection(None) as connection:
            await reservations.forget_closed(connection, now=utc_now())
        await inbox.forget_old(self._database)
        await idempotency.forget_old(self._database)


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    logs.configure("usage-svc", settings.log_level)
    telemetry.configure("usage-svc", settings)
    plans = load_plans(settings.plans_file)
    database, ingest_database = make_database(settings), make_ingest_database(settings)
    await database.assert_least_privilege()
    await ingest_database.assert_least_privilege()
    upkeep = Upkeep(database, ingest_database, settings)
    relay = Relay(
        settings.relay_database_url.get_secret_value(),
        service="usage-svc",
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    try:
        await run_worker(
            {
                "relay": relay.run,
                "consumer": make_consumer(settings, database, ingest_database, plans).run,
                "expiry": lambda: every(
                    settings.expiry_interval_seconds, upkeep.expire_reservations, name="expiry"
                ),
                "upkeep": lambda: every(UPKEEP_INTERVAL_SECONDS, upkeep.tidy, name="upkeep"),
            },
            checks={"database": database.ping, "ingest_database": ingest_database.ping},
            host=settings.http_host,
            port=settings.worker_http_port,
            grace_seconds=settings.shutdown_grace_seconds,
        )
    finally:
        await database.close()
        await ingest_database.close()
