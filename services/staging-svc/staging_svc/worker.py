"""The background process of staging-svc: outbox relay, consumer, tasks and upkeep."""

from contextlib import aclosing

from stagify.consumer import Consumer
from stagify.service_worker import configure, run_service_worker
from stagify.tasks.kinds import Kinds
from staging_svc.handlers import HANDLERS
from staging_svc.objects.tasks import object_kinds
from staging_svc.parts import NAME, Parts, make_parts
from staging_svc.projects.tasks import project_kinds
from staging_svc.reconciliation.tasks import begin_reconciliation, reconciliation_kinds
from staging_svc.settings import Settings
from staging_svc.uploads.service import forget_unused
from staging_svc.uploads.tasks import upload_kinds


def make_consumer(parts: Parts) -> Consumer:
    """The consumer of tenant-svc's events."""
    return Consumer(
        NAME,
        database=parts.database,
        handlers=HANDLERS,
        bootstrap_servers=parts.settings.brokers,
    )


def make_kinds(parts: Parts) -> Kinds:
    """All tasks of the service."""
    return {
        **object_kinds(parts.storage, forget_unused),
        **upload_kinds(parts),
        **project_kinds(parts),
        **reconciliation_kinds(parts),
    }


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
            kinds=make_kinds(parts),
            jobs={"reconciliation": lambda: begin_reconciliation(parts)},
            checks={"storage": parts.storage.ping},
        )
