"""Another mail for a sign-up whose first one was lost."""

from datetime import timedelta

import httpx
import pytest

from identity_testing import (
    Caller,
    MailServer,
    Member,
    SignUpBegun,
    Visitor,
    new_address,
    refusal,
    wrong,
)
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock


async def resend(visitor: Visitor, signup_id: str) -> httpx.Response:
    """The answer to the wish for another mail."""
    return await visitor.client.post(
        f"/v1/signup/{signup_id}/resend", headers=visitor.caller.platform(visitor.address)
    )


async def test_another_code_comes_and_the_first_is_worth_nothing(
    visitor: Visitor,
    begun: SignUpBegun,
    runner: TaskRunner,
    mail_server: MailServer,
    email: str,
) -> None:
    answer = await resend(visitor, begun.id)
    assert answer.status_code == 202
    assert answer.json()["id"] == begun.id
    await runner.run_due()
    assert len(mail_server.to(email)) == 2
    code = mail_server.code(email)
    if code != begun.code:
        assert refusal(await visitor.confirm(*begun)) == (401, "invalid_code")
    assert (await visitor.confirm(begun.id, code)).status_code == 201


async def test_new_code_has_tries_of_its_own(
    visitor: Visitor, begun: SignUpBegun, runner: TaskRunner, mail_server: MailServer, email: str
) -> None:
    for _ in range(6):
        await visitor.confirm(begun.id, wrong(begun.code))
    await resend(visitor, begun.id)
    await runner.run_due()
    assert (await visitor.confirm(begun.id, mail_server.code(email))).status_code == 201


async def test_tenant_host_is_refused(
    client: httpx.AsyncClient, caller: Caller, begun: SignUpBegun, member: Member
) -> None:
    answer = await client.post(
        f"/v1/signup/{begun.id}/resend", headers=caller.anonymous(member.tenant_id)
    )
    assert refusal(answer) == (403, "wrong_host")


async def test_unknown_and_expired_are_refused(
    visitor: Visitor, begun: SignUpBegun, clock: Clock
) -> None:
    assert refusal(await resend(visitor, str(new_id()))) == (404, "signup_not_found")
    clock.advance(timedelta(minutes=31))
    assert refusal(await resend(visitor, begun.id)) == (410, "signup_expired")


async def test_it_gives_more_time_but_not_for_ever(
    visitor: Visitor, begun: SignUpBegun, clock: Clock
) -> None:
    for _ in range(5):
        clock.advance(timedelta(minutes=25))
        answer = await resend(visitor, begun.id)
        if answer.status_code != 202:
            break
    assert refusal(answer) == (410, "signup_expired")


async def test_known_and_unknown_addresses_get_the_same_answer(
    visitor: Visitor, member: Member, email: str, slug: str, runner: TaskRunner
) -> None:
    shown = []
    for address, name in ((email, f"{slug}-a"), (member.email, f"{slug}-b")):
        answer = await resend(visitor, await visitor.ask(address, name))
        shown.append((answer.status_code, answer.json().keys(), sorted(answer.headers)))
    assert shown[0] == shown[1]


async def test_after_the_confirmation_nothing_is_sent_and_nothing_told(
    visitor: Visitor, member: Member, runner: TaskRunner, mail_server: MailServer
) -> None:
    before = len(mail_server.to(member.email))
    assert (await resend(visitor, member.signup_id)).status_code == 202
    await runner.run_due()
    assert len(mail_server.to(member.email)) == before


@pytest.mark.usefixtures("new_hour")
async def test_mails_are_limited_as_those_of_sign_ups_are(
    client: httpx.AsyncClient, caller: Caller, email: str, slug: str
) -> None:
    visitor = Visitor(client, caller, new_address())
    signup_id = await visitor.ask(email, slug)
    answers = [await resend(visitor, signup_id) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 4 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
