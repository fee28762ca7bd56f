"""API keys over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from identity_svc.api_keys.keyring import KeyRing
from identity_svc.app import create_app
from identity_svc.roles.schemas import BuiltInRole
from identity_testing import (
    Caller,
    Events,
    Join,
    MakeSettings,
    Member,
    SignUp,
    refusal,
    set_role,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import ApiKeyCreated, ApiKeyRevoked
from stagify.idempotency import Idempotency
from stagify.ids import new_id
from stagify.testing import app_client

URL = "/v1/api-keys"


async def create(
    client: httpx.AsyncClient, headers: dict[str, str], **fields: Any
) -> httpx.Response:
    """The answer to the creation of a key."""
    return await client.post(URL, json={"name": "importer", **fields}, headers=headers)


class TestWhoMayNot:
    async def test_anonymous_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.anonymous(member.tenant_id)
        answers = [
            await create(client, headers),
            await client.get(URL, headers=headers),
            await client.delete(f"{URL}/{new_id()}", headers=headers),
        ]
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.json()["code"] for answer in answers} == {"authentication_required"}

    @pytest.mark.parametrize("role", ["member", "viewer"])
    async def test_role_without_the_permission_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, role: BuiltInRole
    ) -> None:
        headers = caller.user(member, role=role)
        answers = [
            await create(client, headers),
            await client.get(URL, headers=headers),
            await client.delete(f"{URL}/{new_id()}", headers=headers),
        ]
        assert {answer.status_code for answer in answers} == {403}
        assert {answer.json()["code"] for answer in answers} == {"permission_denied"}

    async def test_no_key_makes_keys_whatever_its_scopes(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        for scope, code in (
            ("projects:write", "permission_denied"),
            ("api_keys:manage", "person_required"),
        ):
            headers = caller.user(member, kind="api_key", role=None, permissions=frozenset({scope}))
            assert refusal(await create(client, headers)) == (403, code)

    async def test_an_old_log_in_makes_no_keys(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        old = caller.user(member, auth_time=int(utc_now().timestamp()) - 601)
        assert refusal(await create(client, old)) == (403, "step_up_required")

    async def test_a_role_counts_as_it_is_now_not_as_the_token_says(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        """Their role was changed a moment ago, and their token is from before."""
        second = await sign_up()
        await join(second, member)
        headers = caller.user(second, tenant_id=member.tenant_id)
        assert refusal(await create(client, headers)) == (403, "permission_denied")

    async def test_other_tenants_key_is_404(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp
    ) -> None:
        other = await sign_up()
        theirs = (await create(client, caller.user(other))).json()["id"]
        foreign = await client.delete(f"{URL}/{theirs}", headers=caller.user(member))
        unknown = await client.delete(f"{URL}/{new_id()}", headers=caller.user(member))
        for answer in (foreign, unknown):
            assert refusal(answer) == (404, "api_key_not_found")
        assert len((await client.get(URL, headers=caller.user(other))).json()["items"]) == 1
        assert (await client.get(URL, headers=caller.user(member))).json()["items"] == []


class TestCreate:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"name": ""}, "invalid_request"),
            ({"name": "a\nb"}, "invalid_request"),
            ({"scopes": []}, "invalid_request"),
            ({"scopes": ["everything"]}, "invalid_request"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expiry_in_past"),
            ({"expires_at": "2099-01-01T00:00:00"}, "invalid_request"),
            ({"expires_at": "9999-12-31T23:59:59-05:00"}, "invalid_request"),
            ({"expires_at": "0001-01-01T00:00:00+05:00"}, "invalid_request"),
            ({"expires_at": 4_000_000_000}, "invalid_request"),
            ({"role": "owner"}, "invalid_request"),
        ],
    )
    async def test_bad_input_is_422(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        fields: dict[str, Any],
        code: str,
    ) -> None:
        answer = await create(client, caller.user(member), **fields)
        assert refusal(answer) == (422, code)

    async def test_key_is_shown_once(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, events: Events
    ) -> None:
        answer = await create(client, caller.user(member))
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        made = answer.json()
        key = made.pop("key")
        assert KeyRing.public_id_of(key) is not None
        assert key.startswith(made["start"] + "_")
        assert key.endswith(made["last4"])
        assert made["created_by"] == str(member.user_id)
        assert made["scopes"] == [
            "projects:read",
            "projects:write",
            "tenant:read",
            "usage:read",
        ]
        listed = await client.get(URL, headers=caller.user(member))
        assert listed.json()["items"] == [made]
        assert key not in listed.text
        told = [event for event in await events(made["id"]) if type(event) is ApiKeyCreated]
        assert [event.created_by for event in told] == [member.user_id]

    async def test_key_may_do_no_more_than_its_creator(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
    ) -> None:
        await set_role(database, member, member, "admin")
        answer = await create(
            client, caller.user(member), scopes=["projects:read", "billing:manage"]
        )
        assert refusal(answer) == (422, "scope_not_allowed")
        assert answer.json()["scopes"] == ["billing:manage"]

    async def test_number_of_keys_of_a_tenant_is_limited(
        self, make_settings: MakeSettings, caller: Caller, member: Member
    ) -> None:
        app = create_app(make_settings(api_keys_per_tenant=3))
        async with app_client(app) as client:
            headers = caller.user(member)
            answers = await asyncio.gather(*(create(client, headers) for _ in range(8)))
            statuses = [answer.status_code for answer in answers]
            assert sorted(statuses) == [201] * 3 + [409] * 5
            codes = {a.json()["code"] for a in answers if a.status_code == 409}
            assert codes == {"too_many_api_keys"}
            made = next(a.json()["id"] for a in answers if a.status_code == 201)
            await client.delete(f"{URL}/{made}", headers=headers)
            assert (await create(client, headers)).status_code == 201


class TestIdempotency:
    async def test_replay_has_the_same_answer_without_the_secret(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = {**caller.user(member), "Idempotency-Key": uuid4().hex}
        first, second = await create(client, headers), await create(client, headers)
        assert second.status_code == 201
        assert second.headers["idempotent-replayed"] == "true"
        kept = {name: value for name, value in first.json().items() if name != "key"}
        assert second.json() == kept
        assert len((await client.get(URL, headers=headers)).json()["items"]) == 1

    async def test_refused_because_of_its_own_effects_is_a_replay(
        self,
        make_settings: MakeSettings,
        caller: Caller,
        member: Member,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def looked_before_the_commit(*_: object) -> None:
            return None

        async with app_client(create_app(make_settings(api_keys_per_tenant=1))) as client:
            headers = {**caller.user(member), "Idempotency-Key": uuid4().hex}
            first = await create(client, headers)
            monkeypatch.setattr(Idempotency, "replay", looked_before_the_commit)
            second = await create(client, headers)
        assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])

    async def test_other_body_is_422(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = {**caller.user(member), "Idempotency-Key": uuid4().hex}
        await create(client, headers)
        answer = await create(client, headers, scopes=["projects:read"])
        assert refusal(answer) == (422, "idempotency_key_reused")

    async def test_same_key_of_another_tenant_is_another_request(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp
    ) -> None:
        other, key = await sign_up(), uuid4().hex
        ids = {
            (await create(client, {**caller.user(owner), "Idempotency-Key": key})).json()["id"]
            for owner in (member, other)
        }
        assert len(ids) == 2

    async def test_parallel_requests_make_one_key(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = {**caller.user(member), "Idempotency-Key": uuid4().hex}
        answers = await asyncio.gather(*(create(client, headers) for _ in range(20)))
        made = [answer for answer in answers if answer.status_code == 201]
        refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
        assert made
        assert set(refused) <= {"idempotency_in_progress"}
        assert len({answer.json()["id"] for answer in made}) == 1
        assert sum("key" in answer.json() for answer in made) == 1
        assert len((await client.get(URL, headers=headers)).json()["items"]) == 1


class TestListAndRevoke:
    async def test_pages_go_from_the_newest(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(member)
        made = [(await create(client, headers)).json()["id"] for _ in range(5)]
        seen, cursor = [], None
        while True:
            query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
            page = (await client.get(URL, params=query, headers=headers)).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == made[::-1]

    async def test_bad_cursor_is_422(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.get(URL, params={"cursor": "?"}, headers=caller.user(member))
        assert refusal(answer) == (422, "invalid_cursor")

    async def test_revoked_key_is_gone_and_others_are_told_once(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, events: Events
    ) -> None:
        headers = caller.user(member)
        made = (await create(client, headers)).json()
        for _ in range(2):
            answer = await client.delete(f"{URL}/{made['id']}", headers=headers)
            assert answer.status_code == 204
        assert (await client.get(URL, headers=headers)).json()["items"] == []
        told = [event for event in await events(made["id"]) if type(event) is ApiKeyRevoked]
        assert [event.api_key_id for event in told] == [UUID(made["id"])]

    async def test_expired_key_says_so_in_the_list(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        soon = (utc_now() + timedelta(hours=1)).isoformat()
        made = (await create(client, caller.user(member), expires_at=soon)).json()
        assert made["expires_at"] is not None

    async def test_key_may_last_as_long_as_a_time_can(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        last = "9999-12-31T18:59:59-05:00"
        made = (await create(client, caller.user(member), expires_at=last)).json()
        assert made["expires_at"] == "9999-12-31T23:59:59Z"
        listed = (await client.get(URL, headers=caller.user(member))).json()["items"]
        assert [key["expires_at"] for key in listed] == ["9999-12-31T23:59:59Z"]


class TestKeyRing:
    def test_rotated_secret_still_verifies(self) -> None:
        old, new = KeyRing([b"o" * 32]), KeyRing([b"n" * 32, b"o" * 32])
        key = old.mint()
        assert new.matches(key.text, key.key_hash)
        fresh = new.mint()
        assert new.matches(fresh.text, fresh.key_hash)
        assert not old.matches(fresh.text, fresh.key_hash)

    def test_any_changed_character_is_noticed_without_the_database(self) -> None:
        text = KeyRing([b"k" * 32]).mint().text
        assert KeyRing.public_id_of(text) == text[9:17]
        for position in range(9, len(text)):
            if text[position] != "_":
                other = "a" if text[position] != "a" else "b"
                assert KeyRing.public_id_of(text[:position] + other + text[position + 1 :]) is None

    @pytest.mark.parametrize(
        "text", ["", "stg_live_", "stg_test_" + "a" * 58, "x" * 300, "stg_live_" + "ä" * 58]
    )
    def test_other_forms_are_not_keys(self, text: str) -> None:
        assert KeyRing.public_id_of(text) is None
