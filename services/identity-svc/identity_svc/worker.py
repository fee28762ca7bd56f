"""The background process of identity-svc: outbox relay, consumer, tasks and upkeep."""

from contextlib import aclosing

from identity_svc.addresses import mail as address_mails
from identity_svc.addresses.mail import EmailCodeMail, OldAddressMail
from identity_svc.api_keys.mail import ApiKeyExpiresMail, ApiKeyReportedMail
from identity_svc.factors import mail as factor_mails
from identity_svc.factors.mail import FactorNote
from identity_svc.handlers import HANDLERS
from identity_svc.invitations.mail import InvitationMail
from identity_svc.invitations.tasks import invitation_kinds
from identity_svc.lost_factors.mail import FactorResetMail
from identity_svc.lost_factors.tasks import lost_factor_kinds
from identity_svc.mail.service import Brands, Composers, MailKind
from identity_svc.mail.smtp import SmtpSender
from identity_svc.mail.tasks import mail_kinds
from identity_svc.ownership.mail import OwnershipMail
from identity_svc.parts import NAME, Parts, make_parts
from identity_svc.password_resets.mail import PasswordChangedMail, PasswordResetMail
from identity_svc.seat_counts.service import compare_all
from identity_svc.seat_counts.tasks import seat_count_kinds
from identity_svc.sessions import mail as session_mails
from identity_svc.settings import Settings
from identity_svc.signup.mail import SignupMail
from identity_svc.sso import mail as sso_mails
from identity_svc.sso.domain_proofs import look_at_all
from identity_svc.sso.mail import SsoDomainMail, SsoNote
from identity_svc.sso.tasks import domain_kinds
from identity_svc.upkeep.service import Turn, upkeep
from stagify.consumer import Consumer
from stagify.service_worker import configure, run_service_worker
from stagify.tasks.kinds import Kinds
from stagify.worker import every

UPKEEP_INTERVAL_SECONDS = 30.0
SEATS_INTERVAL_SECONDS = 24 * 3_600.0
DOMAINS_INTERVAL_SECONDS = 24 * 3_600.0


def make_consumer(parts: Parts) -> Consumer:
    """The consumer of the events of tenants, and of how they present themselves."""
    return Consumer(
        NAME,
        database=parts.database,
        handlers=HANDLERS,
        bootstrap_servers=parts.settings.brokers,
    )


def make_kinds(parts: Parts) -> Kinds:
    """The kinds of tasks that this service does."""
    brands = Brands(parts.settings)
    composers: Composers = {
        MailKind.SIGNUP: SignupMail(parts.digester, parts.settings.base_domain, brands.platform),
        MailKind.PASSWORD_RESET: PasswordResetMail(parts.digester, brands.platform),
        MailKind.PASSWORD_CHANGED: PasswordChangedMail(brands.platform),
        MailKind.FACTORS_CHANGED: FactorNote(factor_mails.CHANGED, brands.platform),
        MailKind.RECOVERY_CODE_USED: FactorNote(factor_mails.CODE_USED, brands.platform),
        MailKind.FACTOR_RESET: FactorResetMail(brands.platform),
        MailKind.NEW_DEVICE: FactorNote(session_mails.NEW_DEVICE, brands.platform),
        MailKind.EMAIL_CODE: EmailCodeMail(parts.digester, brands.platform),
        MailKind.EMAIL_CHANGING: OldAddressMail(
            address_mails.CHANGING, parts.digester, brands.platform
        ),
        MailKind.EMAIL_CHANGED: OldAddressMail(
            address_mails.CHANGED, parts.digester, brands.platform
        ),
        MailKind.INVITATION: InvitationMail(parts.digester, brands),
        MailKind.OWNERSHIP: OwnershipMail(brands),
        MailKind.API_KEY_EXPIRES_IN_A_WEEK: ApiKeyExpiresMail(brands),
        MailKind.API_KEY_EXPIRES_IN_A_DAY: ApiKeyExpiresMail(brands),
        MailKind.API_KEY_REPORTED: ApiKeyReportedMail(brands),
        MailKind.SSO_ENDED: SsoNote(
            sso_mails.ENDED, "/login", brands, reset_link=f"{parts.settings.app_url}/reset"
        ),
        MailKind.SSO_NEW_DEVICE: SsoNote(sso_mails.NEW_DEVICE, "/me", brands),
        MailKind.SSO_DOMAIN_MISSING: SsoDomainMail(sso_mails.MISSING, parts.digester, brands),
        MailKind.SSO_DOMAIN_LAPSED: SsoDomainMail(sso_mails.LAPSED, parts.digester, brands),
    }
    return {
        **mail_kinds(composers, SmtpSender(parts.settings)),
        **lost_factor_kinds(parts),
        **invitation_kinds(),
        **seat_count_kinds(parts),
        **domain_kinds(parts),
    }


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    configure(NAME, settings)
    turn = Turn()
    async with aclosing(make_parts(settings)) as parts:
        await run_service_worker(
            NAME,
            settings,
            database=parts.database,
            consumer=make_consumer(parts),
            kinds=make_kinds(parts),
            jobs={
                "upkeep": lambda: every(
                    UPKEEP_INTERVAL_SECONDS, lambda: upkeep(parts, turn), name="upkeep"
                ),
                "seats": lambda: every(
                    SEATS_INTERVAL_SECONDS, lambda: compare_all(parts), name="seats"
                ),
                "domains": lambda: every(
                    DOMAINS_INTERVAL_SECONDS, lambda: look_at_all(parts), name="domains"
                ),
            },
        )
