"""The background process of usage-svc: outbox relay, ingestion and events, upkeep."""

from stagify.clock import utc_now
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from stagify.worker import every
from usage_svc import reservations
from usage_svc.handlers import CONSUMER, make_batch_handlers, make_handlers
from usage_svc.ledger import Ledger
from usage_svc.partitions import ensure_partitions
from usage_svc.plans import PlanCatalog, load_plans
from usage_svc.settings import Settings

NAME = CONSUMER
UPKEEP_INTERVAL_SECONDS = 3600.0
# Partitions of a topic are ingested side by side; two transactions keep a core busy.
INGEST_POOL_SIZE = 2


def make_ingest_database(settings: Settings) -> Database:
    """The database as the role that sees all tenants."""
    return Database(
        settings.ingest_database_url.get_secret_value(),
        service=NAME,
        pool_size=INGEST_POOL_SIZE,
    )


def make_consumer(
    settings: Settings, database: Database, ingest_database: Database, plans: PlanCatalog
) -> Consumer:
    """The consumer of usage, and of what tenants and projects do."""
    return Consumer(
        NAME,
        database=database,
        handlers=make_handlers(plans),
        batch_handlers=make_batch_handlers(
            Ledger(ingest_database, plans), ingest_database, settings.attached_ttl
        ),
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


class Upkeep:
    """The periodic jobs, each one bounded round at a time."""

    def __init__(self, ingest_database: Database, settings: Settings) -> None:
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


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    plans = load_plans(settings.plans_file)
    database = Database.from_settings(settings, service=NAME)
    ingest_database = make_ingest_database(settings)
    upkeep = Upkeep(ingest_database, settings)
    await run_service_worker(
        NAME,
        settings,
        database=database,
        consumer=make_consumer(settings, database, ingest_database, plans),
        jobs={
            "expiry": lambda: every(
                settings.expiry_interval_seconds, upkeep.expire_reservations, name="expiry"
            ),
            "upkeep": lambda: every(UPKEEP_INTERVAL_SECONDS, upkeep.tidy, name="upkeep"),
        },
        checks={"ingest_database": ingest_database.ping},
        other_databases=[ingest_database],
    )
