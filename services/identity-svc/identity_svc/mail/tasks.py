"""Sending mail: the text is written when the mail is due, handed over, and tried again until it is too
late.

A mail is sent at least once: its task ends after the server has taken the mail, so after a crash in
between it is sent again.
"""

import logging
from email.errors import MessageError
from typing import Protocol
from uuid import UUID

import aiosmtplib
from prometheus_client import Counter

from identity_svc.mail.service import Composer, Composers, MailKind, Message
from identity_svc.mail.smtp import MailRefusedError
from stagify.tasks.kinds import Kind, Kinds, Task, TryAgainError

logger = logging.getLogger(__name__)

MAILS = Counter(
    "stagify_identity_mails",
    "Mails: sent, refused by the server for good, obsolete before they were sent.",
    ["kind", "outcome"],
)

CONCURRENCY = 10


class Sender(Protocol):
    """What hands a mail over."""

    async def send(self, message: Message) -> None: ...


class SendMail:
    """Sends the mails of one kind as `compose` writes them."""

    def __init__(self, kind: MailKind, compose: Composer, sender: Sender) -> None:
        self._kind = kind
        self._compose = compose
        self._sender = sender

    async def __call__(self, task: Task) -> None:
        async with task.transaction() as session:
            written = await self._compose(session, UUID(task.payload["subject_id"]))
        if written is None:
            self._count("obsolete")
            return
        for message in [written] if isinstance(written, Message) else written:
            await self._send(message)

    async def _send(self, message: Message) -> None:
        try:
            await self._sender.send(message)
        except MailRefusedError:
            logger.warning("mail.refused", extra={"kind": self._kind.value})
            self._count("refused")
        except (aiosmtplib.SMTPException, OSError, ValueError, MessageError) as error:
            # The last two mean that the mail cannot be written. Only the type is kept: the text of
            # an error may contain the address.
            raise TryAgainError(type(error).__name__) from error
        else:
            self._count("sent")

    def _count(self, outcome: str) -> None:
        MAILS.labels(self._kind.value, outcome).inc()


def mail_kinds(composers: Composers, sender: Sender) -> Kinds:
    """The tasks that send mails."""
    return {
        kind.task: Kind(handler=SendMail(kind, compose, sender), concurrency=CONCURRENCY)
        for kind, compose in composers.items()
    }
