"""What the gateway is told about credentials."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from identity_svc.api_keys.keyring import KeyRing, checksum
from identity_svc.app import create_app
from identity_testing import Caller, MakeSettings, Member, SignUp, refusal
from stagify.calls.identity import USES
from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from stagify.testing import Clock, ContextKeys, DatabaseUrls, app_client

URL = "/internal/credentials"


async def look_up(
    client: httpx.AsyncClient, caller: Caller, tenant_id: UUID, kind: str, value: str
) -> httpx.Response:
    """The answer to the gateway's question."""
    return await client.post(
        URL, json={"type": kind, "value": value}, headers=caller.service("gateway", tenant_id)
    )


async def session_token(client: httpx.AsyncClient, caller: Caller, member: Member) -> str:
    """The token of a new session."""
    answer = await client.post(
        "/v1/session", json=member.login, headers=caller.anonymous(member.tenant_id)
    )
    token: str = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    return token


async def api_key(
    client: httpx.AsyncClient, caller: Caller, member: Member, **fields: Any
) -> dict[str, Any]:
    """A new key with its secret."""
    answer = await client.post(
        "/v1/api-keys", json={"name": "importer", **fields}, headers=caller.user(member)
    )
    made: dict[str, Any] = answer.json()
    return made


async def change(database: Database, tenant_id: UUID, statement: str, **values: Any) -> None:
    """Change rows of one tenant behind the service's back."""
    async with database.tenant(tenant_id) as session:
        await session.execute(text(statement), values)


async def read(database: Database, tenant_id: UUID, statement: str) -> Any:
    """One value of one tenant."""
    async with database.tenant(tenant_id) as session:
        return (await session.execute(text(statement))).scalar_one()


class TestWhoMayNot:
    async def test_only_the_gateway_may_ask(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        context_keys: ContextKeys,
        member: Member,
    ) -> None:
        body = {"type": "session", "value": "x" * 43}
        for headers in (
            caller.user(member),
            caller.anonymous(member.tenant_id),
            caller.platform(),
            caller.service("staging-svc", member.tenant_id),
        ):
            answer = await client.post(URL, json=body, headers=headers)
            assert refusal(answer) == (403, "permission_denied")
        assert (await client.post(URL, json=body)).status_code == 401
        elsewhere = context_keys.service_headers(
            "tenant-svc", "gateway", tenant_id=member.tenant_id
        )
        assert (await client.post(URL, json=body, headers=elsewhere)).status_code == 401

    async def test_tenant_is_required(self, client: httpx.AsyncClient, caller: Caller) -> None:
        answer = await client.post(
            URL,
            json={"type": "session", "value": "x" * 43},
            headers=caller.service("gateway", None),
        )
        assert refusal(answer) == (403, "tenant_required")

    async def test_bad_input_is_422_and_does_not_come_back(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        for kind, value in (("session", ""), ("session", "s3cret" * 100), ("jwt", "s3cret")):
            answer = await look_up(client, caller, member.tenant_id, kind, value)
            assert answer.status_code == 422
            assert "s3cret" not in answer.text


class TestSession:
    async def test_valid_session_names_its_person(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        token = await session_token(client, caller, member)
        answer = await look_up(client, caller, member.tenant_id, "session", token)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["kind"] == "user"
        assert body["subject"] == body["user_id"] == str(member.user_id)
        assert body["role"] == "owner"
        assert "projects:write" in body["permissions"]
        assert body["organization_id"] is None
        assert body["expires_at"] > utc_now().isoformat()

    async def test_bad_ones_all_look_alike(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        database: Database,
    ) -> None:
        other = await sign_up()
        foreign = await session_token(client, caller, other)
        idle = await session_token(client, caller, member)
        await change(
            database,
            member.tenant_id,
            "UPDATE sessions SET last_seen_at = :at",
            at=utc_now() - timedelta(days=7),
        )
        answers = [
            await look_up(client, caller, member.tenant_id, "session", token)
            for token in (foreign, idle, "x" * 43, "ü", "' OR 1=1 --")
        ]
        bodies = [{**answer.json(), "request_id": None} for answer in answers]
        assert {answer.status_code for answer in answers} == {404}
        assert bodies[0]["code"] == "unknown_credential"
        assert all(body == bodies[0] for body in bodies)

    @pytest.mark.parametrize(
        ("uses", "life"),
        [
            # Nobody has used it since the log-in.
            ([], timedelta(days=7)),
            # It is used every six days, and ends thirty days after the log-in all the same.
            ([timedelta(days=6)] * 4, timedelta(days=6)),
        ],
    )
    async def test_session_past_its_end_is_unknown(
        self,
        make_settings: MakeSettings,
        caller: Caller,
        member: Member,
        clock: Clock,
        uses: list[timedelta],
        life: timedelta,
    ) -> None:
        app = create_app(make_settings())
        async with app_client(app) as client:
            token = await session_token(client, caller, member)
            for gap in uses:
                clock.advance(gap)
                answer = await look_up(client, caller, member.tenant_id, "session", token)
                assert answer.status_code == 200
                await app.state.parts.usage.flush()
            clock.advance(life - timedelta(minutes=1))
            answer = await look_up(client, caller, member.tenant_id, "session", token)
            assert answer.status_code == 200
            # The gateway keeps the verdict no longer than that.
            ends = datetime.fromisoformat(answer.json()["expires_at"])
            assert utc_now() < ends <= utc_now() + timedelta(minutes=1)
            clock.advance(timedelta(minutes=1))
            answer = await look_up(client, caller, member.tenant_id, "session", token)
        assert refusal(answer) == (404, "unknown_credential")

    async def test_changed_role_counts_at_once(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
    ) -> None:
        token = await session_token(client, caller, member)
        await change(database, member.tenant_id, "UPDATE memberships SET role = 'viewer'")
        body = (await look_up(client, caller, member.tenant_id, "session", token)).json()
        assert body["role"] == "viewer"
        assert "projects:write" not in body["permissions"]

    async def test_removed_member_is_out_at_once(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
    ) -> None:
        token = await session_token(client, caller, member)
        key = (await api_key(client, caller, member))["key"]
        await change(database, member.tenant_id, "DELETE FROM memberships")
        for kind, value in (("session", token), ("api_key", key)):
            answer = await look_up(client, caller, member.tenant_id, kind, value)
            assert answer.status_code == 404
        assert await read(database, member.tenant_id, "SELECT count(*) FROM sessions") == 0


class TestApiKey:
    async def test_good_one_has_its_scopes(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        made = await api_key(client, caller, member, scopes=["projects:read", "api_keys:manage"])
        answer = await look_up(client, caller, member.tenant_id, "api_key", made["key"])
        assert answer.status_code == 200
        assert answer.json() == {
            "kind": "api_key",
            "subject": made["id"],
            "user_id": str(member.user_id),
            "service_account_id": None,
            "credential_id": made["id"],
            "role": None,
            "permissions": ["api_keys:manage", "projects:read"],
            "organization_id": None,
            "addresses": [],
            "expires_at": None,
            "auth_time": None,
            "restriction": None,
        }

    async def test_scopes_shrink_with_the_role_of_the_creator(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
    ) -> None:
        made = await api_key(client, caller, member, scopes=["projects:read", "projects:write"])
        await change(database, member.tenant_id, "UPDATE memberships SET role = 'viewer'")
        body = (await look_up(client, caller, member.tenant_id, "api_key", made["key"])).json()
        assert body["permissions"] == ["projects:read"]

    async def test_bad_ones_all_look_alike(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        database: Database,
    ) -> None:
        other = await sign_up()
        foreign = await api_key(client, caller, other)
        revoked = await api_key(client, caller, member)
        await client.delete(f"/v1/api-keys/{revoked['id']}", headers=caller.user(member))
        # Well-formed, with the id of a real key and another secret.
        real = await api_key(client, caller, member)
        forged = _forge(real["key"])
        answers = [
            await look_up(client, caller, member.tenant_id, "api_key", value)
            for value in (
                foreign["key"],
                revoked["key"],
                forged,
                real["key"][:-1],
                KeyRing([b"k" * 32]).mint().text,
                "stg_live_nonsense",
            )
        ]
        bodies = [{**answer.json(), "request_id": None} for answer in answers]
        assert {answer.status_code for answer in answers} == {404}
        assert all(body == bodies[0] for body in bodies)
        good = await look_up(client, caller, member.tenant_id, "api_key", real["key"])
        assert good.status_code == 200

    async def test_expired_key_is_unknown(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, urls: DatabaseUrls
    ) -> None:
        made = await api_key(client, caller, member)
        # The app itself may not move the end of a key.
        owner = Database(urls.owner, service="identity-svc")
        await change(
            owner, member.tenant_id, "UPDATE api_keys SET expires_at = :now", now=utc_now()
        )
        await owner.close()
        answer = await look_up(client, caller, member.tenant_id, "api_key", made["key"])
        assert answer.status_code == 404

    async def test_key_of_a_retired_secret_works_until_the_secret_is_dropped(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make_settings: MakeSettings,
    ) -> None:
        key = (await api_key(client, caller, member))["key"]
        for api_key_secrets, status in ((f"{'n' * 32},{'k' * 32}", 200), ("n" * 32, 404)):
            app = create_app(make_settings(api_key_secrets=api_key_secrets))
            async with app_client(app) as rotated:
                answer = await look_up(rotated, caller, member.tenant_id, "api_key", key)
            assert answer.status_code == status


class TestLastUse:
    async def test_use_is_written_when_the_process_stops_and_not_in_the_request(
        self, make_settings: MakeSettings, caller: Caller, member: Member, database: Database
    ) -> None:
        used = "SELECT last_used_at FROM api_keys"
        async with app_client(create_app(make_settings())) as client:
            key = (await api_key(client, caller, member))["key"]
            await look_up(client, caller, member.tenant_id, "api_key", key)
            assert await read(database, member.tenant_id, used) is None
        assert await read(database, member.tenant_id, used) is not None

    async def test_a_use_that_is_told_is_written_for_that_tenant_alone(
        self,
        make_settings: MakeSettings,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        database: Database,
    ) -> None:
        used = "SELECT last_used_at FROM api_keys"
        other = await sign_up()
        async with app_client(create_app(make_settings())) as client:
            made = await api_key(client, caller, member)
            await api_key(client, caller, other)
            items = [
                {"tenant_id": str(tenant_id), "api_key_id": made["id"]}
                for tenant_id in (other.tenant_id, member.tenant_id, new_id())
            ]
            answer = await client.post(
                USES, json={"items": items}, headers=caller.service("gateway", None)
            )
            assert answer.status_code == 204
        assert await read(database, member.tenant_id, used) is not None
        assert await read(database, other.tenant_id, used) is None

    async def test_nobody_but_the_gateway_tells_uses(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        for headers in (caller.service("usage-svc", None), caller.user(member)):
            answer = await client.post(USES, json={"items": []}, headers=headers)
            assert refusal(answer) == (403, "permission_denied")

    async def test_recent_use_is_not_written_again(
        self, make_settings: MakeSettings, caller: Caller, member: Member, database: Database
    ) -> None:
        seen = "SELECT last_seen_at FROM sessions"
        async with app_client(create_app(make_settings())) as client:
            token = await session_token(client, caller, member)
            before = await read(database, member.tenant_id, seen)
            await look_up(client, caller, member.tenant_id, "session", token)
        assert await read(database, member.tenant_id, seen) == before

    async def test_use_keeps_an_idle_session_alive(
        self, make_settings: MakeSettings, caller: Caller, member: Member, database: Database
    ) -> None:
        long_ago = utc_now() - timedelta(days=6)
        async with app_client(create_app(make_settings())) as client:
            token = await session_token(client, caller, member)
            await change(
                database, member.tenant_id, "UPDATE sessions SET last_seen_at = :at", at=long_ago
            )
            await look_up(client, caller, member.tenant_id, "session", token)
        seen = await read(database, member.tenant_id, "SELECT last_seen_at FROM sessions")
        assert seen > long_ago + timedelta(days=5)


def _forge(key: str) -> str:
    """A key with the same public id, a good checksum, and another secret."""
    body = key[:18] + KeyRing([b"z" * 32]).mint().text[18:-6]
    return body + checksum(body)
