"""The background process of staging-svc: outbox relay, consumer, deletions, retention."""

from stagify import idempotency, inbox, logs, telemetry
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.relay import Relay
from stagify.worker import every, run_worker
from staging_svc.deletion import DeletionExecutor
from staging_svc.handlers import HANDLERS
from staging_svc.settings import Settings
from staging_svc.storage import Storage

RETENTION_INTERVAL_SECONDS = 600.0


def make_database(settings: Settings) -> Database:
    """The database of a background process."""
    return Database(
        settings.database_url.get_secret_value(),
        service="staging-svc",
        pool_size=settings.database_pool_size,
    )


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of what tenant-svc says."""
    return Consumer(
        "staging-svc",
        database=database,
        handlers=HANDLERS,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    logs.configure("staging-svc", settings.log_level)
    telemetry.configure("staging-svc", settings)
    database = make_database(settings)
    await database.assert_least_privilege()
    claims = Database(
        settings.claim_database_url.get_secret_value(), service="staging-svc", pool_size=1
    )
    storage = Storage(settings)
    executor = DeletionExecutor(database, claims, storage)

    async def delete() -> None:
        await executor.run_once()

    async def forget() -> None:
        await inbox.forget_old(database)
        await idempotency.forget_old(database)

    relay = Relay(
        settings.relay_database_url.get_secret_value(),
        service="staging-svc",
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    try:
        await run_worker(
            {
                "relay": relay.run,
                "consumer": make_consumer(settings, database).run,
                "deletions": lambda: every(
                    settings.deletion_poll_seconds, delete, name="deletions"
                ),
                "retention": lambda: every(RETENTION_INTERVAL_SECONDS, forget, name="retention"),
            },
            checks={"database": database.ping, "storage": storage.ping},
            host=settings.http_host,
            port=settings.worker_http_port,
            grace_seconds=settings.shutdown_grace_seconds,
        )
    finally:
        await claims.close()
        await database.close()
