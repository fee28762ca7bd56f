"""The background process of every service with a database: relay, consumer, tasks, retention."""

from collections.abc import Mapping, Sequence

from stagify import idempotency, inbox, logs, telemetry
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.relay import Relay
from stagify.settings import ServiceSettings
from stagify.tasks.kinds import Kinds
from stagify.tasks.runner import TaskRunner
from stagify.worker import Check, Job, every, run_worker

RETENTION_INTERVAL_SECONDS = 600.0


def configure(service: str, settings: ServiceSettings) -> None:
    """Set up logs and traces for a background process of `service`."""
    logs.configure(service, settings.log_level)
    telemetry.configure(service, settings)


def make_queue(service: str, settings: ServiceSettings) -> Database:
    """The service's database as the tasks role. One connection is enough: its transactions are short."""
    url = settings.tasks_database_url.get_secret_value()
    return Database(url, service=service, pool_size=1)


async def run_service_worker(
    service: str,
    settings: ServiceSettings,
    *,
    database: Database,
    consumer: Consumer,
    jobs: Mapping[str, Job],
    kinds: Kinds | None = None,
    checks: Mapping[str, Check] | None = None,
    other_databases: Sequence[Database] = (),
) -> None:
    """Run the relay, `consumer`, tasks of `kinds`, retention and the service's own `jobs` until
    SIGTERM, and close the databases at the end."""
    databases = [database, *other_databases]

    async def forget() -> None:
        await inbox.forget_old(database)
        await idempotency.forget_old(database)

    relay = Relay(
        settings.relay_database_url.get_secret_value(),
        service=service,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    own: dict[str, Job] = {
        "relay": relay.run,
        "consumer": consumer.run,
        "retention": lambda: every(RETENTION_INTERVAL_SECONDS, forget, name="retention"),
    }
    if kinds:
        queue = make_queue(service, settings)
        databases.append(queue)
        own["tasks"] = TaskRunner(queue, database, kinds).run
    try:
        await run_on(
            databases,
            settings,
            jobs={**own, **jobs},
            checks={"database": database.ping, **(checks or {})},
        )
    finally:
        for each in databases:
            await each.close()


async def run_on(
    databases: Sequence[Database],
    settings: ServiceSettings,
    *,
    jobs: Mapping[str, Job],
    checks: Mapping[str, Check],
) -> None:
    """Run `jobs` until SIGTERM. Refuses to start if a role of `databases` can bypass row-level
    security."""
    for each in databases:
        await each.assert_least_privilege()
    await run_worker(
        jobs,
        checks=checks,
        host=settings.http_host,
        port=settings.worker_http_port,
        grace_seconds=settings.shutdown_grace_seconds,
    )
