"""The background process of every service with a database: relay, consumer, tasks, upkeep."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from stagify import idempotency, inbox, logs, telemetry
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.relay import Relay
from stagify.settings import ServiceSettings
from stagify.tasks.kinds import Kinds
from stagify.tasks.runner import TaskRunner
from stagify.worker import Check, Job, every, run_worker

UPKEEP_INTERVAL_SECONDS = 600.0


def configure(service: str, settings: ServiceSettings) -> None:
    """Set up logs and traces for a background process of `service`."""
    logs.configure(service, settings.log_level)
    telemetry.configure(service, settings)


def make_queue(service: str, settings: ServiceSettings) -> Database:
    """The service's database as the tasks role. One connection is enough: its transactions are short."""
    url = settings.tasks_database_url.get_secret_value()
    return Database(url, service=service, pool_size=1)


async def upkeep(database: Database) -> None:
    """Forget marks and answers that nobody will ask for again, in the tables that the kit brings."""
    await inbox.forget_old(database)
    await idempotency.forget_old(database)


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
    """Run the relay, `consumer`, tasks of `kinds`, the kit's upkeep and the service's own `jobs`
    until SIGTERM. The caller closes the databases."""
    relay_url = settings.relay_database_url.get_secret_value()
    relay = Relay(relay_url, service=service, bootstrap_servers=settings.brokers)
    own: dict[str, Job] = {
        "relay": relay.run,
        "consumer": consumer.run,
        "kit-upkeep": lambda: every(
            UPKEEP_INTERVAL_SECONDS, lambda: upkeep(database), name="kit-upkeep"
        ),
    }
    databases = [database, *other_databases]
    async with AsyncExitStack() as stack:
        if kinds:
            queue = make_queue(service, settings)
            stack.push_async_callback(queue.close)
            databases.append(queue)
            own["tasks"] = TaskRunner(queue, database, kinds).run
        await _check_role(relay_url, service)
        await run_on(
            databases,
            settings,
            jobs={**own, **jobs},
            checks={"database": database.ping, **(checks or {})},
        )


async def _check_role(url: str, service: str) -> None:
    """Refuse the relay's role if it can bypass row-level security: the relay connects by itself."""
    database = Database(url, service=service, pool_size=1)
    try:
        await database.assert_least_privilege()
    finally:
        await database.close()


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
