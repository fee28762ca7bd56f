"""The background process of tenant-svc: outbox relay, consumer, and the sweep."""

from datetime import timedelta
from uuid import UUID

from prometheus_client import Gauge

from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from stagify.worker import every
from tenant_svc import lifecycle
from tenant_svc.directory import Directory
from tenant_svc.handlers import make_handlers
from tenant_svc.settings import Settings

STUCK = Gauge(
    "stagify_tenants_stuck_in_provisioning",
    "Tenants in provisioning for longer than PROVISIONING_ALERT_MINUTES: alert above 0.",
)
NAME = "tenant-svc"


class Sweep:
    """Ends what was begun and never finished: holds of names, and tenants of broken sign-ups."""

    def __init__(self, database: Database, directory: Directory, settings: Settings) -> None:
        self._database = database
        self._directory = directory
        self._settings = settings

    async def run(self) -> None:
        """One round. Each tenant has its own transaction, under its own row-level security."""
        alert_after = timedelta(minutes=self._settings.provisioning_alert_minutes)
        async with self._database.system() as session:
            await lifecycle.drop_lapsed_holds(session)
            unfinished = await lifecycle.unfinished_tenants(session)
            lapsed = await lifecycle.lapsed_slugs(session)
            STUCK.set(await lifecycle.count_stuck(session, alert_after))
        for tenant_id in unfinished:
            await self._expire(tenant_id)
        for tenant_id in lapsed:
            await self._release(tenant_id)

    async def _expire(self, tenant_id: UUID) -> None:
        async with self._database.tenant(tenant_id) as session:
            await lifecycle.expire_tenant(
                session,
                tenant_id=tenant_id,
                grace=self._settings.slug_grace,
                directory=self._directory,
            )

    async def _release(self, tenant_id: UUID) -> None:
        async with self._database.tenant(tenant_id) as session:
            await lifecycle.release_slug(session, tenant_id=tenant_id, directory=self._directory)


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of what other services say about tenants."""
    return Consumer(
        NAME,
        database=database,
        handlers=make_handlers(Directory.from_settings(settings)),
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    database = Database.from_settings(settings, service=NAME)
    sweep = Sweep(database, Directory.from_settings(settings), settings)
    await run_service_worker(
        NAME,
        settings,
        database=database,
        consumer=make_consumer(settings, database),
        jobs={"sweep": lambda: every(settings.sweep_interval_seconds, sweep.run, name="sweep")},
    )
