"""The background process of identity-svc: outbox relay, consumer, tasks and upkeep."""

from identity_svc.digests.service import Digester
from identity_svc.handlers import HANDLERS
from identity_svc.mail.service import MailKind
from identity_svc.mail.smtp import SmtpSender
from identity_svc.mail.tasks import mail_kinds
from identity_svc.parts import NAME
from identity_svc.settings import Settings
from identity_svc.signup.mail import SignupMail
from identity_svc.upkeep.service import Upkeep
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.service_worker import configure, run_service_worker
from stagify.tasks.kinds import Kinds
from stagify.worker import every

UPKEEP_SECONDS = 30.0


def make_consumer(settings: Settings, database: Database) -> Consumer:
    """The consumer of the events of tenants."""
    return Consumer(
        NAME,
        database=database,
        handlers=HANDLERS,
        bootstrap_servers=settings.kafka_bootstrap_servers,
    )


def make_kinds(settings: Settings) -> Kinds:
    """The kinds of tasks that this service does."""
    digester = Digester(settings.identity_hash_secret.get_secret_value())
    composers = {MailKind.SIGNUP: SignupMail(digester, settings.base_domain)}
    return mail_kinds(composers, SmtpSender(settings))


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    database = Database.from_settings(settings, service=NAME)
    upkeep = Upkeep(database)
    await run_service_worker(
        NAME,
        settings,
        database=database,
        consumer=make_consumer(settings, database),
        kinds=make_kinds(settings),
        jobs={"upkeep": lambda: every(UPKEEP_SECONDS, upkeep.run_once, name="upkeep")},
    )
