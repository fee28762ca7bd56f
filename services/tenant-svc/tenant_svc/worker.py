"""The background process of tenant-svc: outbox relay, consumer, and upkeep."""

from contextlib import aclosing

from stagify.consumer import Consumer
from stagify.service_worker import configure, run_service_worker
from stagify.worker import every
from tenant_svc.handlers import HANDLERS
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.parts import NAME, Parts, make_parts
from tenant_svc.settings import Settings


def make_consumer(parts: Parts) -> Consumer:
    """The consumer of other services' events about tenants."""
    return Consumer(
        NAME,
        database=parts.database,
        handlers=HANDLERS,
        bootstrap_servers=parts.settings.brokers,
    )


async def upkeep(parts: Parts) -> None:
    """End what was begun and never finished."""
    await lifecycle.end_unfinished(parts)


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
                "upkeep": lambda: every(
                    settings.upkeep_interval_seconds, lambda: upkeep(parts), name="upkeep"
                )
            },
        )
