"""Hand-offs: from the platform's host into a tenant, once, and for nobody else."""

import asyncio
import base64
import hashlib
import logging
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.parts import Parts
from identity_svc.sessions import handoffs, queries
from identity_svc.sessions.cookies import COOKIE_NAME, DEVICE_COOKIE_NAME, HANDOFF_COOKIE_NAME
from identity_svc.settings import Settings
from identity_svc.upkeep.service import Turn, upkeep
from identity_testing import (
    Caller,
    Events,
    Join,
    Member,
    SignUp,
    new_address,
    refusal,
)
from stagify.database import Database
from stagify.events.identity import SessionRevoked
from stagify.ids import new_id
from stagify.testing import Clock, app_client, comes_to_wait
from traveller_testing import MakeTraveller, Traveller, activate, code_in

CHALLENGE = "c" * 43
GONE = (401, "invalid_handoff")


@pytest.fixture
async def person(traveller: Traveller, member: Member, database: Database) -> Traveller:
    """The browser of a member, who is logged in on the platform's host; their tenant is active."""
    await activate(database, member.tenant_id)
    assert (await traveller.log_in(member)).status_code == 201
    return traveller


async def remove(database: Database, member: Member) -> None:
    """End the membership."""
    async with database.tenant(member.tenant_id) as session:
        await session.execute(text("DELETE FROM memberships"))


async def facts(database: Database, tenant_id: UUID) -> list[tuple[object, ...]]:
    """What is kept of the tenant's sessions."""
    async with database.tenant(tenant_id) as session:
        found = await session.execute(
            text("SELECT parent_id, amr, auth_time, expires_at FROM sessions")
        )
        return [tuple(row) for row in found]


class TestStart:
    async def test_challenge_is_the_hash_of_a_nonce_that_scripts_cannot_read(
        self, traveller: Traveller, member: Member
    ) -> None:
        answer = await traveller.call("POST", "/v1/handoffs/start", member.tenant_id, {})
        assert answer.status_code == 201
        (line,) = answer.headers.get_list("set-cookie")
        assert sorted(line.split("; ")[1:]) == [
            *("HttpOnly", "Max-Age=300", "Path=/", "SameSite=lax", "Secure")
        ]
        nonce = traveller.cookies[member.tenant_id][HANDOFF_COOKIE_NAME]
        digest = hashlib.sha256(nonce.encode()).digest()
        expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert answer.json() == {"challenge": expected}
        assert nonce not in answer.text
        assert answer.headers["cache-control"] == "no-store"

    async def test_two_pages_of_a_browser_have_one_nonce(
        self, traveller: Traveller, member: Member
    ) -> None:
        first, second = [
            await traveller.call("POST", "/v1/handoffs/start", member.tenant_id, {})
            for _ in range(2)
        ]
        assert first.json() == second.json()

    @pytest.mark.parametrize("nonce", ["short", "x" * 44, "é" * 43, "a" * 42 + "%"])
    async def test_what_is_no_nonce_is_replaced(
        self, traveller: Traveller, member: Member, nonce: str
    ) -> None:
        traveller.cookies[member.tenant_id] = {HANDOFF_COOKIE_NAME: nonce}
        await traveller.call("POST", "/v1/handoffs/start", member.tenant_id, {})
        assert traveller.cookies[member.tenant_id][HANDOFF_COOKIE_NAME] != nonce

    async def test_platform_host_is_refused(self, traveller: Traveller) -> None:
        answer = await traveller.call("POST", "/v1/handoffs/start", None, {})
        assert refusal(answer) == (403, "wrong_host")


class TestCreate:
    async def test_visitor_is_refused(self, traveller: Traveller, member: Member) -> None:
        answer = await traveller.ask(member.tenant_id, CHALLENGE)
        assert refusal(answer) == (401, "authentication_required")

    async def test_tenant_host_is_refused(self, person: Traveller, member: Member) -> None:
        await person.log_in(member, member.tenant_id)
        body = {"tenant_id": str(member.tenant_id), "challenge": CHALLENGE}
        answer = await person.call("POST", "/v1/handoffs", member.tenant_id, body)
        assert refusal(answer) == (403, "wrong_host")

    @pytest.mark.parametrize("challenge", ["", "c" * 42, "c" * 44, "c" * 42 + "=", "é" * 43])
    async def test_what_is_no_challenge_is_refused(
        self, person: Traveller, member: Member, challenge: str
    ) -> None:
        answer = await person.ask(member.tenant_id, challenge)
        assert refusal(answer) == (422, "invalid_request")

    async def test_tenant_of_others_is_as_good_as_none(
        self, person: Traveller, sign_up: SignUp, database: Database
    ) -> None:
        other = await sign_up()
        await activate(database, other.tenant_id)
        answers = [await person.ask(id_, CHALLENGE) for id_ in (other.tenant_id, new_id())]
        assert [refusal(each) for each in answers] == [(404, "tenant_not_found")] * 2
        shown = [
            {name: value for name, value in each.json().items() if name != "request_id"}
            for each in answers
        ]
        assert shown[0] == shown[1]

    async def test_former_member_is_refused(
        self, person: Traveller, member: Member, database: Database
    ) -> None:
        await remove(database, member)
        answer = await person.ask(member.tenant_id, CHALLENGE)
        assert refusal(answer) == (404, "tenant_not_found")

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("provisioning", (409, "tenant_provisioning")),
            ("suspended", (403, "tenant_suspended")),
            ("expired", (404, "tenant_not_found")),
            ("something new", (403, "tenant_suspended")),
        ],
    )
    async def test_tenant_has_to_be_active(
        self,
        person: Traveller,
        member: Member,
        database: Database,
        status: str,
        expected: tuple[int, str],
    ) -> None:
        await activate(database, member.tenant_id, status)
        answer = await person.ask(member.tenant_id, CHALLENGE)
        assert refusal(answer) == expected
        # The page waits for a workspace that is being made.
        assert ("retry-after" in answer.headers) == (status == "provisioning")

    async def test_code_stands_in_the_fragment_alone(
        self, person: Traveller, member: Member, database: Database
    ) -> None:
        answer = await person.hand_off(member.tenant_id)
        code = code_in(answer)
        assert answer.json()["url"] == f"http://{member.slug}.localhost:8080/enter#code={code}"
        assert len(code) == 43
        assert answer.headers["cache-control"] == "no-store"
        async with database.tenant(member.tenant_id) as session:
            (row,) = await session.execute(text("SELECT * FROM handoffs"))
        assert code not in str(row)

    @pytest.mark.usefixtures("new_hour")
    async def test_person_asks_only_so_often(
        self, person: Traveller, sign_up: SignUp, member: Member, database: Database
    ) -> None:
        # Also in vain: whoever looks for tenants pays the same.
        answers = [await person.ask(new_id(), CHALLENGE) for _ in range(20)]
        answers += [await person.ask(member.tenant_id, CHALLENGE) for _ in range(15)]
        statuses = [answer.status_code for answer in answers]
        assert statuses == [404] * 20 + [201] * 10 + [429] * 5
        assert int(answers[-1].headers["retry-after"]) > 0


class TestUse:
    async def test_person_is_in(
        self, person: Traveller, member: Member, database: Database
    ) -> None:
        code = code_in(await person.hand_off(member.tenant_id))
        answer = await person.enter(member.tenant_id, code)
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert (body["scope"], body["role"]) == ("workspace", "owner")
        assert body["user"]["id"] == str(member.user_id)
        names = [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")]
        assert sorted(names) == sorted([COOKIE_NAME, DEVICE_COOKIE_NAME, HANDOFF_COOKIE_NAME])
        assert HANDOFF_COOKIE_NAME not in person.cookies[member.tenant_id]
        assert (await person.session(member.tenant_id)).json() == body
        assert code not in answer.text

    async def test_facts_travel_unchanged(
        self, person: Traveller, member: Member, database: Database, clock: Clock
    ) -> None:
        async with database.system() as session:
            found = await session.execute(
                text(
                    "SELECT id, amr, auth_time, expires_at FROM person_sessions"
                    " WHERE user_id = :id ORDER BY created_at DESC LIMIT 1"
                ),
                {"id": member.user_id},
            )
            before = tuple(found.one())
        clock.advance(timedelta(days=5))
        await person.enter(member.tenant_id, code_in(await person.hand_off(member.tenant_id)))
        assert await facts(database, member.tenant_id) == [before]
        assert before[1] == ["pwd"]

    async def test_code_is_used_once(self, person: Traveller, member: Member) -> None:
        code = code_in(await person.hand_off(member.tenant_id))
        nonce = person.cookies[member.tenant_id][HANDOFF_COOKIE_NAME]
        assert (await person.enter(member.tenant_id, code)).status_code == 201
        person.cookies[member.tenant_id][HANDOFF_COOKIE_NAME] = nonce
        assert refusal(await person.enter(member.tenant_id, code)) == GONE
        # The session that it has made goes on.
        assert (await person.session(member.tenant_id)).status_code == 200

    async def test_another_browser_is_refused_and_uses_it_up(
        self, person: Traveller, make_traveller: MakeTraveller, member: Member
    ) -> None:
        victim = make_traveller()
        await victim.call("POST", "/v1/handoffs/start", member.tenant_id, {})
        code = code_in(await person.hand_off(member.tenant_id))
        answer = await victim.enter(member.tenant_id, code)
        assert refusal(answer) == GONE
        assert COOKIE_NAME not in victim.cookies[member.tenant_id]
        assert refusal(await person.enter(member.tenant_id, code)) == GONE

    async def test_another_person_of_the_workspace_is_refused(
        self,
        person: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        """They are logged in themselves, have asked for a hand-off of their own, and have seen the code."""
        second = await sign_up()
        await join(second, member)
        other = make_traveller()
        await other.log_in(second)
        theirs = code_in(await other.hand_off(member.tenant_id))
        code = code_in(await person.hand_off(member.tenant_id))
        assert refusal(await other.enter(member.tenant_id, code)) == GONE
        assert COOKIE_NAME not in other.cookies[member.tenant_id]
        assert (await other.enter(member.tenant_id, theirs)).status_code == 201
        shown = (await other.session(member.tenant_id)).json()
        assert shown["user"]["email"] == second.email

    async def test_browser_without_a_nonce_is_refused(
        self, person: Traveller, make_traveller: MakeTraveller, member: Member
    ) -> None:
        # Not even for the hash of nothing.
        for challenge in (CHALLENGE, handoffs.challenge_of("")):
            code = code_in(await person.ask(member.tenant_id, challenge))
            person.cookies.pop(member.tenant_id, None)
            assert refusal(await person.enter(member.tenant_id, code)) == GONE

    async def test_code_is_unknown_on_another_host(
        self, person: Traveller, member: Member, sign_up: SignUp, database: Database
    ) -> None:
        other = await sign_up()
        code = code_in(await person.hand_off(member.tenant_id))
        person.cookies[other.tenant_id] = dict(person.cookies[member.tenant_id])
        assert refusal(await person.enter(other.tenant_id, code)) == GONE
        # It was not seen there, so it is still good where it leads to.
        assert (await person.enter(member.tenant_id, code)).status_code == 201

    async def test_code_is_good_for_a_minute(
        self, person: Traveller, member: Member, clock: Clock
    ) -> None:
        codes = []
        for _ in range(2):
            codes.append(code_in(await person.hand_off(member.tenant_id)))
        clock.advance(timedelta(seconds=59))
        nonce = dict(person.cookies[member.tenant_id])
        assert (await person.enter(member.tenant_id, codes[0])).status_code == 201
        clock.advance(timedelta(seconds=1))
        person.cookies[member.tenant_id] |= nonce
        assert refusal(await person.enter(member.tenant_id, codes[1])) == GONE

    async def test_membership_that_has_ended_ends_it(
        self, person: Traveller, member: Member, database: Database
    ) -> None:
        code = code_in(await person.hand_off(member.tenant_id))
        await remove(database, member)
        assert refusal(await person.enter(member.tenant_id, code)) == GONE

    async def test_log_out_on_the_platform_ends_it(self, person: Traveller, member: Member) -> None:
        code = code_in(await person.hand_off(member.tenant_id))
        await person.call("DELETE", "/v1/session", None)
        assert refusal(await person.enter(member.tenant_id, code)) == GONE

    async def test_it_replaces_the_session_of_the_browser(
        self, person: Traveller, member: Member, events: Events
    ) -> None:
        await person.log_in(member, member.tenant_id)
        old = person.cookies[member.tenant_id][COOKIE_NAME]
        known = (await person.look_up(member.tenant_id, old)).json()
        await person.enter(member.tenant_id, code_in(await person.hand_off(member.tenant_id)))
        assert person.cookies[member.tenant_id][COOKIE_NAME] != old
        assert (await person.look_up(member.tenant_id, old)).status_code == 404
        told = [each for each in await events(member.tenant_id) if type(each) is SessionRevoked]
        assert [str(each.session_id) for each in told] == [known["credential_id"]]

    async def test_browser_that_is_known_on_the_platform_is_known_there(
        self, person: Traveller, member: Member, parts: Parts, make_traveller: MakeTraveller
    ) -> None:
        await person.enter(member.tenant_id, code_in(await person.hand_off(member.tenant_id)))
        ids = {
            base64.urlsafe_b64decode(person.cookies[host][DEVICE_COOKIE_NAME])[:12]
            for host in (None, member.tenant_id)
        }
        assert len(ids) == 1
        stranger = make_traveller()
        stranger.address = person.address
        wrong = member.login | {"password": "wrong!!!"}
        for _ in range(6):
            await stranger.call("POST", "/v1/session", member.tenant_id, wrong)
        assert (await person.log_in(member, member.tenant_id)).status_code == 201

    @pytest.mark.usefixtures("new_hour")
    async def test_source_tries_only_so_often(self, traveller: Traveller, member: Member) -> None:
        answers = [await traveller.enter(member.tenant_id, f"{n:043}") for n in range(125)]
        assert [answer.status_code for answer in answers] == [401] * 120 + [429] * 5

    async def test_unknown_code_costs_no_hash_and_shows_nothing(
        self, person: Traveller, member: Member, clock: Clock
    ) -> None:
        spent = code_in(await person.hand_off(member.tenant_id))
        await person.enter(member.tenant_id, spent)
        old = code_in(await person.hand_off(member.tenant_id))
        clock.advance(timedelta(minutes=2))
        shown = []
        for code in (spent, old, "x" * 43, "x", "é"):
            answer = await person.enter(member.tenant_id, code)
            body = {name: value for name, value in answer.json().items() if name != "request_id"}
            shown.append((answer.status_code, body, sorted(answer.headers)))
        assert shown == [shown[0]] * 5

    async def test_nothing_secret_is_logged(
        self, person: Traveller, member: Member, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        code = code_in(await person.hand_off(member.tenant_id))
        nonce = person.cookies[member.tenant_id][HANDOFF_COOKIE_NAME]
        await person.enter(member.tenant_id, code)
        token = person.cookies[member.tenant_id][COOKIE_NAME]
        for secret in (code, nonce, token, person.cookies[None][COOKIE_NAME]):
            assert secret not in caplog.text


class TestRaces:
    async def test_of_two_processes_with_one_code_one_gets_in(
        self, person: Traveller, member: Member, settings: Settings, caller: Caller
    ) -> None:
        host = member.tenant_id
        async with (
            app_client(create_app(settings)) as first,
            app_client(create_app(settings)) as second,
        ):
            # Both have their connections, so that neither is late.
            both = [Traveller(client, caller, address=new_address()) for client in (first, second)]
            for _ in range(10):
                code = code_in(await person.hand_off(host))
                for each in both:
                    each.cookies[host] = dict(person.cookies[host])
                    await each.session()
                answers = await asyncio.gather(*(each.enter(host, code) for each in both * 2))
                assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]

    async def test_the_second_waits_for_the_first(
        self, person: Traveller, member: Member, parts: Parts, database: Database
    ) -> None:
        code = code_in(await person.hand_off(member.tenant_id))
        async with database.tenant(member.tenant_id) as session:
            taken = await queries.take_handoff(session, parts.digester.digest("handoff", code))
            assert taken is not None
            second = asyncio.create_task(person.enter(member.tenant_id, code))
            assert await comes_to_wait(database, second)
        assert refusal(await second) == GONE

    async def test_log_out_that_comes_first_wins(
        self, person: Traveller, member: Member, database: Database
    ) -> None:
        code = code_in(await person.hand_off(member.tenant_id))
        async with database.system() as session:
            await session.execute(
                text("DELETE FROM person_sessions WHERE user_id = :id"), {"id": member.user_id}
            )
            second = asyncio.create_task(person.enter(member.tenant_id, code))
            assert await comes_to_wait(database, second)
        assert refusal(await second) == GONE


class TestLogOut:
    async def test_workspace_takes_the_platform_with_it(
        self, person: Traveller, member: Member
    ) -> None:
        await person.enter(member.tenant_id, code_in(await person.hand_off(member.tenant_id)))
        answer = await person.call("DELETE", "/v1/session", member.tenant_id)
        assert answer.status_code == 204
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert (await person.session(member.tenant_id)).status_code == 401
        assert (await person.session()).status_code == 401

    async def test_unless_only_here_is_meant(self, person: Traveller, member: Member) -> None:
        await person.enter(member.tenant_id, code_in(await person.hand_off(member.tenant_id)))
        await person.call("DELETE", "/v1/session?scope=here", member.tenant_id)
        assert (await person.session(member.tenant_id)).status_code == 401
        assert (await person.session()).status_code == 200

    async def test_another_browser_of_the_person_goes_on(
        self, person: Traveller, make_traveller: MakeTraveller, member: Member
    ) -> None:
        other = make_traveller()
        await other.log_in(member)
        for each in (person, other):
            await each.enter(member.tenant_id, code_in(await each.hand_off(member.tenant_id)))
        await person.call("DELETE", "/v1/session", member.tenant_id)
        assert (await other.session()).status_code == 200
        assert (await other.session(member.tenant_id)).status_code == 200

    async def test_log_in_by_password_has_no_session_on_the_platform_to_end(
        self, person: Traveller, member: Member
    ) -> None:
        await person.log_in(member, member.tenant_id)
        await person.call("DELETE", "/v1/session", member.tenant_id)
        assert (await person.session()).status_code == 200

    @pytest.mark.parametrize("scope", ["", "everywhere", "here&scope=there"])
    async def test_other_scopes_are_refused(
        self, traveller: Traveller, member: Member, scope: str
    ) -> None:
        answer = await traveller.call("DELETE", f"/v1/session?scope={scope}", member.tenant_id)
        assert refusal(answer) == (422, "invalid_request")

    async def test_platform_takes_the_workspaces_of_this_browser_with_it(
        self,
        person: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        events: Events,
    ) -> None:
        host, other = member.tenant_id, make_traveller()
        await other.log_in(member)
        known = []
        for each in (person, other):
            await each.enter(host, code_in(await each.hand_off(host)))
            known.append((await each.look_up(host, each.cookies[host][COOKIE_NAME])).json())
        answer = await person.call("DELETE", "/v1/session", None)
        assert answer.status_code == 204
        assert (await person.session(host)).status_code == 401
        assert (await other.session(host)).status_code == 200
        told = [each for each in await events(host) if type(each) is SessionRevoked]
        assert [str(each.session_id) for each in told] == [known[0]["credential_id"]]
        assert {each.actor for each in told} == {f"user:{member.user_id}"}

    async def test_platform_alone_goes_if_only_here_is_meant(
        self, person: Traveller, member: Member
    ) -> None:
        host = member.tenant_id
        await person.enter(host, code_in(await person.hand_off(host)))
        await person.call("DELETE", "/v1/session?scope=here", None)
        assert (await person.session()).status_code == 401
        assert (await person.session(host)).status_code == 200

    async def test_hand_off_that_is_being_used_ends_too(
        self, person: Traveller, member: Member, database: Database, parts: Parts
    ) -> None:
        host = member.tenant_id
        code = code_in(await person.hand_off(host))
        async with database.system() as session:
            held = await session.execute(
                text("SELECT id FROM person_sessions WHERE user_id = :id FOR SHARE"),
                {"id": member.user_id},
            )
            assert held.scalars().all()
            leaving = asyncio.create_task(person.call("DELETE", "/v1/session", None))
            # It does so as the person role, and a role sees only its own wait.
            assert await comes_to_wait(parts.person_database, leaving)
            # It holds the session as we do, so it comes before the log-out that waits.
            assert (await person.enter(host, code)).status_code == 201
        assert (await leaving).status_code == 204
        assert (await person.session(host)).status_code == 401


class TestTenants:
    async def test_visitor_is_refused(self, traveller: Traveller) -> None:
        answer = await traveller.call("GET", "/v1/me/tenants", None)
        assert refusal(answer) == (401, "authentication_required")

    async def test_person_sees_their_own_on_every_host(
        self, person: Traveller, member: Member, sign_up: SignUp, join: Join, database: Database
    ) -> None:
        other, _ = await sign_up(), await sign_up()
        await join(member, other)
        seen = (await person.call("GET", "/v1/me/tenants", None)).json()["items"]
        assert sorted((each["slug"], each["role"], each["status"]) for each in seen) == sorted(
            [(member.slug, "owner", "active"), (other.slug, "member", "provisioning")]
        )
        await person.log_in(member, member.tenant_id)
        there = await person.call("GET", "/v1/me/tenants", member.tenant_id)
        assert there.json()["items"] == seen
        await activate(database, other.tenant_id, "expired")
        left = (await person.call("GET", "/v1/me/tenants", None)).json()["items"]
        assert [each["slug"] for each in left] == [member.slug]


async def test_unused_ones_are_deleted_and_the_rest_stays(
    person: Traveller, member: Member, database: Database, parts: Parts, clock: Clock
) -> None:
    await person.hand_off(member.tenant_id)
    clock.advance(timedelta(minutes=2))
    code = code_in(await person.hand_off(member.tenant_id))
    await upkeep(parts, Turn(), tenants_per_round=10_000)
    async with database.tenant(member.tenant_id) as session:
        left = await session.execute(text("SELECT count(*) FROM handoffs"))
        assert left.scalar_one() == 1
    assert (await person.enter(member.tenant_id, code)).status_code == 201
