"""Queueing mail in the caller's transaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from stagify.database import Session
from stagify.tasks.queue import enqueue


class MailKind(StrEnum):
    """What a mail is about."""

    SIGNUP = "signup"

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
