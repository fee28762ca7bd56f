"""The background process of identity-svc: outbox relay, consumer, tasks and cleaning."""

from identity_svc.cleaning.service import Cleaner
from identity_svc.digests.service import Digester
from identity_svc.handlers import HANDLERS
from identity_svc.mail.service import MailKind
from identity_svc.mail.smtp import SmtpSender
from identity_svc.mail.tasks import mail_kinds
from identity_svc.settings import Settings
from identity_svc.signup.mail import SignupMail
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from stagify.tasks.kinds import Kinds
from stagify.worker import every

NAME = "identity-svc"
CLEANING_SECONDS = 30.0


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of what happens to tenants."""
    return Consumer(
        NAME,
        database=database,
        handlers=HANDLERS,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


def make_kinds(settings: Settings) -> Kinds:
    """The tasks this service does."""
    digester = Digester(settings.identity_hash_secret.get_secret_value())
    composers = {MailKind.SIGNUP: SignupMail(digester, settings.base_domain)}
    return mail_kinds(composers, SmtpSender(settings))


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    database = Database.from_settings(settings, service=NAME)
    cleaner = Cleaner(database)
    await run_service_worker(
        NAME,
        settings,
        database=database,
        consumer=make_consumer(settings, database),
        kinds=make_kinds(settings),
        jobs={"cleaning": lambda: every(CLEANING_SECONDS, cleaner.run_once, name="cleaning")},
    )
