"""Sessions of people on the platform's host, where they are in no tenant."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from identity_svc.parts import Parts
from identity_svc.sessions.cookies import COOKIE_NAME, DEVICE_COOKIE_NAME
from identity_svc.upkeep.service import Turn, upkeep
from identity_testing import (
    Caller,
    Member,
    SignUp,
    hashes,
    refusal,
    statements,
)
from stagify.database import Database
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller

URL = "/v1/session"


class TestLogIn:
    async def test_person_gets_a_cookie_of_the_strict_kind(
        self, traveller: Traveller, member: Member
    ) -> None:
        answer = await traveller.log_in(member)
        assert answer.status_code == 201, answer.text
        lines = answer.headers.get_list("set-cookie")
        assert [line.partition("=")[0] for line in lines] == [COOKIE_NAME, DEVICE_COOKIE_NAME]
        assert [sorted(line.split("; ")[1:]) for line in lines] == [
            ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax", "Secure"],
            ["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=strict", "Secure"],
        ]
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert body["scope"] == "person"
        assert (body["user"]["id"], body["user"]["email"]) == (str(member.user_id), member.email)
        assert traveller.cookies[None][COOKIE_NAME] not in answer.text

    async def test_unknown_and_wrong_cannot_be_told_apart(
        self, traveller: Traveller, member: Member, email: str
    ) -> None:
        seen = []
        for changes in ({"email": email}, {"password": "not the password"}):
            before = hashes()
            with statements() as executed:
                answer = await traveller.call("POST", URL, None, member.login | changes)
            assert refusal(answer) == (401, "invalid_credentials")
            assert "set-cookie" not in answer.headers
            headers = sorted(set(answer.headers) - {"x-request-id"})
            seen.append((executed, headers, hashes() - before))
        assert seen[0] == seen[1]
        assert seen[0][-1] == 1

    async def test_guesser_waits_there_too(self, traveller: Traveller, member: Member) -> None:
        wrong = member.login | {"password": "wrong!!!"}
        for _ in range(5):
            assert (await traveller.call("POST", URL, None, wrong)).status_code == 401
        assert refusal(await traveller.log_in(member)) == (429, "too_many_attempts")
        # And on the tenant's host, because it is the same account.
        answer = await traveller.log_in(member, member.tenant_id)
        assert refusal(answer) == (429, "too_many_attempts")

    async def test_known_device_is_spared_what_strangers_do(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member
    ) -> None:
        await traveller.log_in(member)
        stranger = make_traveller()
        stranger.address = traveller.address
        wrong = member.login | {"password": "wrong!!!"}
        for _ in range(6):
            await stranger.call("POST", URL, None, wrong)
        assert (await traveller.log_in(member)).status_code == 201

    async def test_planted_token_is_not_taken_over(
        self, traveller: Traveller, member: Member
    ) -> None:
        traveller.cookies[None] = {COOKIE_NAME: "e" * 43}
        await traveller.log_in(member)
        assert traveller.cookies[None][COOKIE_NAME] != "e" * 43

    async def test_logging_in_over_a_session_ends_that_one(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member, sign_up: SignUp
    ) -> None:
        await traveller.log_in(member)
        old = make_traveller()
        old.cookies[None] = dict(traveller.cookies[None])
        assert (await traveller.log_in(await sign_up())).status_code == 201
        assert refusal(await old.session()) == (401, "authentication_required")
        assert (await traveller.session()).status_code == 200

    async def test_hand_off_leads_to_no_session_here(self, traveller: Traveller) -> None:
        answer = await traveller.call("POST", URL, None, {"handoff": "x" * 43})
        assert refusal(answer) == (403, "wrong_host")

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, ["body.email", "body.password"]),
            ({"email": "a@example.com"}, ["body.password"]),
            ({"email": "ada", "password": "x"}, ["body.email"]),
            ({"handoff": 1}, ["body.handoff"]),
            ({"handoff": "x" * 257}, ["body.handoff"]),
            ({"handoff": "x", "email": "a@example.com"}, ["body.email"]),
            ([], ["body"]),
        ],
    )
    async def test_refusal_names_the_fields_that_were_sent(
        self, traveller: Traveller, body: object, fields: list[str]
    ) -> None:
        answer = await traveller.call("POST", URL, None, body)
        assert refusal(answer) == (422, "invalid_request")
        assert [each["field"] for each in answer.json()["errors"]] == fields


class TestReadSession:
    async def test_visitor_is_refused(self, traveller: Traveller) -> None:
        assert refusal(await traveller.session()) == (401, "authentication_required")

    async def test_person_sees_who_they_are(self, traveller: Traveller, member: Member) -> None:
        made = await traveller.log_in(member)
        answer = await traveller.session()
        assert answer.status_code == 200
        assert answer.json() == made.json()
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("token", ["", "e" * 43, "short", "x" * 5_000, "\u00e9"])
    async def test_unknown_token_is_refused(self, traveller: Traveller, token: str) -> None:
        traveller.cookies[None] = {COOKIE_NAME: token}
        assert refusal(await traveller.session()) == (401, "authentication_required")

    async def test_token_is_worth_nothing_on_a_tenants_host(
        self, client: httpx.AsyncClient, caller: Caller, traveller: Traveller, member: Member
    ) -> None:
        await traveller.log_in(member)
        token = traveller.cookies[None][COOKIE_NAME]
        assert (await traveller.look_up(member.tenant_id, token)).status_code == 404
        # Even if a gateway let the cookie pass there.
        headers = caller.anonymous(member.tenant_id) | {"cookie": f"{COOKIE_NAME}={token}"}
        answer = await client.get(URL, headers=headers)
        assert refusal(answer) == (401, "authentication_required")

    async def test_token_of_a_tenant_is_worth_nothing_here(
        self, traveller: Traveller, member: Member
    ) -> None:
        await traveller.log_in(member, member.tenant_id)
        traveller.cookies[None] = dict(traveller.cookies[member.tenant_id])
        assert refusal(await traveller.session()) == (401, "authentication_required")

    @pytest.mark.parametrize("days", [7, 30])
    async def test_session_ends_by_itself(
        self, traveller: Traveller, member: Member, clock: Clock, days: int
    ) -> None:
        await traveller.log_in(member)
        for _ in range(days // 6):
            clock.advance(timedelta(days=6))
            if days == 30:
                assert (await traveller.session()).status_code in (200, 401)
        clock.advance(timedelta(days=1))
        assert (await traveller.session()).status_code == 401

    async def test_use_keeps_it_alive(
        self, traveller: Traveller, member: Member, clock: Clock
    ) -> None:
        await traveller.log_in(member)
        for _ in range(4):
            clock.advance(timedelta(days=6))
            assert (await traveller.session()).status_code == 200

    async def test_reading_twice_in_a_minute_writes_nothing(
        self, traveller: Traveller, member: Member, clock: Clock
    ) -> None:
        await traveller.log_in(member)
        with statements() as soon:
            await traveller.session()
        clock.advance(timedelta(minutes=2))
        with statements() as later:
            await traveller.session()
        assert [sum("UPDATE" in each for each in seen) for seen in (soon, later)] == [0, 1]


class TestLogOut:
    async def test_session_is_over_at_once(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member
    ) -> None:
        await traveller.log_in(member)
        copy = make_traveller()
        copy.cookies[None] = dict(traveller.cookies[None])
        for _ in range(2):
            answer = await traveller.call("DELETE", URL, None)
            assert answer.status_code == 204
            assert answer.headers["clear-site-data"] == '"cache", "storage"'
            assert COOKIE_NAME not in traveller.cookies[None]
        assert (await copy.session()).status_code == 401

    async def test_known_device_stays_known(self, traveller: Traveller, member: Member) -> None:
        await traveller.log_in(member)
        await traveller.call("DELETE", URL, None)
        assert DEVICE_COOKIE_NAME in traveller.cookies[None]

    async def test_others_of_the_person_go_on(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member
    ) -> None:
        other = make_traveller()
        for each in (traveller, other):
            await each.log_in(member)
        await traveller.call("DELETE", URL, None)
        assert (await other.session()).status_code == 200


async def test_ended_rows_are_deleted_and_the_rest_stays(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    database: Database,
    parts: Parts,
    clock: Clock,
) -> None:
    await make_traveller().log_in(member)
    clock.advance(timedelta(days=8))
    await traveller.log_in(member)
    await upkeep(parts, Turn())
    async with database.system() as session:
        left = await session.execute(
            text("SELECT count(*) FROM person_sessions WHERE user_id = :id"),
            {"id": member.user_id},
        )
        assert left.scalar_one() == 1
    assert (await traveller.session()).status_code == 200
