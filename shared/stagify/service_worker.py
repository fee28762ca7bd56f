"""The background process every service with a database has: relay, consumer, retention."""

from collections.abc import Mapping, Sequence

from stagify import idempotency, inbox, logs, telemetry
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.relay import Relay
from stagify.settings import ServiceSettings
from stagify.worker import Check, Job, every, run_worker

RETENTION_INTERVAL_SECONDS = 600.0


def configure(service: str, settings: ServiceSettings) -> None:
    """Logs and traces of a background process of `service`."""
    logs.configure(service, settings.log_level)
    telemetry.configure(service, settings)


async def run_service_worker(
    service: str,
    settings: ServiceSettings,
    *,
    database: Database,
    consumer: Consumer,
    jobs: Mapping[str, Job],
    checks: Mapping[str, Check] | None = None,
    other_databases: Sequence[Database] = (),
) -> None:
    """Run the relay, `consumer`, retention and the service's own `jobs` until SIGTERM.

    Refuses to start as a database role that row-level security does not bind. Closes the
    databases at the end.
    """
    databases = (database, *other_databases)

    async def forget() -> None:
        await inbox.forget_old(database)
        await idempotency.forget_old(database)

    relay = Relay(
        settings.relay_database_url.get_secret_value(),
        service=service,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    try:
        for each in databases:
            await each.assert_least_privilege()
        await run_worker(
            {
                "relay": relay.run,
                "consumer": consumer.run,
                "retention": lambda: every(RETENTION_INTERVAL_SECONDS, forget, name="retention"),
                **jobs,
            },
            checks={"database": database.ping, **(checks or {})},
            host=settings.http_host,
            port=settings.worker_http_port,
            grace_seconds=settings.shutdown_grace_seconds,
        )
    finally:
        for each in databases:
            await each.close()
