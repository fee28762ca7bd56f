"""Log-in, log-out, and what a session shows."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.sessions.cookies import COOKIE_NAME, DEVICE_COOKIE_NAME
from identity_testing import (
    PASSWORD,
    Caller,
    Events,
    MakeSettings,
    Member,
    SignUp,
    Visitor,
    as_json,
    cookies_of,
    hashes,
    new_address,
    refusal,
    statements,
)
from stagify.database import Database
from stagify.events.identity import SessionRevoked
from stagify.testing import Clock, app_client, next_turn
from traveller_testing import MakeTraveller, Traveller

URL = "/v1/session"


async def log_in(
    client: httpx.AsyncClient,
    caller: Caller,
    member: Member,
    *,
    address: str | None = None,
    device: str = "",
    **changes: str,
) -> httpx.Response:
    """The answer to a log-in on the member's own host, from somewhere new unless said otherwise."""
    headers = caller.anonymous(member.tenant_id, address)
    if device:
        headers["cookie"] = f"{DEVICE_COOKIE_NAME}={device}"
    return await client.post(URL, **as_json(headers, {**member.login, **changes}))


def token_of(answer: httpx.Response) -> str:
    """The session token a browser would keep."""
    return cookies_of(answer)[COOKIE_NAME]


def device_of(answer: httpx.Response) -> str:
    """The device cookie a browser would keep."""
    return cookies_of(answer)[DEVICE_COOKIE_NAME]


async def look_up(
    client: httpx.AsyncClient, caller: Caller, tenant_id: UUID, token: str
) -> httpx.Response:
    """What the gateway is told about a session."""
    return await client.post(
        "/internal/credentials",
        json={"type": "session", "value": token},
        headers=caller.service("gateway", tenant_id),
    )


class TestLogIn:
    async def test_services_are_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        for tenant_id in (member.tenant_id, None):
            headers = caller.service("gateway", tenant_id)
            answer = await client.post(URL, json=member.login, headers=headers)
            assert refusal(answer) == (403, "wrong_host")

    async def test_wrong_password_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await log_in(client, caller, member, password="not the password")
        assert refusal(answer) == (401, "invalid_credentials")
        assert "set-cookie" not in answer.headers

    async def test_unknown_foreign_and_wrong_cannot_be_told_apart(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        email: str,
    ) -> None:
        stranger = await sign_up()
        attempts = {
            "unknown address": {"email": email},
            "member of another tenant": {"email": stranger.email},
            "wrong password": {"password": "not the password"},
        }
        seen = {}
        for name, changes in attempts.items():
            before = hashes()
            with statements() as executed:
                answer = await log_in(client, caller, member, **changes)
            body = {key: value for key, value in answer.json().items() if key != "request_id"}
            headers = sorted(set(answer.headers) - {"x-request-id"})
            seen[name] = (answer.status_code, body, headers, executed, hashes() - before)
        assert seen["unknown address"] == seen["wrong password"]
        assert seen["member of another tenant"] == seen["wrong password"]
        assert seen["wrong password"][-1] == 1

    async def test_malformed_address_is_422(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await log_in(client, caller, member, email="ada")
        assert refusal(answer) == (422, "invalid_request")

    @pytest.mark.parametrize(
        "password",
        [
            "x" * 72,
            "x" * 73,
            "x" * 256,
            "é" * 256,
            "p\0ssword",
            "\0" * 8,
            "pass\nword",
            "\u202eword" * 2,
        ],
    )
    async def test_odd_passwords_are_wrong_and_nothing_worse(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, password: str
    ) -> None:
        answer = await log_in(client, caller, member, password=password)
        assert refusal(answer) in ((401, "invalid_credentials"), (422, "invalid_request"))

    async def test_refused_input_does_not_come_back(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        for password in ("s3cret-" * 200, "s3cret-\ud800"):
            answer = await log_in(client, caller, member, password=password)
            assert refusal(answer) == (422, "invalid_request")
            assert "s3cret" not in answer.text

    async def test_member_gets_a_cookie_of_the_strict_kind(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await log_in(client, caller, member, email=member.email.upper())
        assert answer.status_code == 201, answer.text
        lines = answer.headers.get_list("set-cookie")
        assert [line.partition("=")[0] for line in lines] == [COOKIE_NAME, DEVICE_COOKIE_NAME]
        assert [sorted(line.split("; ")[1:]) for line in lines] == [
            ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax", "Secure"],
            ["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=strict", "Secure"],
        ]
        assert len(token_of(answer)) == 43
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert body["user"] == {
            "id": str(member.user_id),
            "email": member.email,
            "name": "Ada Lovelace",
            "locale": None,
            "theme": None,
        }
        assert body["tenant"]["id"] == str(member.tenant_id)
        assert body["tenant"]["url"] == f"http://{member.slug}.localhost:8080"
        assert body["role"] == "owner"
        assert "api_keys:manage" in body["permissions"]
        assert token_of(answer) not in answer.text

    async def test_a_planted_token_is_not_taken_over(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member, sign_up: SignUp
    ) -> None:
        """Neither one that was made up, nor the session of whoever has planted it."""
        mallory = make_traveller()
        other = await sign_up()
        await mallory.log_in(other, other.tenant_id)
        own = mallory.cookies[other.tenant_id][COOKIE_NAME]
        for planted in ("e" * 43, own):
            traveller.cookies[member.tenant_id] = {COOKIE_NAME: planted}
            assert (await traveller.log_in(member, member.tenant_id)).status_code == 201
            assert traveller.cookies[member.tenant_id][COOKIE_NAME] != planted
            found = await traveller.look_up(member.tenant_id, planted)
            assert refusal(found) == (404, "unknown_credential")

    async def test_each_log_in_is_a_new_session(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        first, second = [token_of(await log_in(client, caller, member)) for _ in range(2)]
        assert first != second
        for token in (first, second):
            assert (await look_up(client, caller, member.tenant_id, token)).status_code == 200

    async def test_logging_in_over_a_session_ends_that_one(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        old = token_of(await log_in(client, caller, member))
        known = (await look_up(client, caller, member.tenant_id, old)).json()
        headers = caller.user(member, credential_id=UUID(known["credential_id"]))
        answer = await client.post(URL, json=member.login, headers=headers)
        assert answer.status_code == 201
        assert (await look_up(client, caller, member.tenant_id, old)).status_code == 404

    async def test_waits_are_the_same_whether_or_not_there_is_an_account(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, email: str
    ) -> None:
        seen = []
        for address in (member.email, email):
            source = new_address()
            for _ in range(5):
                answer = await log_in(
                    client, caller, member, address=source, email=address, password="wrong!!!"
                )
                assert answer.status_code == 401
            before = hashes()
            with statements() as executed:
                answer = await log_in(client, caller, member, address=source, email=address)
            assert refusal(answer) == (429, "too_many_attempts")
            assert 0 < int(answer.headers["retry-after"]) <= 30
            assert hashes() == before
            seen.append((executed, sorted(set(answer.headers) - {"x-request-id"})))
        assert seen[0] == seen[1]

    async def test_waits_are_the_same_however_the_address_is_written(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        local, _, domain = member.email.partition("@")
        spellings = (
            member.email,
            member.email.upper(),
            f" {local.title()}@{domain}\t",
            f"{local}@\uff45xample.com",
            # The Kelvin sign is in no address here; the dot of another script is one of a domain.
            f"{local}@example\u3002com",
        )
        source = new_address()
        for spelling in spellings:
            answer = await log_in(
                client, caller, member, address=source, email=spelling, password="wrong!!!"
            )
            assert refusal(answer) == (401, "invalid_credentials")
        for spelling in spellings:
            answer = await log_in(client, caller, member, address=source, email=spelling)
            assert refusal(answer) == (429, "too_many_attempts")

    async def test_another_address_that_looks_alike_is_another_account(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        """With a plus or with dots it is one mailbox, but not one account: its owner waits for nobody."""
        local, _, domain = member.email.partition("@")
        source = new_address()
        for spelling in (f"{local}+a@{domain}", f"{local.replace('.', '')}@{domain}"):
            for _ in range(6):
                await log_in(
                    client, caller, member, address=source, email=spelling, password="wrong!!!"
                )
        assert (await log_in(client, caller, member, address=source)).status_code == 201

    async def test_no_header_but_the_gateways_says_from_where(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        source = new_address()
        body = {"email": member.email, "password": "wrong!!!"}
        for number in range(6):
            forged = {
                name: new_address()
                for name in ("forwarded", "x-real-ip", "x-client-ip", "cf-connecting-ip", "via")
            }
            answer = await client.post(
                "/v1/session",
                json=body,
                headers=caller.anonymous(member.tenant_id, source) | forged,
            )
            assert answer.status_code == (401 if number < 5 else 429)

    async def test_right_password_from_there_gets_in_after_the_wait(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, clock: Clock
    ) -> None:
        source = new_address()
        for _ in range(9):
            answer = await log_in(client, caller, member, address=source, password="wrong!!!")
            if answer.status_code == 429:
                clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
        answer = await log_in(client, caller, member, address=source)
        assert answer.status_code == 429
        clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
        assert (await log_in(client, caller, member, address=source)).status_code == 201

    async def test_strangers_lock_nobody_out(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        device = device_of(await log_in(client, caller, member))
        shared = new_address()
        for source in (shared, *(new_address() for _ in range(30))):
            for _ in range(6):
                await log_in(client, caller, member, address=source, password="wrong!!!")
        # In the browser that is known, even beside the attacker; and from a new one elsewhere.
        for address, cookie in ((shared, device), (new_address(), device), (new_address(), "")):
            answer = await log_in(client, caller, member, address=address, device=cookie)
            assert answer.status_code == 201

    @pytest.mark.usefixtures("new_hour")
    async def test_invented_addresses_lock_no_tenant(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        device = device_of(await log_in(client, caller, member))
        source, codes = new_address(), []
        for n in range(40):
            answer = await log_in(client, caller, member, address=source, email=f"{n}@example.com")
            codes.append(answer.status_code)
        assert codes[:28] == [401] * 28
        assert codes[-1] == 429
        for address, cookie in ((source, device), (new_address(), "")):
            answer = await log_in(client, caller, member, address=address, device=cookie)
            assert answer.status_code == 201

    async def test_success_forgets_the_failures_at_this_account(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        source = new_address()
        for _ in range(2):
            for _ in range(4):
                answer = await log_in(client, caller, member, address=source, password="wrong!!!")
                assert answer.status_code == 401
            assert (await log_in(client, caller, member, address=source)).status_code == 201

    @pytest.mark.usefixtures("new_hour")
    async def test_success_clears_no_limit_of_the_source(
        self, make_settings: MakeSettings, caller: Caller, member: Member
    ) -> None:
        source, codes = new_address(), []
        async with app_client(create_app(make_settings(logins_per_source_minute=3))) as client:
            for email in (f"a.{member.email}", member.email, f"b.{member.email}"):
                answer = await log_in(client, caller, member, address=source, email=email)
                codes.append(answer.status_code)
            for email in (f"c.{member.email}", member.email):
                answer = await log_in(client, caller, member, address=source, email=email)
                codes.append(answer.status_code)
            elsewhere = await log_in(client, caller, member)
        assert codes == [401, 201, 401, 429, 429]
        assert elsewhere.status_code == 201

    async def test_device_of_another_person_is_worth_nothing(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp
    ) -> None:
        other = await sign_up()
        device = device_of(await log_in(client, caller, other))
        source = new_address()
        for _ in range(5):
            await log_in(client, caller, member, address=source, device=device, password="wrong!!!")
        answer = await log_in(client, caller, member, address=source, device=device)
        assert refusal(answer) == (429, "too_many_attempts")

    async def test_device_is_limited_by_its_own_failures(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        device = device_of(await log_in(client, caller, member))
        for _ in range(5):
            await log_in(client, caller, member, device=device, password="wrong!!!")
        answer = await log_in(client, caller, member, device=device)
        assert refusal(answer) == (429, "too_many_attempts")

    async def test_new_password_ends_known_devices(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
    ) -> None:
        device = device_of(await log_in(client, caller, member))
        async with database.system() as session:
            await session.execute(
                text("UPDATE users SET password_hash = :hash WHERE id = :id"),
                {"hash": PasswordHasher().hash("another password"), "id": member.user_id},
            )
        source = new_address()
        for _ in range(5):
            await log_in(client, caller, member, address=source, device=device)
        answer = await log_in(client, caller, member, address=source, device=device)
        assert refusal(answer) == (429, "too_many_attempts")

    async def test_full_queue_is_429(
        self, make_settings: MakeSettings, caller: Caller, member: Member
    ) -> None:
        settings = make_settings(
            password_hash_threads=1,
            password_hash_queue=0,
            argon2_memory_kib=19_456,
            argon2_time_cost=60,
        )
        app = create_app(settings)
        async with app_client(app) as client:
            source = new_address()
            slow = asyncio.ensure_future(app.state.parts.passwords.hash(PASSWORD))
            await next_turn()
            answers = [await log_in(client, caller, member, address=source) for _ in range(6)]
            assert not slow.done()
            await slow
            # What nobody looked at was no failure.
            assert (await log_in(client, caller, member, address=source)).status_code == 201
        assert {refusal(answer) for answer in answers} == {(429, "busy")}
        assert answers[-1].headers["retry-after"] == "1"

    async def test_member_removed_during_the_hashing_gets_no_session(
        self,
        make_settings: MakeSettings,
        caller: Caller,
        member: Member,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        app = create_app(make_settings())
        async with app_client(app) as client:
            passwords = app.state.parts.passwords
            verify = passwords.verify

            async def remove_and_verify(*args: Any) -> bool:
                async with database.tenant(member.tenant_id) as session:
                    await session.execute(text("DELETE FROM memberships"))
                right: bool = await verify(*args)
                return right

            monkeypatch.setattr(passwords, "verify", remove_and_verify)
            answer = await log_in(client, caller, member)
        assert refusal(answer) == (401, "invalid_credentials")
        assert "set-cookie" not in answer.headers

    async def test_hash_with_old_parameters_is_renewed(
        self,
        make_settings: MakeSettings,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        database: Database,
    ) -> None:
        settings = make_settings(argon2_memory_kib=64)
        async with app_client(create_app(settings)) as stricter:
            assert (await log_in(stricter, caller, member)).status_code == 201
        async with database.system() as session:
            stored = await session.execute(
                text("SELECT password_hash FROM users WHERE id = :id"), {"id": member.user_id}
            )
            encoded = stored.scalar_one()
        assert "m=64,t=1,p=1" in encoded
        assert PasswordHasher().verify(encoded, PASSWORD)
        assert (await log_in(client, caller, member)).status_code == 201


class TestReadSession:
    async def test_anonymous_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.get(URL, headers=caller.anonymous(member.tenant_id))
        assert refusal(answer) == (401, "authentication_required")

    async def test_user_sees_who_they_are(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        made = await log_in(client, caller, member)
        known = await look_up(client, caller, member.tenant_id, token_of(made))
        headers = caller.user(member, credential_id=UUID(known.json()["credential_id"]))
        answer = await client.get(URL, headers=headers)
        assert answer.status_code == 200
        assert answer.json() == made.json()
        assert "set-cookie" not in answer.headers

    async def test_program_sees_its_key(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(
            member,
            kind="api_key",
            role=None,
            credential_id=member.user_id,
            permissions=frozenset({"projects:read"}),
        )
        body = (await client.get(URL, headers=headers)).json()
        assert body["user"] is None
        assert body["role"] is None
        assert body["api_key_id"] == str(member.user_id)
        assert body["permissions"] == ["projects:read"]


class TestLogOut:
    async def test_session_is_over_at_once_and_others_are_told(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        events: Events,
    ) -> None:
        token = token_of(await log_in(client, caller, member))
        known = (await look_up(client, caller, member.tenant_id, token)).json()
        headers = caller.user(member, credential_id=UUID(known["credential_id"]))
        for _ in range(2):
            answer = await client.delete(URL, headers=headers)
            assert answer.status_code == 204
            assert "Max-Age=0" in answer.headers["set-cookie"]
        assert (await look_up(client, caller, member.tenant_id, token)).status_code == 404
        told = [event for event in await events(member.tenant_id) if type(event) is SessionRevoked]
        assert [(str(e.session_id), e.user_id) for e in told] == [
            (known["credential_id"], member.user_id)
        ]

    async def test_anonymous_may_log_out(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.delete(URL, headers=caller.anonymous(member.tenant_id))
        assert answer.status_code == 204
        assert answer.headers["set-cookie"].startswith(f'{COOKIE_NAME}="";')

    async def test_other_tenants_session_cannot_be_ended(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp
    ) -> None:
        other = await sign_up()
        token = token_of(await log_in(client, caller, other))
        known = (await look_up(client, caller, other.tenant_id, token)).json()
        headers = caller.user(member, credential_id=UUID(known["credential_id"]))
        assert (await client.delete(URL, headers=headers)).status_code == 204
        assert (await look_up(client, caller, other.tenant_id, token)).status_code == 200


class TestSameWork:
    async def test_sign_up_does_the_same_for_known_and_unknown(
        self, visitor: Visitor, member: Member, email: str, slug: str
    ) -> None:
        seen = []
        for address, name in ((email, f"{slug}-a"), (member.email, f"{slug}-b")):
            before = hashes()
            with statements() as executed:
                answer = await visitor.request(address, name)
            assert answer.status_code == 202
            seen.append((executed, hashes() - before))
        assert seen[0] == seen[1]
