"""Mails: they are sent as soon as that is possible, and given up in the end."""

import asyncio
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.header import decode_header, make_header
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY

from identity_svc.mail.service import Composer, MailKind, Message, queue_mail
from identity_svc.mail.smtp import SmtpSender
from identity_svc.mail.tasks import mail_kinds
from identity_svc.settings import Settings
from identity_testing import MailServer, MakeSettings, Visitor, text_of
from stagify.clock import utc_now
from stagify.database import Database, Session
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from stagify.testing import eventually, running
from stagify.testing.waiting import PATIENCE_SECONDS


@dataclass(frozen=True)
class Mails:
    """Mails about one subject to one address, sent by a runner that writes no others."""

    database: Database
    queue: Database
    settings: Settings
    address: str
    about: UUID = field(default_factory=new_id)

    async def want(self, give_up: timedelta = timedelta(hours=1)) -> None:
        """Queue one."""
        async with self.database.system() as session:
            await queue_mail(
                session,
                kind=MailKind.SIGNUP,
                subject_id=self.about,
                give_up_at=utc_now() + give_up,
            )

    async def unsent(self, state: str = "waiting") -> list[int]:
        """How often each of the unsent ones was tried."""
        async with self.queue.tenant_connection(None) as connection:
            rows = await connection.fetch(
                "SELECT attempts FROM tasks WHERE key = $1 AND state = $2", str(self.about), state
            )
            return [row["attempts"] for row in rows]

    async def end_waits(self) -> None:
        """Make the next try due."""
        async with self.queue.tenant_connection(None) as connection:
            await connection.execute(
                "UPDATE tasks SET due_at = now() WHERE key = $1", str(self.about)
            )

    async def compose(self, session: Session, about: UUID) -> Message | None:
        if about != self.about:
            return None
        return Message(self.address, "Hello", "Hello there.\n", "<p>Hello there.</p>")

    def runner(self, compose: Composer | None = None) -> TaskRunner:
        """A runner of mails as `compose` writes them, or of these."""
        kinds = mail_kinds({MailKind.SIGNUP: compose or self.compose}, SmtpSender(self.settings))
        return TaskRunner(self.queue, self.database, kinds)


@pytest.fixture
def mails(database: Database, queue: Database, settings: Settings, email: str) -> Mails:
    """Mails to `email`."""
    return Mails(database, queue, settings, email)


async def test_sent_mail_is_well_formed_and_forgotten(
    mails: Mails, mail_server: MailServer, email: str
) -> None:
    await mails.want()
    await mails.runner().run_due()
    (mail,) = mail_server.to(email)
    assert mail["From"] == "StagifyAI <no-reply@stagify.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    assert mail["Message-ID"].endswith("@stagify.example>")
    assert await mails.unsent() == []


async def test_server_in_trouble_is_tried_again_later(
    mails: Mails, mail_server: MailServer, email: str
) -> None:
    runner = mails.runner()
    mail_server.answer = "451 try again later"
    await mails.want()
    await runner.run_due()
    assert await mails.unsent() == [1]
    await runner.run_due()
    assert await mails.unsent() == [1]
    mail_server.answer = None
    await mails.end_waits()
    await runner.run_due()
    assert await mails.unsent() == []
    assert len(mail_server.to(email)) == 1


async def test_server_away_loses_nothing(mails: Mails, make_settings: MakeSettings) -> None:
    mails = replace(mails, settings=make_settings(smtp_port=1))
    await mails.want()
    await mails.runner().run_due()
    assert await mails.unsent() == [1]


async def test_unknown_recipient_is_final(mails: Mails, mail_server: MailServer) -> None:
    mail_server.answer = "550 no such user"
    await mails.want()
    await mails.runner().run_due()
    assert await mails.unsent() == []


async def test_international_domain_is_reached(mails: Mails, mail_server: MailServer) -> None:
    name = mails.about.hex
    mails = replace(mails, address=f"{name}@münchen.example.com")
    await mails.want()
    await mails.runner().run_due()
    assert mail_server.recipients == [f"{name}@xn--mnchen-3ya.example.com"]
    assert await mails.unsent() == []


async def test_mail_that_cannot_be_written_does_not_keep_the_others(mails: Mails) -> None:
    broken = replace(mails, address="no address at all", about=new_id())

    async def compose(session: Session, about: UUID) -> Message | None:
        return await broken.compose(session, about) or await mails.compose(session, about)

    for each in (broken, mails):
        await each.want()
    await mails.runner(compose).run_due()
    assert await broken.unsent() == [1]
    assert await mails.unsent() == []


async def test_mail_that_comes_too_late_is_given_up_and_counted(
    mails: Mails, mail_server: MailServer, email: str
) -> None:
    def given_up() -> float:
        labels = {"service": "identity-svc", "kind": "mail.signup", "outcome": "given_up"}
        return REGISTRY.get_sample_value("stagify_tasks_total", labels) or 0

    before = given_up()
    await mails.want(timedelta(0))
    await mails.runner().run_due()
    assert await mails.unsent() == []
    assert await mails.unsent("given_up") == [1]
    assert mail_server.to(email) == []
    assert given_up() == before + 1


async def test_two_workers_send_one_mail(mails: Mails, mail_server: MailServer, email: str) -> None:
    await mails.want()
    workers = [mails.runner() for _ in range(4)]
    await asyncio.gather(*(worker.run_due() for worker in workers))
    assert len(mail_server.to(email)) == 1


async def test_commit_wakes_the_sender(
    visitor: Visitor,
    runner: TaskRunner,
    mail_server: MailServer,
    email: str,
    slug: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It is not to find them by looking now and then.
    monkeypatch.setattr("stagify.tasks.runner.POLL_SECONDS", 3_600)
    async with running(runner.run()) as job:
        # Twice: the sender may find the first one as it starts, without being woken.
        for many, name in enumerate((f"{slug}-a", f"{slug}-b"), start=1):
            await visitor.request(email, name)
            await eventually(lambda many=many: len(mail_server.to(email)) == many)  # type: ignore[misc]
    assert job.cancelled()


async def test_sender_survives_the_loss_of_its_connection(
    mails: Mails, mail_server: MailServer, email: str, postgres_admin_url: str
) -> None:
    async with running(mails.runner().run()) as job:
        await mails.want()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await mail_server.arrived.wait()
        admin = await asyncpg.connect(postgres_admin_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%' AND datname LIKE 'test%identity%'"
        )
        await admin.close()
        mail_server.arrived.clear()
        await mails.want()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await mail_server.arrived.wait()
    assert job.cancelled()
    assert len(mail_server.to(email)) == 2


async def test_a_sign_up_in_german_is_answered_in_german(
    visitor: Visitor,
    runner: TaskRunner,
    mail_server: MailServer,
    email: str,
    slug: str,
) -> None:
    answer = await visitor.request(email, slug, locale="de")
    assert answer.status_code == 202, answer.text
    await runner.run_due()
    (mail,) = mail_server.to(email)
    content = text_of(mail)
    found = re.search(r"Ihr Code ist (\d{6})\s", content)
    assert found is not None
    assert f"Er bestätigt Ihre Adresse und öffnet {slug}.localhost:8080." in content
    confirmed = await visitor.confirm(answer.json()["id"], found[1])
    assert confirmed.status_code == 201
    await visitor.request(email, f"{slug}-b", locale="en")
    await runner.run_due()
    # The person's own language, whoever asks.
    mail = mail_server.to(email)[-1]
    assert "Ihr Code" in str(make_header(decode_header(mail["Subject"])))
    assert "Sie haben schon ein Konto" in text_of(mail)
