"""People are told when somebody logs in to their account in a browser that was not used for it before."""

from datetime import timedelta

import pytest

from identity_svc.sessions.mail import PER_PERSON_HOUR
from identity_testing import Browser, Join, MailServer, Member, SignUp, text_of
from mfa_testing import set_up_totp, verify
from sso_testing import Company
from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller, activate, code_in


class Notes:
    """The notes that a person gets."""

    def __init__(self, runner: TaskRunner, mail_server: MailServer, address: str) -> None:
        self._runner, self._mails, self._address = runner, mail_server, address

    async def count(self) -> int:
        """How many have come until now."""
        await self._runner.run_due()
        return len(self._mails.log_in_notes(self._address))


@pytest.fixture
def notes(runner: TaskRunner, mail_server: MailServer, member: Member) -> Notes:
    return Notes(runner, mail_server, member.email)


async def test_a_new_browser_is_told_of_once(
    make_traveller: MakeTraveller, member: Member, notes: Notes, mail_server: MailServer
) -> None:
    assert await notes.count() == 0
    browser = make_traveller()
    assert (await browser.log_in(member)).status_code == 201
    assert await notes.count() == 1
    assert (await browser.log_in(member)).status_code == 201
    assert await notes.count() == 1
    assert (await make_traveller().log_in(member, member.tenant_id)).status_code == 201
    assert await notes.count() == 2
    assert "http://app.localhost:8080/reset" in text_of(mail_server.log_in_notes(member.email)[-1])


async def test_a_wrong_password_is_no_log_in(
    traveller: Traveller, member: Member, notes: Notes
) -> None:
    wrong = {"email": member.email, "password": "not the right one"}
    assert (await traveller.call("POST", "/v1/session", None, wrong)).status_code == 401
    assert await notes.count() == 0


async def test_half_a_log_in_is_none_either(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    notes: Notes,
    clock: Clock,
) -> None:
    await traveller.log_in(member)
    phone = await set_up_totp(traveller)
    clock.advance(timedelta(minutes=1))
    assert await notes.count() == 1
    other = make_traveller()
    asked = await other.log_in(member)
    assert await notes.count() == 1
    assert (await verify(other, asked, code=phone.code())).status_code == 201
    assert await notes.count() == 2


async def test_a_hand_off_brings_the_browser_along(
    traveller: Traveller, member: Member, notes: Notes, database: Database
) -> None:
    await activate(database, member.tenant_id)
    await traveller.log_in(member)
    assert await notes.count() == 1
    code = code_in(await traveller.hand_off(member.tenant_id))
    assert (await traveller.enter(member.tenant_id, code)).status_code == 201
    assert (await traveller.log_in(member, member.tenant_id)).status_code == 201
    assert await notes.count() == 1


async def test_a_program_without_cookies_floods_nobody(
    make_traveller: MakeTraveller, member: Member, notes: Notes
) -> None:
    for _ in range(PER_PERSON_HOUR + 2):
        assert (await make_traveller().log_in(member)).status_code == 201
        await notes.count()
    assert await notes.count() == PER_PERSON_HOUR


async def test_a_log_in_at_the_company_is_told_of_too(
    company: Company, sign_up: SignUp, join: Join, runner: TaskRunner, mail_server: MailServer
) -> None:
    await company.open(is_just_in_time=True)
    person = await sign_up()
    await join(person, company.owner)

    async def enter(browser: Browser, subject: str, email: str) -> None:
        answer = await company.enter(browser, subject, email=email, email_verified=True)
        if answer.status_code == 202:
            answer = await company.confirm(browser, answer)
        assert answer.status_code == 201, answer.text
        await runner.run_due()

    first = company.browser()
    await enter(first, "ada", person.email)
    assert len(mail_server.log_in_notes(person.email)) == 1
    await enter(first, "ada", person.email)
    assert len(mail_server.log_in_notes(person.email)) == 1
    await enter(company.browser(), "ada", person.email)
    told = mail_server.log_in_notes(person.email)
    assert len(told) == 2
    assert f"http://{company.owner.slug}.localhost:8080/me" in text_of(told[-1])
    # Whose account begins with it has no other browser.
    newcomer = f"grace.{company.owner.slug}@example.com"
    await enter(company.browser(), "grace", newcomer)
    assert mail_server.log_in_notes(newcomer) == []
    await enter(company.browser(), "grace", newcomer)
    assert len(mail_server.log_in_notes(newcomer)) == 1
