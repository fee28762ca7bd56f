"""One's own sessions: seen and ended, on all hosts of the person and of nobody else."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from identity_svc.parts import Parts
from identity_svc.sessions.device_names import device_name
from identity_svc.sessions.own import MAX_SHOWN
from identity_testing import PASSWORD, Browser, Events, Join, Member, OpenBrowser, SignUp, refusal
from mfa_testing import set_up_totp, verify
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import SessionRevoked
from stagify.ids import new_id
from stagify.testing import Clock, comes_to_wait
from traveller_testing import MakeTraveller, Traveller, activate, code_in

URL, STEP_UP = "/v1/me/sessions", "/v1/session/step-up"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"


async def sessions_of(browser: Browser) -> list[dict[str, Any]]:
    """What a browser is told about its person's sessions."""
    answer = await browser.request("GET", URL)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def is_in(browser: Browser) -> bool:
    """Whether the browser's session is valid."""
    return await browser.look_up() is not None


@pytest.fixture
async def elsewhere(sign_up: SignUp, join: Join, member: Member) -> Member:
    """The owner of another tenant, in which `member` is a member too."""
    host = await sign_up()
    await join(member, host)
    return host


@pytest.fixture
async def three(browser: OpenBrowser, member: Member, elsewhere: Member) -> list[Browser]:
    """A member's browsers: two at home, one on another tenant's host."""
    browsers = [browser(member, user_agent=CHROME), browser(member), browser(elsewhere)]
    for each in browsers:
        assert (await each.log_in(member.email)).status_code == 201
    return browsers


class TestListing:
    async def test_all_hosts_are_shown_to_the_person_alone(
        self, three: list[Browser], browser: OpenBrowser, member: Member, elsewhere: Member
    ) -> None:
        host = browser(elsewhere)
        await host.log_in(elsewhere.email)
        assert len(await sessions_of(host)) == 1
        for current in three:
            items = await sessions_of(current)
            assert sorted(each["host"] for each in items) == sorted(
                [*[f"{member.slug}.localhost:8080"] * 2, f"{elsewhere.slug}.localhost:8080"]
            )
            known = await current.look_up()
            assert known is not None
            (marked,) = [each["id"] for each in items if each["is_current"]]
            assert marked == known["credential_id"]

    async def test_what_is_told_of_each(self, three: list[Browser]) -> None:
        items = await sessions_of(three[0])
        assert [each["device"] for each in items] == [None, None, "Chrome on Linux"]
        for each in items:
            assert each.keys() == {
                "id",
                "host",
                "device",
                "created_at",
                "last_seen_at",
                "is_current",
            }
            seen = datetime.fromisoformat(each["last_seen_at"])
            assert seen.tzinfo is not None
            assert datetime.fromisoformat(each["created_at"]) <= seen <= utc_now()

    async def test_those_that_are_over_are_left_out(
        self, three: list[Browser], browser: OpenBrowser, member: Member, clock: Clock
    ) -> None:
        clock.advance(timedelta(days=7, seconds=1))
        fresh = browser(member)
        await fresh.log_in(member.email)
        assert len(await sessions_of(fresh)) == 1

    async def test_those_of_a_tenant_that_one_has_left_are_gone(
        self, three: list[Browser], member: Member, elsewhere: Member, database: Database
    ) -> None:
        async with database.tenant(elsewhere.tenant_id) as session:
            await session.execute(
                text("DELETE FROM memberships WHERE user_id = :id"), {"id": member.user_id}
            )
        assert len(await sessions_of(three[0])) == 2
        assert not await is_in(three[2])

    async def test_there_is_an_end_to_the_list(
        self, three: list[Browser], member: Member, database: Database
    ) -> None:
        async with database.tenant(member.tenant_id) as session:
            await session.execute(
                text(
                    "INSERT INTO sessions (tenant_id, id, user_id, token_hash, created_at,"
                    " last_seen_at, expires_at) SELECT :t, gen_random_uuid(), :u,"
                    " decode(md5(n::text), 'hex'), :old, :old, :end FROM generate_series(1, 200) n"
                ),
                {
                    "t": member.tenant_id,
                    "u": member.user_id,
                    "old": utc_now() - timedelta(days=1),
                    "end": utc_now() + timedelta(days=1),
                },
            )
        items = await sessions_of(three[0])
        assert len(items) == MAX_SHOWN
        assert [each["is_current"] for each in items].count(True) == 1


class TestEnding:
    async def test_one_ends_at_once_and_the_gateway_is_told(
        self, three: list[Browser], member: Member, elsewhere: Member, events: Events
    ) -> None:
        known = await three[2].look_up()
        assert known is not None
        answer = await three[0].request("DELETE", f"{URL}/{known['credential_id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert [await is_in(each) for each in three] == [True, True, False]
        (told,) = [e for e in await events(elsewhere.tenant_id) if isinstance(e, SessionRevoked)]
        assert (told.session_id, told.user_id) == (UUID(known["credential_id"]), member.user_id)
        assert told.actor == f"user:{member.user_id}"
        again = await three[0].request("DELETE", f"{URL}/{known['credential_id']}")
        assert refusal(again) == (404, "session_not_found")

    async def test_that_of_somebody_else_does_not_exist(
        self, three: list[Browser], browser: OpenBrowser, elsewhere: Member
    ) -> None:
        owner = browser(elsewhere)
        await owner.log_in(elsewhere.email)
        for victim, attacker in ((three[2], owner), (owner, three[2])):
            known = await victim.look_up()
            assert known is not None
            answer = await attacker.request("DELETE", f"{URL}/{known['credential_id']}")
            absent = await attacker.request("DELETE", f"{URL}/{new_id()}")
            assert refusal(answer) == refusal(absent) == (404, "session_not_found")
            assert answer.json()["detail"] == absent.json()["detail"]
            assert await is_in(victim)

    async def test_ones_own_session_may_end_too(self, three: list[Browser]) -> None:
        known = await three[0].look_up()
        assert known is not None
        answer = await three[0].request("DELETE", f"{URL}/{known['credential_id']}")
        assert answer.status_code == 204
        assert [await is_in(each) for each in three] == [False, True, True]

    async def test_all_others_end_and_the_caller_stays(
        self,
        three: list[Browser],
        browser: OpenBrowser,
        member: Member,
        elsewhere: Member,
        events: Events,
    ) -> None:
        stranger = browser(elsewhere)
        await stranger.log_in(elsewhere.email)
        assert (await three[1].request("DELETE", URL)).status_code == 204
        assert [await is_in(each) for each in three] == [False, True, False]
        assert await is_in(stranger)
        (left,) = await sessions_of(three[1])
        assert left["is_current"] is True
        for tenant in (member, elsewhere):
            told = [e for e in await events(tenant.tenant_id) if isinstance(e, SessionRevoked)]
            assert [e.user_id for e in told] == [member.user_id]
        assert (await three[1].request("DELETE", URL)).status_code == 204

    async def test_it_takes_a_proof(
        self, three: list[Browser], browser: OpenBrowser, member: Member, clock: Clock
    ) -> None:
        known = await three[2].look_up()
        assert known is not None
        clock.advance(timedelta(minutes=11))
        thief = replace(three[0], cookies=dict(three[0].cookies))
        for path in (URL, f"{URL}/{known['credential_id']}"):
            answer = await thief.request("DELETE", path)
            assert refusal(answer) == (403, "step_up_required")
        assert [await is_in(each) for each in three] == [True, True, True]
        # To see them takes none. And whoever gives the proof has another token from then on.
        assert len(await sessions_of(three[0])) == 3
        body = {"current_password": PASSWORD}
        assert (await three[0].request("POST", STEP_UP, json=body)).status_code == 200
        assert (await three[0].request("DELETE", URL)).status_code == 204
        assert [await is_in(each) for each in (thief, *three)] == [False, True, False, False]

    async def test_a_session_that_two_end_is_announced_once(
        self, three: list[Browser], parts: Parts, member: Member, elsewhere: Member, events: Events
    ) -> None:
        known = await three[2].look_up()
        assert known is not None
        async with parts.person_database.person(member.user_id) as session:
            await session.execute(text("SELECT 1 FROM sessions FOR UPDATE"))
            path = f"{URL}/{known['credential_id']}"
            both = [asyncio.create_task(three[n].request("DELETE", path)) for n in (0, 1)]
            assert await comes_to_wait(parts.person_database, both[0])
        codes = sorted([(await each).status_code for each in both])
        assert codes == [204, 404]
        told = [e for e in await events(elsewhere.tenant_id) if isinstance(e, SessionRevoked)]
        assert len(told) == 1


class TestUnderWay:
    """Ways to a session that somebody has begun elsewhere, when the person logs out everywhere."""

    async def test_half_a_log_in_is_over(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        clock: Clock,
    ) -> None:
        await traveller.log_in(member)
        phone = await set_up_totp(traveller)
        clock.advance(timedelta(minutes=1))
        other = make_traveller()
        asked = await other.log_in(member)
        assert (await traveller.call("DELETE", URL, None)).status_code == 204
        late = await verify(other, asked, code=phone.code())
        assert refusal(late) == (410, "challenge_invalid")
        asked = await other.log_in(member)
        assert (await verify(other, asked, code=phone.code())).status_code == 201

    async def test_a_hand_off_leads_nowhere(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        database: Database,
    ) -> None:
        await activate(database, member.tenant_id)
        other = make_traveller()
        await other.log_in(member)
        code = code_in(await other.hand_off(member.tenant_id))
        await traveller.log_in(member)
        assert (await traveller.call("DELETE", URL, None)).status_code == 204
        late = await other.enter(member.tenant_id, code)
        assert refusal(late) == (401, "invalid_handoff")
        assert (await other.session()).status_code == 401
        assert (await traveller.session()).status_code == 200


class TestOneTransactionOfAPerson:
    """What the person role sees and may do."""

    async def test_it_sees_the_persons_own_rows_alone(
        self, three: list[Browser], parts: Parts, member: Member, elsewhere: Member
    ) -> None:
        for who, expected in (
            (member.user_id, [3, 2]),
            (elsewhere.user_id, [0, 1]),
            (new_id(), [0, 0]),
        ):
            async with parts.person_database.person(who) as session:
                for table, count in zip(("sessions", "memberships"), expected, strict=True):
                    found = await session.execute(text(f"SELECT count(*) FROM {table}"))
                    assert found.scalar_one() == count

    async def test_without_a_person_it_sees_nothing(
        self, three: list[Browser], parts: Parts
    ) -> None:
        # Twice, because the setting of a transaction is empty on its connection afterwards.
        for _ in range(2):
            async with parts.person_database.system() as session:
                found = await session.execute(text("SELECT count(*) FROM sessions"))
                assert found.scalar_one() == 0
            async with parts.person_database.person(new_id()):
                pass

    async def test_other_roles_gain_nothing_by_naming_a_person(
        self, three: list[Browser], parts: Parts, member: Member
    ) -> None:
        async with parts.database.person(member.user_id) as session:
            for table in ("sessions", "memberships"):
                found = await session.execute(text(f"SELECT count(*) FROM {table}"))
                assert found.scalar_one() == 0

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE users SET id = gen_random_uuid()",
            "UPDATE sessions SET user_id = gen_random_uuid()",
            "UPDATE sessions SET expires_at = now()",
            "UPDATE memberships SET role = 'owner'",
            "DELETE FROM memberships",
            "DELETE FROM users",
            "INSERT INTO sessions SELECT * FROM sessions",
            "SELECT * FROM api_keys",
            "SELECT * FROM outbox",
            "TRUNCATE sessions",
        ],
    )
    async def test_it_may_do_only_what_people_do(
        self, parts: Parts, member: Member, statement: str
    ) -> None:
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
            async with parts.person_database.person(member.user_id) as session:
                await session.execute(text(statement))

    async def test_the_look_at_ones_sessions_reads_no_others(
        self, three: list[Browser], parts: Parts, member: Member
    ) -> None:
        async with parts.person_database.person(member.user_id) as session:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = await session.execute(
                text("EXPLAIN SELECT * FROM sessions WHERE user_id = :id"), {"id": member.user_id}
            )
            assert "ix_sessions_user_id" in "\n".join(plan.scalars())


UNKNOWN = ["", "curl/8.5.0", "httpx", "Mozilla/5.0", "\u00fc" * 600, "x" * 600 + CHROME]
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)"
AGENTS = {
    CHROME: "Chrome on Linux",
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/156.0 Safari/537.36 Edg/156.0": "Edge on Windows",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) {WEBKIT} Version/18.4 Safari/605.1": (
        "Safari on macOS"
    ),
    f"{IPHONE} {WEBKIT} Version/18.4 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    f"{IPHONE} {WEBKIT} CriOS/156.0.1 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/29.0 Chrome/136.0": (
        "Samsung Internet on Android"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0": "Firefox on Linux",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0) {WEBKIT} Chrome/156.0": "Chrome on ChromeOS",
    "Something/1.0 (Windows NT 10.0)": "Windows",
    "Firefox/151.0": "Firefox",
    **dict.fromkeys(UNKNOWN),
}


@pytest.mark.parametrize(("agent", "name"), AGENTS.items())
def test_a_browser_is_called_by_its_family_and_system(agent: str, name: str | None) -> None:
    assert device_name(agent) == name


async def test_the_header_itself_is_not_stored(
    browser: OpenBrowser, member: Member, database: Database
) -> None:
    agent = f"{CHROME} Secret/{new_id().hex}"
    await browser(member, user_agent=agent).log_in(member.email)
    async with database.tenant(member.tenant_id) as session:
        stored = await session.execute(text("SELECT device FROM sessions"))
        assert list(stored.scalars()) == ["Chrome on Linux"]
