"""An owner takes lost factors away: who may, the day of notice, and who says no."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from identity_testing import Events, MailServer, Member, SignUp, refusal, set_role, text_of
from mfa_testing import MFA, STEP, Phone, set_up_totp, verify
from stagify.database import Database
from stagify.events.identity import FactorRemoved, FactorResetCancelled, FactorResetRequested
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller

RESETS = f"{MFA}/resets"
DAY = timedelta(days=1, minutes=1)


@pytest.fixture
async def theirs(make_traveller: MakeTraveller, second: Member) -> Traveller:
    """Their browser, logged in on the platform's host."""
    traveller = make_traveller()
    await traveller.log_in(second)
    return traveller


@pytest.fixture
async def phone(theirs: Traveller, clock: Clock, runner: TaskRunner) -> Phone:
    """Their app for codes, of which they have been told."""
    made = await set_up_totp(theirs)
    await runner.run_due()
    clock.advance(timedelta(seconds=2 * STEP))
    return made


@pytest.fixture
async def member_id(database: Database, member: Member, second: Member) -> str:
    """The id of their membership."""
    async with database.tenant(member.tenant_id) as session:
        found = await session.execute(
            text("SELECT id FROM memberships WHERE user_id = :id"), {"id": second.user_id}
        )
        return str(found.scalar_one())


async def reset(owner: Traveller, host: Member, member_id: str) -> httpx.Response:
    """The answer to an owner's wish."""
    path = f"/v1/members/{member_id}/factor-reset"
    return await owner.call("POST", path, host.tenant_id)


async def test_after_a_day_the_password_alone_logs_in(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    theirs: Traveller,
    phone: Phone,
    member: Member,
    second: Member,
    member_id: str,
    runner: TaskRunner,
    mail_server: MailServer,
    clock: Clock,
    events: Events,
) -> None:
    await traveller.log_in(member, member.tenant_id)
    asked = await reset(traveller, member, member_id)
    assert asked.status_code == 202, asked.text
    clock.advance(timedelta(minutes=1))
    assert (await reset(traveller, member, member_id)).json() == asked.json()
    await runner.run_due()
    mail = mail_server.to(second.email)[-1]
    assert mail["Subject"] == "Your second factors for StagifyAI are to be taken away"
    assert second.email not in text_of(mail).partition("\n")[0]
    (told,) = [e for e in await events(member.tenant_id) if isinstance(e, FactorResetRequested)]
    assert (told.user_id, told.actor) == (second.user_id, f"user:{member.user_id}")
    # Nothing has changed yet.
    other = make_traveller()
    assert (await other.log_in(second)).status_code == 202
    clock.advance(DAY)
    await runner.run_due()
    assert (await theirs.session()).status_code == 401
    assert (await other.log_in(second)).status_code == 201
    (gone,) = [e for e in await events(second.user_id) if isinstance(e, FactorRemoved)]
    assert (gone.means, gone.actor) == ("reset", f"user:{member.user_id}")
    assert (await other.call("GET", RESETS, None)).json() == {"items": []}


async def test_whoever_still_has_the_factor_refuses(
    traveller: Traveller,
    theirs: Traveller,
    phone: Phone,
    member: Member,
    second: Member,
    member_id: str,
    make_traveller: MakeTraveller,
    runner: TaskRunner,
    clock: Clock,
    events: Events,
) -> None:
    await traveller.log_in(member, member.tenant_id)
    asked = await reset(traveller, member, member_id)
    assert (await theirs.call("GET", RESETS, None)).json() == {"items": [asked.json()]}
    assert (await theirs.call("DELETE", RESETS, None)).status_code == 204
    answer = await theirs.call("DELETE", RESETS, None)
    assert refusal(answer) == (404, "factor_reset_not_found")
    (told,) = [e for e in await events(member.tenant_id) if isinstance(e, FactorResetCancelled)]
    assert told.actor == f"user:{second.user_id}"
    clock.advance(DAY)
    await runner.run_due()
    other = make_traveller()
    waiting = await other.log_in(second)
    assert (await verify(other, waiting, code=phone.code())).status_code == 201


async def test_an_owner_who_is_none_any_more_takes_nothing_away(
    traveller: Traveller,
    phone: Phone,
    member: Member,
    second: Member,
    member_id: str,
    make_traveller: MakeTraveller,
    runner: TaskRunner,
    clock: Clock,
    database: Database,
) -> None:
    await traveller.log_in(member, member.tenant_id)
    assert (await reset(traveller, member, member_id)).status_code == 202
    await set_role(database, member, member, "admin")
    clock.advance(DAY)
    await runner.run_due()
    assert (await make_traveller().log_in(second)).status_code == 202


async def test_who_may(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    theirs: Traveller,
    phone: Phone,
    member: Member,
    second: Member,
    member_id: str,
    sign_up: SignUp,
    clock: Clock,
    database: Database,
) -> None:
    # Not the member, and not for themselves.
    waiting = await theirs.log_in(second, member.tenant_id)
    await verify(theirs, waiting, member.tenant_id, code=phone.code())
    answer = await reset(theirs, member, member_id)
    assert refusal(answer) == (403, "permission_denied")
    # Nobody of another tenant.
    stranger, elsewhere = make_traveller(), await sign_up()
    await stranger.log_in(elsewhere, elsewhere.tenant_id)
    answer = await reset(stranger, elsewhere, member_id)
    assert refusal(answer) == (404, "member_not_found")
    await traveller.log_in(member, member.tenant_id)
    own: Any
    async with database.tenant(member.tenant_id) as session:
        own = (
            await session.execute(
                text("SELECT id FROM memberships WHERE user_id = :id"), {"id": member.user_id}
            )
        ).scalar_one()
    assert refusal(await reset(traveller, member, str(own))) == (403, "own_factors")
    clock.advance(timedelta(minutes=11))
    assert refusal(await reset(traveller, member, member_id)) == (403, "step_up_required")


async def test_without_factors_there_is_nothing_to_take(
    traveller: Traveller, member: Member, member_id: str
) -> None:
    await traveller.log_in(member, member.tenant_id)
    answer = await reset(traveller, member, member_id)
    assert refusal(answer) == (409, "member_without_factor")
