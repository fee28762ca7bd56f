"""Domains are looked at again: what follows when their record vanishes, comes back, or cannot be looked at."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from identity_svc.parts import Parts, make_parts
from identity_svc.sso.domain_proofs import LOOK, SPREAD, UNANSWERED, look_at_all
from identity_svc.sso.domains import GRACE
from identity_svc.worker import make_kinds
from identity_testing import Events, MailServer, MakeSettings, Member, refusal, text_of
from sso_testing import CONNECTIONS, DOMAIN, Company, NameServer
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.sso import SsoConnectionChanged
from stagify.tasks.queue import enqueue
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

PassTime = Callable[[timedelta], Awaitable[dict[str, Any]]]


@pytest.fixture
async def worker(make_settings: MakeSettings, names: NameServer) -> AsyncIterator[Parts]:
    """The collaborators of a worker that asks the name server of this test."""
    async with aclosing(
        make_parts(make_settings(sso_nameserver=f"127.0.0.1:{names.port}"))
    ) as parts:
        yield parts


@pytest.fixture
async def open_company(company: Company) -> Company:
    """A company that anybody with an address in its domain can join."""
    await company.open(is_just_in_time=True)
    return company


@pytest.fixture
def pass_time(worker: Parts, queue: Database, clock: Clock, open_company: Company) -> PassTime:
    """Lets time pass, then looks at the domains; what is shown of the one there is."""
    runner = TaskRunner(queue, worker.database, make_kinds(worker))

    async def run(time: timedelta) -> dict[str, Any]:
        clock.advance(time)
        tenant_id = open_company.owner.tenant_id
        async with worker.database.tenant(tenant_id) as session:
            await enqueue(session, LOOK, key=str(tenant_id))
        await runner.run_due()
        (connection,) = (await open_company.call("GET", CONNECTIONS)).json()["items"]
        (domain,) = connection["domains"]
        found: dict[str, Any] = domain
        return found

    return run


async def newcomer(company: Company, known: str | None = None) -> tuple[int, str]:
    """Whether somebody gets in: somebody new, unless it is a known subject."""
    subject = known or uuid4().hex
    answer = await company.enter(
        company.browser(), subject, email=f"{subject}@{DOMAIN}", email_verified=True
    )
    return (201, "") if answer.status_code == 201 else refusal(answer)


def notes(mail_server: MailServer, company: Company) -> list[str]:
    """The subjects of the mails that the owner has got."""
    return [
        str(mail["Subject"])
        for mail in mail_server.to(company.owner.email)
        if "DNS" in mail["Subject"] or "domain" in mail["Subject"]
    ]


MISSING = "A DNS record for your single sign-on is missing"
LAPSED = "A domain of your single sign-on is not proved any more"
NOT_IN = (403, "sso_not_a_member")


async def test_what_is_there_goes_on(
    open_company: Company, pass_time: PassTime, mail_server: MailServer
) -> None:
    shown = await pass_time(timedelta(days=30))
    assert (shown["proved_at"] is None, shown["lapses_at"]) == (False, None)
    assert await newcomer(open_company) == (201, "")
    assert notes(mail_server, open_company) == []


async def test_what_is_missing_is_no_proof_a_week_later(
    open_company: Company,
    names: NameServer,
    pass_time: PassTime,
    mail_server: MailServer,
    events: Events,
) -> None:
    company = open_company
    assert await newcomer(company, "grace") == (201, "")
    names.records.clear()
    shown = await pass_time(DAY)
    lapses_at = datetime.fromisoformat(shown["lapses_at"])
    assert GRACE - HOUR < lapses_at - utc_now() <= GRACE
    (mail,) = [each for each in mail_server.to(company.owner.email) if each["Subject"] == MISSING]
    assert shown["record_value"] in text_of(mail)
    assert shown["record_name"] in text_of(mail)
    # Everything goes on meanwhile, and the owners are not told every day.
    shown = await pass_time(GRACE - HOUR)
    assert shown["proved_at"] is not None
    assert await newcomer(company) == (201, "")
    assert notes(mail_server, company) == [MISSING]
    shown = await pass_time(HOUR)
    assert (shown["proved_at"], shown["lapses_at"]) == (None, None)
    assert notes(mail_server, company) == [MISSING, LAPSED]
    assert await newcomer(company) == NOT_IN
    # Whom the connection knows it knows by their subject.
    assert await newcomer(company, "grace") == (201, "")
    told = [
        each
        for each in await events(company.owner.tenant_id)
        if isinstance(each, SsoConnectionChanged) and each.actor == "service:identity-svc"
    ]
    assert [each.changed for each in told] == [["domains"], ["domains"]]
    # It is not looked at any more, until an owner does.
    names.records[shown["record_name"]] = shown["record_value"]
    shown = await pass_time(DAY)
    assert shown["proved_at"] is None
    path = f"{CONNECTIONS}/{company.id}/domains/{DOMAIN}/check"
    assert (await company.call("POST", path)).status_code == 200
    assert await newcomer(company) == (201, "")


@pytest.mark.parametrize("by", ["the daily look", "an owner"])
async def test_what_comes_back_in_time_is_proved_as_before(
    open_company: Company, names: NameServer, pass_time: PassTime, mail_server: MailServer, by: str
) -> None:
    company, kept = open_company, dict(names.records)
    # Somebody else's record is none.
    names.records = dict.fromkeys(kept, "stagify-domain=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert (await pass_time(DAY))["lapses_at"] is not None
    path = f"{CONNECTIONS}/{company.id}/domains/{DOMAIN}/check"
    assert refusal(await company.call("POST", path)) == (409, "sso_domain_not_proved")
    names.records = kept
    if by == "an owner":
        assert (await company.call("POST", path)).status_code == 200
    shown = await pass_time(GRACE)
    assert (shown["proved_at"] is None, shown["lapses_at"]) == (False, None)
    assert notes(mail_server, company) == [MISSING]
    # The week begins anew the next time.
    names.records = {}
    assert (await pass_time(DAY))["lapses_at"] is not None
    assert (await pass_time(DAY))["proved_at"] is not None


async def test_what_cannot_be_looked_at_is_not_missing_for_some_days(
    open_company: Company, names: NameServer, pass_time: PassTime, mail_server: MailServer
) -> None:
    names.is_broken = True
    shown = await pass_time(UNANSWERED - DAY)
    assert shown["lapses_at"] is None
    names.is_broken = False
    await pass_time(DAY)
    names.is_broken = True
    assert (await pass_time(UNANSWERED - HOUR))["lapses_at"] is None
    assert notes(mail_server, open_company) == []
    assert (await pass_time(HOUR))["lapses_at"] is not None
    assert (await pass_time(GRACE))["proved_at"] is None
    assert notes(mail_server, open_company) == [MISSING, LAPSED]


async def test_a_mail_that_comes_too_late_is_not_sent(
    open_company: Company,
    names: NameServer,
    pass_time: PassTime,
    mail_server: MailServer,
) -> None:
    company, kept = open_company, dict(names.records)
    names.records = {}
    mail_server.answer = "451 later"
    await pass_time(DAY)
    names.records = kept
    path = f"{CONNECTIONS}/{company.id}/domains/{DOMAIN}/check"
    assert (await company.call("POST", path)).status_code == 200
    mail_server.answer = None
    await pass_time(HOUR)
    assert notes(mail_server, company) == []


async def test_every_tenant_with_a_domain_has_its_turn(
    open_company: Company, worker: Parts, queue: Database, member: Member
) -> None:
    await look_at_all(worker)
    async with queue.tenant_connection(None) as connection:
        found = await connection.fetch(
            "SELECT tenant_id, due_at FROM tasks WHERE kind = $1 AND tenant_id = ANY ($2)",
            LOOK,
            [open_company.owner.tenant_id, member.tenant_id],
        )
    ((tenant_id, due_at),) = found
    assert tenant_id == open_company.owner.tenant_id
    assert due_at <= utc_now() + SPREAD
