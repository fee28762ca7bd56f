"""The background process of identity-svc: outbox relay, consumer, mail and cleaning."""

from identity_svc.accounts.mail import SignupMail
from identity_svc.cleaning import Cleaner
from identity_svc.digests import Digester
from identity_svc.handlers import HANDLERS
from identity_svc.mail.dispatcher import MailDispatcher
from identity_svc.mail.service import Composers, MailKind
from identity_svc.mail.smtp import SmtpSender
from identity_svc.settings import Settings
from stagify import idempotency, inbox, logs, telemetry
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.relay import Relay
from stagify.worker import every, run_worker

CLEANING_SECONDS = 30.0


def make_database(settings: Settings) -> Database:
    """The database of a background process."""
    return Database(
        settings.database_url.get_secret_value(),
        service="identity-svc",
        pool_size=settings.database_pool_size,
    )


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of what happens to tenants."""
    return Consumer(
        "identity-svc",
        database=database,
        handlers=HANDLERS,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


def make_composers(settings: Settings) -> Composers:
    """Who writes which mail."""
    digester = Digester(settings.identity_hash_secret.get_secret_value())
    return {MailKind.SIGNUP: SignupMail(digester, settings.base_domain)}


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    logs.configure("identity-svc", settings.log_level)
    telemetry.configure("identity-svc", settings)
    database = make_database(settings)
    await database.assert_least_privilege()
    relay = Relay(
        settings.relay_database_url.get_secret_value(),
        service="identity-svc",
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )
    mail = MailDispatcher(database, SmtpSender(settings), make_composers(settings))
    cleaner = Cleaner(database)

    async def clean() -> None:
        await cleaner.run_once()
        await inbox.forget_old(database)
        await idempotency.forget_old(database)

    try:
        await run_worker(
            {
                "relay": relay.run,
                "consumer": make_consumer(settings, database).run,
                "mail": mail.run,
                "cleaning": lambda: every(CLEANING_SECONDS, clean, name="cleaning"),
            },
            checks={"database": database.ping},
            host=settings.http_host,
            port=settings.worker_http_port,
            grace_seconds=settings.shutdown_grace_seconds,
        )
    finally:
        await database.close()
