"""Queueing mail in the caller's transaction."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.mail.models import Mail
from stagify.clock import utc_now

# The channel that wakes the sender when a mail is committed.
NOTIFY_CHANNEL = "mail"


class MailKind(StrEnum):
    """What a mail is about."""

    SIGNUP = "signup"


@dataclass(frozen=True, slots=True)
class Message:
    """A mail, written."""

    to: str
    subject: str
    text: str


# Writes the mail about one subject, or says with None that there is nothing to say any more.
# Its transaction commits before the mail is sent.
Composer = Callable[[AsyncSession, UUID], Awaitable[Message | None]]
Composers = Mapping[MailKind, Composer]


async def queue_mail(
    session: AsyncSession, *, kind: MailKind, subject_id: UUID, give_up_at: datetime
) -> None:
    """Send a mail after this transaction commits, in place of an unsent one about the same."""
    # The new row has a new id, so a sender that holds the old one does not delete it when done.
    await session.exec(
        delete(Mail).where(col(Mail.kind) == kind, col(Mail.subject_id) == subject_id)
    )
    now = utc_now()
    session.add(Mail(kind=kind, subject_id=subject_id, due_at=now, give_up_at=give_up_at))
    await session.flush()
    await session.execute(select(func.pg_notify(NOTIFY_CHANNEL, "")))
