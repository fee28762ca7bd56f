"""Queueing mail in the caller's transaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from identity_svc.people.schemas import Locale
from stagify.database import Session
from stagify.tasks.queue import enqueue


class MailKind(StrEnum):
    """What a mail is about."""

    SIGNUP = "signup"
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"

    @property
    def task(self) -> str:
        """The kind of the task that sends it."""
        return f"mail.{self.value}"


@dataclass(frozen=True, slots=True)
class Message:
    """A mail that is ready to be sent."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A mail in one language, with the values that it is written with in braces. The subject holds
    nothing about a person: others see it over their shoulder."""

    subject: str
    text: str


# A mail in each language.
Texts = Mapping[Locale, Text]


def write(to: str, texts: Texts, locale: Locale | None, **values: object) -> Message:
    """The mail in the language of its reader; in English if that is not known."""
    chosen = texts[locale or "en"]
    return Message(to, chosen.subject.format(**values), chosen.text.format(**values))


# Writes the mail about one subject; None if it is no longer needed.
# Its transaction commits before the mail is sent.
Composer = Callable[[Session, UUID], Awaitable[Message | None]]
Composers = Mapping[MailKind, Composer]


async def queue_mail(
    session: Session, *, kind: MailKind, subject_id: UUID, give_up_at: datetime
) -> None:
    """Send a mail after this transaction commits. It replaces an unsent mail of the same kind about
    the same subject.

    The task contains neither text nor address: both are added when the mail is sent.
    """
    about = {"subject_id": str(subject_id)}
    await enqueue(session, kind.task, about, key=str(subject_id), give_up_at=give_up_at)
