"""Another address: who learns what, what ends, and how the old address takes it back."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_testing import (
    PASSWORD,
    Begin,
    Events,
    MailServer,
    Member,
    SignUp,
    Visitor,
    refusal,
    text_of,
    wrong,
)
from mfa_testing import STEP, set_up_totp, verify
from stagify.database import Database
from stagify.events.identity import EmailChanged
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller

URL = "/v1/me/email"
OVER = (410, "email_change_invalid")


@pytest.fixture
def new() -> str:
    """An address that nobody has."""
    return f"grace.{uuid4().hex}@example.com"


@pytest.fixture
async def mine(traveller: Traveller, member: Member, runner: TaskRunner) -> Traveller:
    """The member's browser, logged in on the platform's host."""
    await runner.run_due()
    await traveller.log_in(member)
    return traveller


async def ask(traveller: Traveller, email: str) -> httpx.Response:
    """The answer to the wish for an address."""
    return await traveller.call("POST", URL, None, {"email": email})


async def confirm(traveller: Traveller, begun: httpx.Response, code: str) -> httpx.Response:
    """The answer to the code of the mail."""
    assert begun.status_code == 202, begun.text
    return await traveller.call("POST", f"{URL}/{begun.json()['id']}/confirm", None, {"code": code})


async def ask_for_code(
    mine: Traveller, email: str, runner: TaskRunner, mails: MailServer
) -> tuple[httpx.Response, str]:
    """The answer to the wish for an address, and the code in the mail there."""
    begun = await ask(mine, email)
    await runner.run_due()
    return begun, mails.code(email)


async def move(mine: Traveller, email: str, runner: TaskRunner, mails: MailServer) -> None:
    """Change the address, completely."""
    answer = await confirm(mine, *await ask_for_code(mine, email, runner, mails))
    assert answer.status_code == 204, answer.text


def notes(mails: MailServer, address: str) -> list[Any]:
    """The mails to an old address by which it can take the change back."""
    return [mail for mail in mails.to(address) if "/email-undo#" in text_of(mail)]


def undo_token(mail: Any) -> str:
    """The token of the link in a mail to the old address."""
    found = re.search(r"/email-undo#token=([A-Za-z0-9_-]{24})", text_of(mail))
    assert found is not None
    return found[1]


async def undo(traveller: Traveller, token: str) -> httpx.Response:
    """The answer to a change that is taken back."""
    return await traveller.call("POST", "/v1/email-changes/undo", None, {"token": token})


async def test_a_code_at_the_new_address_changes_it(
    mine: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    new: str,
    runner: TaskRunner,
    mail_server: MailServer,
    events: Events,
) -> None:
    other = make_traveller()
    await other.log_in(member, member.tenant_id)
    begun = await ask(mine, new)
    await runner.run_due()
    assert (await mine.call("GET", "/v1/me", None)).json()["email"] == member.email
    note = notes(mail_server, member.email)[-1]
    assert note["Subject"] == "Your StagifyAI account is to get another address"
    answer = await confirm(mine, begun, mail_server.code(new))
    assert answer.status_code == 204, answer.text
    assert (await mine.call("GET", "/v1/me", None)).json()["email"] == new
    assert (await other.session(member.tenant_id)).status_code == 401
    told = [e for e in await events(member.user_id) if isinstance(e, EmailChanged)]
    assert [e.actor for e in told] == [f"user:{member.user_id}"]
    await runner.run_due()
    after = notes(mail_server, member.email)[-1]
    assert after["Subject"] == "Your StagifyAI account has another address"
    assert undo_token(after) == undo_token(note)
    assert new not in text_of(note) + text_of(after)
    # The new one logs in, the old one does not.
    answer = await other.call("POST", "/v1/session", None, member.login)
    assert refusal(answer) == (401, "invalid_credentials")
    body = {"email": new.upper().replace("EXAMPLE.COM", "example.com"), "password": PASSWORD}
    assert (await other.call("POST", "/v1/session", None, body)).status_code == 201


async def test_nobody_learns_who_has_an_account(
    mine: Traveller, sign_up: SignUp, new: str, runner: TaskRunner, mail_server: MailServer
) -> None:
    known = await sign_up()
    before = len(mail_server.to(known.email))
    answers = [await ask(mine, known.email), await ask(mine, new)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json().keys() == answers[1].json().keys()
    await runner.run_due()
    assert len(mail_server.to(known.email)) == before
    assert len(mail_server.to(new)) == 1


async def test_wrong_codes_are_counted_and_a_code_is_one_changes(
    mine: Traveller, new: str, runner: TaskRunner, mail_server: MailServer
) -> None:
    begun, code = await ask_for_code(mine, new, runner, mail_server)
    for _ in range(5):
        assert refusal(await confirm(mine, begun, wrong(code))) == (403, "wrong_email_code")
    assert refusal(await confirm(mine, begun, code)) == OVER
    again = await ask(mine, new)
    await runner.run_due()
    fresh = mail_server.code(new)
    assert refusal(await confirm(mine, begun, fresh)) == OVER
    assert (await confirm(mine, again, fresh)).status_code == 204
    assert refusal(await confirm(mine, again, fresh)) == OVER


async def test_it_needs_a_step_up_and_ones_own_session(
    mine: Traveller,
    make_traveller: MakeTraveller,
    sign_up: SignUp,
    member: Member,
    new: str,
    runner: TaskRunner,
    mail_server: MailServer,
    clock: Clock,
) -> None:
    begun, code = await ask_for_code(mine, new, runner, mail_server)
    stranger = make_traveller()
    await stranger.log_in(await sign_up())
    assert refusal(await confirm(stranger, begun, code)) == OVER
    clock.advance(timedelta(minutes=11))
    assert refusal(await ask(mine, new)) == (403, "step_up_required")
    assert refusal(await confirm(mine, begun, code)) == (403, "step_up_required")
    await mine.call("POST", "/v1/session/step-up", None, {"current_password": PASSWORD})
    clock.advance(timedelta(minutes=9))
    assert (await confirm(mine, begun, code)).status_code == 204
    assert refusal(await ask(mine, new)) == (409, "email_unchanged")


@pytest.mark.parametrize("what", ["password", "factor"])
async def test_it_ends_with_a_change_of_anything_else(
    mine: Traveller, new: str, runner: TaskRunner, mail_server: MailServer, what: str
) -> None:
    begun = await ask(mine, new)
    await runner.run_due()
    if what == "password":
        body = {"current_password": PASSWORD, "password": "an entirely different one"}
        assert (await mine.call("POST", "/v1/me/password", None, body)).status_code == 204
    else:
        await set_up_totp(mine)
    assert refusal(await confirm(mine, begun, mail_server.code(new))) == OVER


async def test_it_ends_open_links_and_log_ins(
    mine: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    new: str,
    runner: TaskRunner,
    mail_server: MailServer,
    clock: Clock,
) -> None:
    phone = await set_up_totp(mine)
    clock.advance(timedelta(seconds=2 * STEP))
    other = make_traveller()
    await other.call("POST", "/v1/password-resets", None, {"email": member.email})
    await runner.run_due()
    texts = "".join(text_of(mail) for mail in mail_server.to(member.email))
    found = re.search(r"/reset#token=(\S+)", texts)
    waiting = await other.log_in(member)
    await move(mine, new, runner, mail_server)
    assert refusal(await verify(other, waiting, code=phone.code())) == (410, "challenge_invalid")
    assert found is not None
    body = {"token": found[1], "password": "an entirely different one"}
    answer = await other.call("POST", "/v1/password-resets/confirm", None, body)
    assert refusal(answer) == (410, "reset_link_invalid")


async def test_of_two_at_once_one_wins(
    mine: Traveller, new: str, runner: TaskRunner, mail_server: MailServer
) -> None:
    begun, code = await ask_for_code(mine, new, runner, mail_server)
    answers = await asyncio.gather(*(confirm(mine, begun, code) for _ in range(5)))
    assert [answer.status_code for answer in answers].count(204) == 1


class TestTakenBack:
    async def test_within_seven_days_without_a_session(
        self,
        mine: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        new: str,
        runner: TaskRunner,
        mail_server: MailServer,
        clock: Clock,
    ) -> None:
        await move(mine, new, runner, mail_server)
        await runner.run_due()
        token = undo_token(notes(mail_server, member.email)[-1])
        clock.advance(timedelta(days=6, hours=23))
        owner = make_traveller()
        for _ in range(2):
            # No scanner's look at the link changes anything.
            page = await owner.call("GET", "/v1/email-changes/undo", None)
            assert page.status_code == 405
        assert (await undo(owner, token)).status_code == 204
        assert (await mine.session()).status_code == 401
        assert (await owner.log_in(member)).status_code == 201
        assert refusal(await undo(owner, token)) == (410, "undo_link_invalid")

    async def test_not_later(
        self,
        mine: Traveller,
        member: Member,
        new: str,
        runner: TaskRunner,
        mail_server: MailServer,
        clock: Clock,
    ) -> None:
        await move(mine, new, runner, mail_server)
        await runner.run_due()
        token = undo_token(notes(mail_server, member.email)[-1])
        clock.advance(timedelta(days=7, minutes=1))
        assert refusal(await undo(mine, token)) == (410, "undo_link_invalid")

    async def test_before_it_was_confirmed(
        self, mine: Traveller, member: Member, new: str, runner: TaskRunner, mail_server: MailServer
    ) -> None:
        begun, code = await ask_for_code(mine, new, runner, mail_server)
        assert (
            await undo(mine, undo_token(notes(mail_server, member.email)[-1]))
        ).status_code == 204
        await mine.log_in(member)
        assert refusal(await confirm(mine, begun, code)) == OVER


async def test_an_address_that_was_left_rests(
    mine: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    sign_up: SignUp,
    new: str,
    visitor: Visitor,
    begin: Begin,
    runner: TaskRunner,
    mail_server: MailServer,
    clock: Clock,
) -> None:
    await move(mine, new, runner, mail_server)
    await runner.run_due()
    count = len(mail_server.to(member.email))
    # Sign-up answers as ever, and mails nothing.
    await visitor.ask(member.email, f"next-{uuid4().hex[:12]}")
    stranger = make_traveller()
    await stranger.log_in(await sign_up())
    assert (await ask(stranger, member.email)).status_code == 202
    await runner.run_due()
    assert len(mail_server.to(member.email)) == count
    clock.advance(timedelta(days=30, minutes=1))
    begun = await begin(member.email, f"next-{uuid4().hex[:12]}")
    assert (await visitor.confirm(*begun)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"email": ["a@example.com", "b@example.com"]},
        {"email": {"a": "a@example.com"}},
        {"email": "a@example.com,b@example.com"},
        {"email": '"e@evil"@example.com'},
        {"email": "a@example.com", "to": "b@example.com"},
        {},
    ],
    ids=str,
)
async def test_an_address_is_one_plain_address(mine: Traveller, body: Any) -> None:
    answer = await mine.call("POST", URL, None, body)
    assert refusal(answer) == (422, "invalid_request")


async def test_it_is_nothing_of_the_profile(mine: Traveller, new: str) -> None:
    answer = await mine.call("PATCH", "/v1/me", None, {"email": new})
    assert refusal(answer) == (422, "invalid_request")


@pytest.mark.usefixtures("new_hour")
async def test_asking_is_counted(mine: Traveller) -> None:
    codes = [(await ask(mine, f"grace.{uuid4().hex}@example.com")).status_code for _ in range(11)]
    assert codes == [202] * 10 + [429]


async def test_nothing_is_kept_in_plain_text(
    mine: Traveller,
    new: str,
    runner: TaskRunner,
    mail_server: MailServer,
    member: Member,
    database: Database,
) -> None:
    _, code = await ask_for_code(mine, new, runner, mail_server)
    token = undo_token(notes(mail_server, member.email)[-1])
    async with database.system() as session:
        changes = await session.execute(
            text("SELECT code_hash, undo_hash, c::text FROM email_changes c WHERE user_id = :id"),
            {"id": member.user_id},
        )
    ((code_hash, undo_hash, row),) = changes.all()
    assert [len(code_hash), len(undo_hash)] == [32, 32]
    assert code not in row.strip("()").split(",")
    for secret in (token, token.encode().hex(), code.encode().hex()):
        assert secret not in row
