"""The worker's mail job: claims what is due, writes it, sends it, tries again later.

At least once: a mail is deleted after the server has taken it, so a crash in between sends it
again. A claim is a lease, the due time moved into the future, so nothing stays locked while a
mail server takes its time.
"""

import asyncio
import logging
from collections.abc import Sequence
from email.errors import MessageError
from typing import Any, Protocol

import aiosmtplib
import asyncpg
from prometheus_client import Counter
from sqlalchemy import delete, text
from sqlmodel import col

from identity_svc.mail.models import Mail
from identity_svc.mail.service import NOTIFY_CHANNEL, Composers, MailKind, Message
from identity_svc.mail.smtp import MailRefusedError
from stagify.clock import utc_now
from stagify.database import Database
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

MAILS = Counter(
    "stagify_identity_mails",
    "Mails: sent, failed (tried again), refused, obsolete, given_up (alert above 0).",
    ["kind", "outcome"],
)

BATCH_SIZE = 10
# Found by looking, should a notification be lost with its connection.
POLL_SECONDS = 5.0

# The first lease is longer than a send may take, so no two processes send the same mail.
_CLAIM = text(
    """
    UPDATE mails SET
        attempts = attempts + 1,
        due_at = :now + least(interval '30 seconds' * power(2, attempts), interval '15 minutes')
    WHERE id = ANY (ARRAY(
        SELECT id FROM mails WHERE due_at <= :now ORDER BY due_at LIMIT :batch
        FOR UPDATE SKIP LOCKED))
    RETURNING id, kind, subject_id, attempts, due_at, give_up_at, created_at
    """
)


class Sender(Protocol):
    """What hands a mail over."""

    async def send(self, message: Message) -> None: ...


class MailDispatcher:
    """Sends the mails of `database` as `composers` write them."""

    def __init__(self, database: Database, sender: Sender, composers: Composers) -> None:
        self._database = database
        self._sender = sender
        self._composers = composers
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send what is due, for ever; woken by commits that queue mail."""
        while True:
            try:
                await self._listen_and_send()
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("mail.listener_lost", extra={"error": type(error).__name__})
                await asyncio.sleep(1)

    async def send_due(self) -> int:
        """Try every mail that is due now, once; how many there were."""
        handled = 0
        while mails := await self._claim():
            results = await asyncio.gather(*map(self._deliver, mails), return_exceptions=True)
            # Only now: one mail's failure must not leave the others half sent.
            for error in filter(None, results):
                raise error
            handled += len(mails)
        return handled

    async def _listen_and_send(self) -> None:
        connection = await asyncpg.connect(self._database.url, timeout=10)
        try:
            await connection.add_listener(NOTIFY_CHANNEL, self._notified)
            connection.add_termination_listener(self._notified)
            while not connection.is_closed():
                self._wake.clear()
                await self.send_due()
                await self._sleep()
        finally:
            connection.terminate()

    def _notified(self, *_: Any) -> None:
        self._wake.set()

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _claim(self) -> Sequence[Mail]:
        async with self._database.system() as session:
            connection = await session.connection()
            rows = await connection.execute(_CLAIM, {"now": utc_now(), "batch": BATCH_SIZE})
            return [Mail(**row) for row in rows.mappings()]

    async def _deliver(self, mail: Mail) -> None:
        if mail.give_up_at <= utc_now():
            await self._finish(mail, "given_up", logging.ERROR)
            return
        message = await self._compose(mail)
        if message is None:
            await self._finish(mail, "obsolete")
            return
        try:
            await self._sender.send(message)
        except MailRefusedError:
            await self._finish(mail, "refused", logging.WARNING)
        except (aiosmtplib.SMTPException, OSError, ValueError, MessageError) as error:
            # The last two are mails that cannot be written; like the others they are tried until
            # it is too late. An error's text may name the address, so only its kind is logged.
            MAILS.labels(mail.kind, "failed").inc()
            self._log("mail.failed", mail, logging.WARNING, error=type(error).__name__)
        else:
            await self._finish(mail, "sent")

    async def _compose(self, mail: Mail) -> Message | None:
        async with self._database.system() as session:
            return await self._composers[MailKind(mail.kind)](session, mail.subject_id)

    async def _finish(self, mail: Mail, outcome: str, level: int = logging.INFO) -> None:
        async with self._database.system() as session:
            await session.exec(delete(Mail).where(col(Mail.id) == mail.id))
        MAILS.labels(mail.kind, outcome).inc()
        self._log(f"mail.{outcome}", mail, level)

    def _log(self, message: str, mail: Mail, level: int, **fields: str) -> None:
        about = {"mail_id": str(mail.id), "kind": mail.kind, "attempts": mail.attempts}
        logger.log(level, message, extra={**about, **fields})
