"""Writing mails, and queueing them in the caller's transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from identity_svc.mail.brands import Brand, Brands
from identity_svc.mail.templates import compiled
from identity_svc.people.schemas import Locale
from stagify.database import Session
from stagify.tasks.queue import enqueue

__all__ = [
    "Brand",
    "Brands",
    "Composer",
    "Composers",
    "Mail",
    "MailKind",
    "Message",
    "queue_mail",
]


class MailKind(StrEnum):
    """What a mail is about."""

    SIGNUP = "signup"
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"
    FACTORS_CHANGED = "factors_changed"
    RECOVERY_CODE_USED = "recovery_code_used"
    FACTOR_RESET = "factor_reset"
    NEW_DEVICE = "new_device"
    EMAIL_CODE = "email_code"
    EMAIL_CHANGING = "email_changing"
    EMAIL_CHANGED = "email_changed"
    INVITATION = "invitation"
    OWNERSHIP = "ownership"
    API_KEY_EXPIRES_IN_A_WEEK = "api_key_expires_in_a_week"
    API_KEY_EXPIRES_IN_A_DAY = "api_key_expires_in_a_day"
    API_KEY_REPORTED = "api_key_reported"
    SSO_ENDED = "sso_ended"
    SSO_NEW_DEVICE = "sso_new_device"
    SSO_DOMAIN_MISSING = "sso_domain_missing"
    SSO_DOMAIN_LAPSED = "sso_domain_lapsed"

    @property
    def task(self) -> str:
        """The kind of the task that sends it."""
        return f"mail.{self.value}"


@dataclass(frozen=True, slots=True)
class Message:
    """A mail that is ready to be sent: the same as text and as HTML. It comes in the name of `sender`,
    a tenant, or else in the platform's."""

    to: str
    subject: str
    text: str
    html: str
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One of our mails: `templates/<name>.<language>.mjml`, and an example of each value in it.

    The subject holds nothing about a person: others see it over their shoulder.
    """

    name: str
    example: Mapping[str, object]

    def write(self, to: str, locale: Locale | None, brand: Brand, **values: object) -> Message:
        """The mail in the language of its reader, which is English if that is not known, and in the
        look of whom it comes from."""
        template = compiled(self.name, locale or "en")
        known = {**values, "brand": brand}
        return Message(
            to,
            subject=template.subject(known),
            text=template.text(known),
            html=template.html(known),
            sender=None if brand.is_platform else brand.name,
        )


# Writes the mail about one subject, or one for each of several readers; None if it is no longer needed.
# Its transaction commits before the mail is sent. If one of several cannot be sent, all are tried again.
Composer = Callable[[Session, UUID], Awaitable[Message | Sequence[Message] | None]]
Composers = Mapping[MailKind, Composer]


async def queue_mail(
    session: Session,
    *,
    kind: MailKind,
    subject_id: UUID,
    give_up_at: datetime,
    due_at: datetime | None = None,
) -> None:
    """Send a mail after this transaction commits, or later, when it is due. It replaces an unsent mail of the same kind about
    the same subject.

    The task contains neither text nor address: both are added when the mail is sent.
    """
    about = {"subject_id": str(subject_id)}
    await enqueue(
        session, kind.task, about, key=str(subject_id), due_at=due_at, give_up_at=give_up_at
    )
