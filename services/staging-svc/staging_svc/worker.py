"""The background process of staging-svc: outbox relay, consumer, deletions, retention."""

from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from stagify.worker import every
from staging_svc.handlers import HANDLERS
from staging_svc.objects.deletion import DeletionExecutor
from staging_svc.objects.store import Storage
from staging_svc.settings import Settings
from staging_svc.uploads.service import forget_unused

NAME = "staging-svc"


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of what tenant-svc says."""
    return Consumer(
        NAME,
        database=database,
        handlers=HANDLERS,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    database = Database.from_settings(settings, service=NAME)
    claims = Database(settings.claim_database_url.get_secret_value(), service=NAME, pool_size=1)
    storage = Storage(settings)
    executor = DeletionExecutor(database, claims, storage, forget_unused)

    async def delete() -> None:
        await executor.run_once()

    await run_service_worker(
        NAME,
        settings,
        database=database,
        consumer=make_consumer(settings, database),
        jobs={"deletions": lambda: every(settings.deletion_poll_seconds, delete, name="deletions")},
        checks={"storage": storage.ping},
        other_databases=[claims],
    )
