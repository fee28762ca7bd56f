"""The code of a sign-up: which one counts, how often it may be guessed, and for how long."""

import asyncio
from collections import Counter
from datetime import timedelta

from sqlalchemy import text

from identity_testing import MailServer, Member, SignUpBegun, Visitor, refusal, wrong
from stagify.clock import utc_now
from stagify.database import Database
from stagify.tasks.runner import TaskRunner


async def expire(database: Database, signup_id: str) -> None:
    """Make a sign-up expire."""
    async with database.system() as session:
        await session.execute(
            text("UPDATE signups SET expires_at = :past WHERE id = :id"),
            {"past": utc_now() - timedelta(seconds=1), "id": signup_id},
        )


async def test_asking_again_kills_the_old_code(
    visitor: Visitor,
    begun: SignUpBegun,
    runner: TaskRunner,
    mail_server: MailServer,
    email: str,
    slug: str,
) -> None:
    assert await visitor.ask(email.upper(), slug) == begun.id
    assert refusal(await visitor.confirm(*begun)) == (401, "invalid_code")
    await runner.run_due()
    code = mail_server.code(email)
    assert (await visitor.confirm(begun.id, code)).status_code == 201


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
