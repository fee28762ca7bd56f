"""The end of an account: what ends with it, and what refuses it."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from identity_testing import Events, Join, MailServer, Member, SignUp, Visitor, refusal
from mfa_testing import set_up_totp
from stagify.database import Database
from stagify.events.identity import MemberRemoved, UserDeleted
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller

URL = "/v1/me"


async def own_with(database: Database, host: Member) -> None:
    """Make everybody in the tenant an owner."""
    async with database.tenant(host.tenant_id) as session:
        await session.execute(text("UPDATE memberships SET role = 'owner'"))


async def test_the_last_owner_stays(
    traveller: Traveller, member: Member, sign_up: SignUp, join: Join, make_traveller: MakeTraveller
) -> None:
    elsewhere = await sign_up()
    await join(member, elsewhere)
    await traveller.log_in(member)
    other = make_traveller()
    await other.log_in(member, elsewhere.tenant_id)
    assert refusal(await traveller.call("DELETE", URL, None)) == (409, "last_owner")
    # Nothing has ended by that.
    assert (await traveller.session()).status_code == 200
    assert (await other.session(elsewhere.tenant_id)).status_code == 200


async def test_it_needs_a_step_up(traveller: Traveller, member: Member, clock: Clock) -> None:
    await traveller.log_in(member)
    clock.advance(timedelta(minutes=11))
    assert refusal(await traveller.call("DELETE", URL, None)) == (403, "step_up_required")


async def test_all_that_is_theirs_ends(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    sign_up: SignUp,
    join: Join,
    database: Database,
    events: Events,
    runner: TaskRunner,
    mail_server: MailServer,
    visitor: Visitor,
) -> None:
    heir, other = await sign_up(), make_traveller()
    await join(heir, member)
    await own_with(database, member)
    await traveller.log_in(member)
    await set_up_totp(traveller)
    answer = await traveller.call("DELETE", URL, None)
    assert answer.status_code == 204, answer.text
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert (await traveller.session()).status_code == 401
    assert refusal(await other.log_in(member)) == (401, "invalid_credentials")
    assert [e.user_id for e in await events(member.user_id) if isinstance(e, UserDeleted)]
    told = [e for e in await events(member.tenant_id) if isinstance(e, MemberRemoved)]
    assert [e.user_id for e in told] == [member.user_id]
    async with database.system() as session:
        kept = await session.execute(
            text("SELECT email, name, password_hash FROM users WHERE id = :id"),
            {"id": member.user_id},
        )
        left = await session.execute(
            text("SELECT count(*) FROM totps WHERE user_id = :id"), {"id": member.user_id}
        )
    assert kept.one() == (f"{member.user_id}@deleted.invalid", "", "")
    assert left.scalar_one() == 0
    # The address rests: sign-up and reset answer as ever, and mail nothing.
    await runner.run_due()
    count = len(mail_server.to(member.email))
    await visitor.ask(member.email, f"next-{uuid4().hex[:12]}")
    await other.call("POST", "/v1/password-resets", None, {"email": member.email})
    await runner.run_due()
    assert len(mail_server.to(member.email)) == count
    # The tenant goes on.
    assert (await other.log_in(heir, member.tenant_id)).status_code == 201
