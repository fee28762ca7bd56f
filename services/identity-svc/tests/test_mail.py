"""Mail as durable intent: sent once it can be, and given up in the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import pytest
from identity_support import Caller, MailServer, MakeSettings, signup_body
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.mail.dispatcher import MailDispatcher
from identity_svc.mail.service import MailKind, Message, queue_mail
from identity_svc.mail.smtp import SmtpSender
from identity_svc.settings import Settings
from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id


async def queue(database: Database, subject_id: UUID, give_up: timedelta) -> None:
    """Queue a mail about something."""
    async with database.system() as session:
        await queue_mail(
            session,
            kind=MailKind.SIGNUP,
            subject_id=subject_id,
            give_up_at=utc_now() + give_up,
        )


async def pending(database: Database, subject_id: UUID) -> list[int]:
    """How often each unsent mail about it was tried."""
    async with database.system() as session:
        rows = await session.execute(
            text("SELECT attempts FROM mails WHERE subject_id = :id"), {"id": subject_id}
        )
        return list(rows.scalars())


async def make_due(database: Database, subject_id: UUID) -> None:
    """Let the back-off of a mail be over."""
    async with database.system() as session:
        await session.execute(
            text("UPDATE mails SET due_at = now() WHERE subject_id = :id"), {"id": subject_id}
        )


def dispatcher_to(
    database: Database, settings: Settings, address: str, subject_id: UUID
) -> MailDispatcher:
    """A dispatcher that has something to say about one subject only."""

    async def compose(session: AsyncSession, about: UUID) -> Message | None:
        if about != subject_id:
            return None
        return Message(address, "Hello", "Hello there.\n")

    return MailDispatcher(database, SmtpSender(settings), {MailKind.SIGNUP: compose})


@asynccontextmanager
async def running(dispatcher: MailDispatcher) -> AsyncIterator[None]:
    """The dispatcher as the worker runs it."""
    job = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job


async def test_sent_mail_is_well_formed_and_forgotten(
    database: Database, settings: Settings, mail_server: MailServer, email: str
) -> None:
    about = new_id()
    await queue(database, about, timedelta(hours=1))
    await dispatcher_to(database, settings, email, about).send_due()
    (mail,) = mail_server.to(email)
    assert mail["From"] == "StagifyAI <no-reply@stagify.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    assert mail["Message-ID"].endswith("@stagify.example>")
    assert await pending(database, about) == []


async def test_server_in_trouble_is_tried_again_later(
    database: Database, settings: Settings, mail_server: MailServer, email: str
) -> None:
    about = new_id()
    dispatcher = dispatcher_to(database, settings, email, about)
    mail_server.answer = "451 try again later"
    await queue(database, about, timedelta(hours=1))
    await dispatcher.send_due()
    assert await pending(database, about) == [1]
    await dispatcher.send_due()
    assert await pending(database, about) == [1]
    mail_server.answer = None
    await make_due(database, about)
    await dispatcher.send_due()
    assert await pending(database, about) == []
    assert len(mail_server.to(email)) == 1


async def test_server_away_loses_nothing(
    database: Database, make_settings: MakeSettings, email: str
) -> None:
    about = new_id()
    await queue(database, about, timedelta(hours=1))
    await dispatcher_to(database, make_settings(smtp_port=1), email, about).send_due()
    assert await pending(database, about) == [1]


async def test_unknown_recipient_is_final(
    database: Database, settings: Settings, mail_server: MailServer, email: str
) -> None:
    about = new_id()
    mail_server.answer = "550 no such user"
    await queue(database, about, timedelta(hours=1))
    await dispatcher_to(database, settings, email, about).send_due()
    assert await pending(database, about) == []


async def test_international_domain_is_reached(
    database: Database, settings: Settings, mail_server: MailServer
) -> None:
    about = new_id()
    await queue(database, about, timedelta(hours=1))
    address = f"{about.hex}@münchen.example.com"
    await dispatcher_to(database, settings, address, about).send_due()
    assert mail_server.recipients == [f"{about.hex}@xn--mnchen-3ya.example.com"]
    assert await pending(database, about) == []


async def test_mail_that_cannot_be_written_does_not_keep_the_others(
    database: Database, settings: Settings, mail_server: MailServer, email: str
) -> None:
    broken, good = new_id(), new_id()

    async def compose(session: AsyncSession, about: UUID) -> Message | None:
        texts = {broken: Message("no address at all", "Hello", ""), good: Message(email, "Hi", "")}
        return texts.get(about)

    for about in (broken, good):
        await queue(database, about, timedelta(hours=1))
    await MailDispatcher(database, SmtpSender(settings), {MailKind.SIGNUP: compose}).send_due()
    assert await pending(database, broken) == [1]
    assert await pending(database, good) == []


async def test_mail_that_comes_too_late_is_given_up_and_counted(
    database: Database, settings: Settings, mail_server: MailServer, email: str
) -> None:
    def given_up() -> float:
        labels = {"kind": "signup", "outcome": "given_up"}
        return REGISTRY.get_sample_value("stagify_identity_mails_total", labels) or 0

    about, before = new_id(), given_up()
    await queue(database, about, timedelta(0))
    await dispatcher_to(database, settings, email, about).send_due()
    assert await pending(database, about) == []
    assert mail_server.to(email) == []
    assert given_up() == before + 1


async def test_two_workers_send_one_mail(
    database: Database, settings: Settings, mail_server: MailServer, email: str
) -> None:
    about = new_id()
    await queue(database, about, timedelta(hours=1))
    workers = [dispatcher_to(database, settings, email, about) for _ in range(4)]
    await asyncio.gather(*(worker.send_due() for worker in workers))
    assert len(mail_server.to(email)) == 1


async def test_commit_wakes_the_sender(
    database: Database,
    client: httpx.AsyncClient,
    caller: Caller,
    dispatcher: MailDispatcher,
    mail_server: MailServer,
    email: str,
    slug: str,
) -> None:
    async with running(dispatcher):
        # Twice: the first may be found by the look the sender takes when it starts.
        for name in (f"{slug}-a", f"{slug}-b"):
            before = len(mail_server.to(email))
            started = asyncio.get_running_loop().time()
            await client.post(
                "/v1/signup", json=signup_body(email, name), headers=caller.platform()
            )
            async with asyncio.timeout(4):
                while len(mail_server.to(email)) == before:
                    await mail_server.arrived.wait()
                    mail_server.arrived.clear()
            # Polling alone would take up to five seconds.
            assert asyncio.get_running_loop().time() - started < 3


async def test_sender_survives_the_loss_of_its_connection(
    database: Database,
    settings: Settings,
    mail_server: MailServer,
    email: str,
    postgres_admin_url: str,
) -> None:
    about = new_id()
    async with running(dispatcher_to(database, settings, email, about)):
        await queue(database, about, timedelta(hours=1))
        async with asyncio.timeout(4):
            await mail_server.arrived.wait()
        admin = await asyncpg.connect(postgres_admin_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname LIKE 'test%identity%'"
        )
        await admin.close()
        mail_server.arrived.clear()
        await queue(database, about, timedelta(hours=1))
        async with asyncio.timeout(8):
            await mail_server.arrived.wait()
    assert len(mail_server.to(email)) == 2
