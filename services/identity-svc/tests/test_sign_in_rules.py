"""A tenant that asks for a second factor: what sessions are worth before, during and after the days of
grace."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from fastapi import FastAPI

from identity_svc.app import create_app
from identity_svc.handlers import HANDLERS
from identity_svc.settings import Settings
from identity_testing import PASSWORD, Events, Join, MakeSettings, Member, SignUp, refusal
from mfa_testing import MFA, STEP, set_up_totp, verify
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import MemberRulesChanged
from stagify.events.tenant import SignInRulesChanged
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller, activate, code_in

REFUSED = (403, "second_factor_required")
GRACE = timedelta(days=3)
# What somebody may call who has to show a second factor first, or to set one up.
ON_THE_WAY = {
    ("get", "/v1/session"),
    ("delete", "/v1/session"),
    ("post", "/v1/session"),
    ("post", "/v1/session/step-up"),
    ("post", "/v1/session/{challenge_id}/verify"),
    ("post", "/v1/handoffs/start"),
    ("get", "/v1/sso"),
    ("post", "/v1/sso/log-out"),
    ("get", "/v1/me"),
    ("get", "/v1/me/mfa"),
    ("patch", "/v1/me/mfa"),
    ("post", "/v1/me/mfa/totp"),
    ("post", "/v1/me/mfa/totp/confirm"),
    ("delete", "/v1/me/mfa/totp"),
    ("post", "/v1/me/mfa/recovery-codes"),
    ("post", "/v1/me/mfa/passkeys/start"),
    ("post", "/v1/me/mfa/passkeys"),
    ("patch", "/v1/me/mfa/passkeys/{passkey_id}"),
    ("delete", "/v1/me/mfa/passkeys/{passkey_id}"),
}

Ask = Callable[..., Awaitable[datetime | None]]


@pytest.fixture
def ask(database: Database) -> Ask:
    """Has a tenant ask for a second factor after some days, or no longer."""

    async def run(member: Member, grace: timedelta | None) -> datetime | None:
        due_at = None if grace is None else utc_now() + grace
        event = SignInRulesChanged(tenant_id=member.tenant_id, mfa_due_at=due_at)
        async with database.tenant(member.tenant_id) as session:
            await HANDLERS[SignInRulesChanged](session, event)
        return due_at

    return run


async def worth(traveller: Traveller, member: Member) -> tuple[str | None, bool]:
    """What the gateway is told of the session: what it is restricted to, and whether it may do anything."""
    token = traveller.cookies[member.tenant_id]["__Host-stagify_session"]
    known = (await traveller.look_up(member.tenant_id, token)).json()
    return known["restriction"], bool(known["permissions"])


FREE, RESTRICTED = (None, True), ("second_factor", False)


class TestGrace:
    async def test_until_its_end_everything_goes_on(
        self, traveller: Traveller, member: Member, ask: Ask, clock: Clock
    ) -> None:
        await traveller.log_in(member, member.tenant_id)
        due_at = await ask(member, GRACE)
        assert due_at is not None
        assert await worth(traveller, member) == FREE
        session = (await traveller.session(member.tenant_id)).json()
        assert session["restriction"] is None
        assert datetime.fromisoformat(session["second_factor_due_at"]) == due_at
        # The gateway asks again at that very moment.
        clock.advance(GRACE - timedelta(hours=1))
        token = traveller.cookies[member.tenant_id]["__Host-stagify_session"]
        known = (await traveller.look_up(member.tenant_id, token)).json()
        assert datetime.fromisoformat(known["expires_at"]) <= due_at
        clock.advance(timedelta(hours=1))
        assert await worth(traveller, member) == RESTRICTED

    async def test_the_gateway_is_told_of_sessions_with_one_factor(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        sign_up: SignUp,
        join: Join,
        ask: Ask,
        events: Events,
    ) -> None:
        other, careful = await sign_up(), make_traveller()
        await join(other, member)
        await careful.log_in(other, member.tenant_id)
        await set_up_totp(careful, member.tenant_id)
        await traveller.log_in(member, member.tenant_id)
        await ask(member, timedelta(0))
        told = [e for e in await events(member.tenant_id) if isinstance(e, MemberRulesChanged)]
        assert [e.user_id for e in told] == [member.user_id]
        assert await worth(traveller, member) == RESTRICTED
        assert await worth(careful, member) == FREE

    async def test_another_tenant_and_the_platforms_host_do_not_ask(
        self, make_traveller: MakeTraveller, member: Member, sign_up: SignUp, join: Join, ask: Ask
    ) -> None:
        elsewhere, mine = await sign_up(), make_traveller()
        await join(member, elsewhere)
        await ask(member, timedelta(0))
        assert (await mine.log_in(member, elsewhere.tenant_id)).status_code == 201
        token = mine.cookies[elsewhere.tenant_id]["__Host-stagify_session"]
        known = (await mine.look_up(elsewhere.tenant_id, token)).json()
        assert known["restriction"] is None
        assert (await mine.log_in(member)).status_code == 201
        assert (await mine.call("GET", "/v1/me/sessions", None)).status_code == 200

    async def test_it_ends_when_the_tenant_no_longer_asks(
        self, traveller: Traveller, member: Member, ask: Ask
    ) -> None:
        await traveller.log_in(member, member.tenant_id)
        await ask(member, timedelta(0))
        assert await worth(traveller, member) == RESTRICTED
        await ask(member, None)
        assert await worth(traveller, member) == FREE


class TestAfterwards:
    async def test_no_way_leads_around_it(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        ask: Ask,
        database: Database,
    ) -> None:
        await activate(database, member.tenant_id)
        await traveller.log_in(member)
        await ask(member, timedelta(0))
        # A log-in with the password, and a hand-off of a session with one factor.
        mine = make_traveller()
        logged_in = await mine.log_in(member, member.tenant_id)
        assert logged_in.status_code == 201
        told = (logged_in.json()["restriction"], logged_in.json()["permissions"])
        assert told == ("second_factor", [])
        assert await worth(mine, member) == RESTRICTED
        code = code_in(await traveller.hand_off(member.tenant_id))
        assert (await traveller.enter(member.tenant_id, code)).status_code == 201
        assert await worth(traveller, member) == RESTRICTED
        answer = await traveller.call("GET", "/v1/api-keys", member.tenant_id)
        assert refusal(answer) == REFUSED

    async def test_setting_one_up_is_enough(
        self, traveller: Traveller, member: Member, ask: Ask, clock: Clock
    ) -> None:
        await traveller.log_in(member, member.tenant_id)
        await ask(member, timedelta(0))
        clock.advance(timedelta(minutes=11))
        body = {"current_password": PASSWORD}
        stepped = await traveller.call("POST", "/v1/session/step-up", member.tenant_id, body)
        assert stepped.status_code == 200, stepped.text
        assert await worth(traveller, member) == RESTRICTED
        await set_up_totp(traveller, member.tenant_id)
        assert await worth(traveller, member) == FREE
        session = (await traveller.session(member.tenant_id)).json()
        assert (session["restriction"], session["second_factor_due_at"]) == (None, None)

    async def test_having_one_is_not_but_showing_it(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        ask: Ask,
        clock: Clock,
    ) -> None:
        await traveller.log_in(member)
        phone = await set_up_totp(traveller)
        clock.advance(timedelta(seconds=2 * STEP))
        await ask(member, timedelta(0))
        mine = make_traveller()
        waiting = await mine.log_in(member, member.tenant_id)
        assert (await verify(mine, waiting, member.tenant_id, code=phone.code())).status_code == 201
        assert await worth(mine, member) == FREE


class TestEverywhere:
    """An installation whose workspaces all ask for one."""

    @pytest.fixture
    def make_settings(self, make_settings: MakeSettings) -> MakeSettings:
        """It begins in three days."""
        return partial(make_settings, mfa_due_at=utc_now() + GRACE)

    async def test_nobody_has_to_ask(
        self, traveller: Traveller, member: Member, database: Database, clock: Clock, ask: Ask
    ) -> None:
        await activate(database, member.tenant_id)
        await traveller.log_in(member, member.tenant_id)
        assert await worth(traveller, member) == FREE
        session = (await traveller.session(member.tenant_id)).json()
        due_at = datetime.fromisoformat(session["second_factor_due_at"])
        token = traveller.cookies[member.tenant_id]["__Host-stagify_session"]
        known = (await traveller.look_up(member.tenant_id, token)).json()
        assert datetime.fromisoformat(known["expires_at"]) <= due_at
        # A workspace may ask for it earlier, and not later.
        await ask(member, timedelta(0))
        assert await worth(traveller, member) == RESTRICTED
        await ask(member, GRACE * 2)
        assert await worth(traveller, member) == FREE
        clock.advance(due_at - utc_now())
        assert await worth(traveller, member) == RESTRICTED
        await traveller.log_in(member)
        code = code_in(await traveller.hand_off(member.tenant_id))
        assert (await traveller.enter(member.tenant_id, code)).status_code == 201
        assert await worth(traveller, member) == RESTRICTED
        await traveller.log_in(member, member.tenant_id)
        assert await worth(traveller, member) == RESTRICTED
        await set_up_totp(traveller, member.tenant_id)
        assert await worth(traveller, member) == FREE


ELSE = ((403, "wrong_host"), (422, "invalid_request"), (415, "unsupported_media_type"))


async def test_a_restricted_session_reaches_only_what_is_on_its_way(
    traveller: Traveller, member: Member, ask: Ask, settings: Settings
) -> None:
    await traveller.log_in(member, member.tenant_id)
    await ask(member, timedelta(0))
    app: FastAPI = create_app(settings)
    wrong = []
    for path, calls in app.openapi()["paths"].items():
        for method in calls:
            if not path.startswith("/v1/") or (method, path) in ON_THE_WAY:
                continue
            shown = path
            for name in ("api_key_id", "session_id", "member_id", "signup_id"):
                shown = shown.replace(f"{{{name}}}", str(member.tenant_id))
            answer = await traveller.call(method.upper(), shown, member.tenant_id, {})
            found = refusal(answer)
            # Who is asked comes before what is asked for, but not before its form; some calls are for other hosts.
            if found not in (REFUSED, *ELSE):
                wrong.append((method, path, found))
    assert wrong == []


async def test_what_is_on_the_way_is_there(
    traveller: Traveller, member: Member, ask: Ask, settings: Settings
) -> None:
    await traveller.log_in(member, member.tenant_id)
    await ask(member, timedelta(0))
    for method, path in (("GET", "/v1/me"), ("GET", MFA), ("GET", "/v1/session")):
        assert (await traveller.call(method, path, member.tenant_id)).status_code == 200
    paths = create_app(settings).openapi()["paths"]
    assert [each for each in ON_THE_WAY if each[0] not in paths.get(each[1], {})] == []
