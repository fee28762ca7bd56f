"""Mails: they are sent as soon as that is possible, and given up in the end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY

from identity_svc.mail.service import Composer, MailKind, Message, queue_mail
from identity_svc.mail.smtp import SmtpSender
from identity_svc.mail.tasks import mail_kinds
from identity_svc.settings import Settings
from identity_testing import MailServer, MakeSettings, Visitor
from stagify.clock import utc_now
from stagify.database import Database, Session
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner


async def want(database: Database, subject_id: UUID, give_up: timedelta) -> None:
    """Queue a mail about something."""
    async with database.system() as session:
        await queue_mail(
            session,
            kind=MailKind.SIGNUP,
            subject_id=subject_id,
            give_up_at=utc_now() + give_up,
        )


async def pending(queue: Database, subject_id: UUID, state: str = "waiting") -> list[int]:
    """How often each unsent mail about it was tried."""
    async with queue.tenant_connection(None) as connection:
        rows = await connection.fetch(
            "SELECT attempts FROM tasks WHERE key = $1 AND state = $2", str(subject_id), state
        )
        return [row["attempts"] for row in rows]


async def make_due(queue: Database, subject_id: UUID) -> None:
    """End the wait before the next try of a mail."""
    async with queue.tenant_connection(None) as connection:
        await connection.execute("UPDATE tasks SET due_at = now() WHERE key = $1", str(subject_id))


MakeRunner = Callable[[Settings, Composer], TaskRunner]


@pytest.fixture
def make_runner(queue: Database, database: Database) -> MakeRunner:
    """A runner of the mails as this composer writes them."""

    def make(settings: Settings, compose: Composer) -> TaskRunner:
        kinds = mail_kinds({MailKind.SIGNUP: compose}, SmtpSender(settings))
        return TaskRunner(queue, database, kinds)

    return make


def about_one(subject_id: UUID, address: str) -> Composer:
    """A composer that writes mails about one subject only."""

    async def compose(session: Session, about: UUID) -> Message | None:
        if about != subject_id:
            return None
        return Message(address, "Hello", "Hello there.\n")

    return compose


@asynccontextmanager
async def running(runner: TaskRunner) -> AsyncIterator[None]:
    """The runner as the worker has it."""
    job = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job


async def test_sent_mail_is_well_formed_and_forgotten(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
) -> None:
    about = new_id()
    await want(database, about, timedelta(hours=1))
    await make_runner(settings, about_one(about, email)).run_due()
    (mail,) = mail_server.to(email)
    assert mail["From"] == "StagifyAI <no-reply@stagify.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    assert mail["Message-ID"].endswith("@stagify.example>")
    assert await pending(queue, about) == []


async def test_server_in_trouble_is_tried_again_later(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
) -> None:
    about = new_id()
    runner = make_runner(settings, about_one(about, email))
    mail_server.answer = "451 try again later"
    await want(database, about, timedelta(hours=1))
    await runner.run_due()
    assert await pending(queue, about) == [1]
    await runner.run_due()
    assert await pending(queue, about) == [1]
    mail_server.answer = None
    await make_due(queue, about)
    await runner.run_due()
    assert await pending(queue, about) == []
    assert len(mail_server.to(email)) == 1


async def test_server_away_loses_nothing(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    make_settings: MakeSettings,
    email: str,
) -> None:
    about = new_id()
    await want(database, about, timedelta(hours=1))
    await make_runner(make_settings(smtp_port=1), about_one(about, email)).run_due()
    assert await pending(queue, about) == [1]


async def test_unknown_recipient_is_final(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
) -> None:
    about = new_id()
    mail_server.answer = "550 no such user"
    await want(database, about, timedelta(hours=1))
    await make_runner(settings, about_one(about, email)).run_due()
    assert await pending(queue, about) == []


async def test_international_domain_is_reached(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
) -> None:
    about = new_id()
    await want(database, about, timedelta(hours=1))
    address = f"{about.hex}@münchen.example.com"
    await make_runner(settings, about_one(about, address)).run_due()
    assert mail_server.recipients == [f"{about.hex}@xn--mnchen-3ya.example.com"]
    assert await pending(queue, about) == []


async def test_mail_that_cannot_be_written_does_not_keep_the_others(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
) -> None:
    broken, good = new_id(), new_id()

    async def compose(session: Session, about: UUID) -> Message | None:
        texts = {broken: Message("no address at all", "Hello", ""), good: Message(email, "Hi", "")}
        return texts.get(about)

    for about in (broken, good):
        await want(database, about, timedelta(hours=1))
    await make_runner(settings, compose).run_due()
    assert await pending(queue, broken) == [1]
    assert await pending(queue, good) == []


async def test_mail_that_comes_too_late_is_given_up_and_counted(
    database: Database,
    queue: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
) -> None:
    def given_up() -> float:
        labels = {"service": "identity-svc", "kind": "mail.signup", "outcome": "given_up"}
        return REGISTRY.get_sample_value("stagify_tasks_total", labels) or 0

    about, before = new_id(), given_up()
    await want(database, about, timedelta(0))
    await make_runner(settings, about_one(about, email)).run_due()
    assert await pending(queue, about) == []
    assert await pending(queue, about, "given_up") == [1]
    assert mail_server.to(email) == []
    assert given_up() == before + 1


async def test_two_workers_send_one_mail(
    database: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
) -> None:
    about = new_id()
    await want(database, about, timedelta(hours=1))
    workers = [make_runner(settings, about_one(about, email)) for _ in range(4)]
    await asyncio.gather(*(worker.run_due() for worker in workers))
    assert len(mail_server.to(email)) == 1


async def test_commit_wakes_the_sender(
    database: Database,
    visitor: Visitor,
    runner: TaskRunner,
    mail_server: MailServer,
    email: str,
    slug: str,
) -> None:
    async with running(runner):
        # Twice: the sender may find the first one as it starts, without being woken.
        for name in (f"{slug}-a", f"{slug}-b"):
            before = len(mail_server.to(email))
            started = asyncio.get_running_loop().time()
            await visitor.request(email, name)
            async with asyncio.timeout(4):
                while len(mail_server.to(email)) == before:
                    await mail_server.arrived.wait()
                    mail_server.arrived.clear()
            # Polling alone would take up to five seconds.
            assert asyncio.get_running_loop().time() - started < 3


async def test_sender_survives_the_loss_of_its_connection(
    database: Database,
    make_runner: MakeRunner,
    settings: Settings,
    mail_server: MailServer,
    email: str,
    postgres_admin_url: str,
) -> None:
    about = new_id()
    async with running(make_runner(settings, about_one(about, email))):
        await want(database, about, timedelta(hours=1))
        async with asyncio.timeout(4):
            await mail_server.arrived.wait()
        admin = await asyncpg.connect(postgres_admin_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname LIKE 'test%identity%'"
        )
        await admin.close()
        mail_server.arrived.clear()
        await want(database, about, timedelta(hours=1))
        async with asyncio.timeout(8):
            await mail_server.arrived.wait()
    assert len(mail_server.to(email)) == 2
