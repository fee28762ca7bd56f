"""The code of a sign-up: which one counts, how often it may be guessed, and for how long."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_testing import (
    Begin,
    Caller,
    MailServer,
    MakeSettings,
    Member,
    SignUpBegun,
    TenantService,
    Visitor,
    new_address,
    refusal,
    text_of,
    wrong,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import app_client


async def expire(database: Database, signup_id: str) -> None:
    """Make a sign-up expire."""
    async with database.system() as session:
        await session.execute(
            text("UPDATE signups SET expires_at = :past WHERE id = :id"),
            {"past": utc_now() - timedelta(seconds=1), "id": signup_id},
        )


async def test_each_request_has_a_code_of_its_own(
    begin: Begin, visitor: Visitor, email: str, slug: str
) -> None:
    first, second = await begin(email, slug), await begin(email.upper(), slug)
    for signup, code in ((first.id, second.code), (second.id, first.code)):
        if first.code != second.code:
            assert refusal(await visitor.confirm(signup, code)) == (401, "invalid_code")
    assert (await visitor.confirm(*first)).status_code == 201


async def test_stranger_changes_nothing_of_a_pending_sign_up(
    begin: Begin,
    visitor: Visitor,
    runner: TaskRunner,
    tenant_service: TenantService,
    email: str,
    slug: str,
) -> None:
    begun = await begin(email, slug)
    # The same address and slug, another name and type; and all tries of that code.
    answer = await visitor.request(
        email,
        slug,
        name="Mallory",
        tenant={"type": "individual", "name": "Mallory's", "slug": slug},
    )
    assert answer.status_code == 202
    await runner.run_due()
    for _ in range(6):
        await visitor.confirm(answer.json()["id"], "000000")
    confirmed = await visitor.confirm(*begun)
    assert confirmed.status_code == 201
    assert confirmed.json()["user"]["name"] == "Ada Lovelace"
    (tenant,) = tenant_service.tenants.values()
    assert (tenant["name"], tenant["type"]) == ("Acme Homes", "organization")


async def test_mail_says_which_request_it_answers(
    begin: Begin, mail_server: MailServer, database: Database, email: str, slug: str
) -> None:
    begun = await begin(email, slug)
    async with database.system() as session:
        statement = text("SELECT created_at FROM signups WHERE id = :id")
        at = (await session.execute(statement, {"id": begun.id})).scalar_one()
    (mail,) = mail_server.to(email)
    assert f"{at:%H:%M:%S} UTC" in text_of(mail)


@pytest.mark.usefixtures("new_hour")
async def test_codes_that_one_source_tries_are_limited(
    caller: Caller, make_settings: MakeSettings, begin: Begin, slug: str
) -> None:
    source = new_address()
    begun = [await begin(f"{n}.{slug}@example.com", f"{slug}-{n}") for n in range(4)]
    # Ten codes in an hour.
    async with app_client(create_app(make_settings(signups_per_source_hour=2))) as client:
        visitor = Visitor(client, caller, source)
        answers = [
            await visitor.confirm(signup.id, wrong(signup.code))
            for signup in begun[:3]
            for _ in range(4)
        ]
        right = await visitor.confirm(*begun[3])
        elsewhere = await Visitor(client, caller).confirm(*begun[3])
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    # Whoever is over the limit does not even learn that a code is right.
    assert refusal(right) == (429, "too_many_attempts")
    assert elsewhere.status_code == 201


async def test_no_code_is_right_before_the_mail_is_sent(
    visitor: Visitor, email: str, slug: str
) -> None:
    signup_id = await visitor.ask(email, slug)
    answer = await visitor.confirm(signup_id, "000000")
    assert refusal(answer) == (401, "invalid_code")


async def test_expired_sign_up_is_gone(
    visitor: Visitor, begun: SignUpBegun, database: Database
) -> None:
    await expire(database, begun.id)
    answer = await visitor.confirm(*begun)
    assert refusal(answer) == (410, "signup_expired")


async def test_five_wrong_codes_end_it(visitor: Visitor, begun: SignUpBegun) -> None:
    for _ in range(5):
        answer = await visitor.confirm(begun.id, wrong(begun.code))
        assert refusal(answer) == (401, "invalid_code")
    answer = await visitor.confirm(*begun)
    assert refusal(answer) == (410, "code_exhausted")


async def test_parallel_guesses_get_five_tries(visitor: Visitor, begun: SignUpBegun) -> None:
    guess = wrong(begun.code)
    answers = await asyncio.gather(*(visitor.confirm(begun.id, guess) for _ in range(50)))
    codes = Counter(answer.json()["code"] for answer in answers)
    assert codes == {"invalid_code": 5, "code_exhausted": 45}


async def test_repeating_with_a_wrong_code_shows_nothing(visitor: Visitor, member: Member) -> None:
    answer = await visitor.confirm(member.signup_id, wrong(member.code))
    assert refusal(answer) == (401, "invalid_code")
