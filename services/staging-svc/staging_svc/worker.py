"""The background process of staging-svc: outbox relay, consumer, tasks and upkeep."""

from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from staging_svc.handlers import HANDLERS
from staging_svc.objects.store import Storage
from staging_svc.objects.tasks import object_kinds
from staging_svc.parts import NAME
from staging_svc.settings import Settings
from staging_svc.uploads.service import forget_unused


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of tenant-svc's events."""
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
    storage = Storage(settings)
    await run_service_worker(
        NAME,
        settings,
        database=database,
        consumer=make_consumer(settings, database),
        kinds=object_kinds(storage, forget_unused),
        jobs={},
        checks={"storage": storage.ping},
    )
