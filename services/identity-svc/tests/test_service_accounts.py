"""Members without a person, and their API keys."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_testing import Caller, Events, Join, MakeSettings, Member, SignUp, refusal, set_role
from seats_testing import SeatKeeper
from stagify.database import Database
from stagify.events.identity import (
    ApiKeyCreated,
    ApiKeyRevoked,
    ServiceAccountCreated,
    ServiceAccountRemoved,
    ServiceAccountUpdated,
)
from stagify.ids import new_id
from stagify.testing import app_client

URL = "/v1/service-accounts"
KEYS = "/v1/api-keys"

Call = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def make(client: httpx.AsyncClient, caller: Caller, member: Member) -> Call:
    """Makes a service account of the member's tenant."""

    async def run(name: str = "Importer", role: str = "member", **who: Any) -> httpx.Response:
        headers = caller.user(member, **who)
        return await client.post(URL, json={"name": name, "role": role}, headers=headers)

    return run


@pytest.fixture
def make_key(client: httpx.AsyncClient, caller: Caller, member: Member) -> Call:
    """Makes a key for a service account."""

    async def run(account_id: str, **fields: Any) -> httpx.Response:
        body = {"name": "nightly", "service_account_id": account_id, **fields}
        return await client.post(KEYS, json=body, headers=caller.user(member))

    return run


@pytest.fixture
def may(client: httpx.AsyncClient, caller: Caller, member: Member) -> Callable[..., Any]:
    """What a key may do, as the gateway is told; None if it is not known."""

    async def run(key: str) -> list[str] | None:
        answer = await client.post(
            "/internal/credentials",
            json={"type": "api_key", "value": key},
            headers=caller.service("gateway", member.tenant_id),
        )
        return None if answer.status_code == 404 else answer.json()["permissions"]

    return run


class TestWhoMayNot:
    async def test_only_people_with_the_permission(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, make: Call
    ) -> None:
        path = f"{URL}/{(await make()).json()['id']}"
        program = caller.user(
            member, kind="api_key", role=None, permissions=frozenset({"members:manage"})
        )
        for headers, expected in (
            (caller.anonymous(member.tenant_id), (401, "authentication_required")),
            (caller.platform(), (401, "authentication_required")),
            (caller.user(member, role="member"), (403, "permission_denied")),
            (program, (403, "person_required")),
        ):
            for answer in (
                await client.post(URL, json={"name": "x", "role": "viewer"}, headers=headers),
                await client.patch(path, json={"name": "x"}, headers=headers),
                await client.delete(path, headers=headers),
            ):
                assert refusal(answer) == expected
        assert refusal(await client.get(URL, headers=program)) == (403, "person_required")

    async def test_other_tenants_accounts_are_not_there(
        self, client: httpx.AsyncClient, caller: Caller, make: Call, sign_up: SignUp
    ) -> None:
        made, other = (await make()).json()["id"], caller.user(await sign_up())
        assert (await client.get(URL, headers=other)).json()["items"] == []
        for account_id in (made, str(new_id())):
            body = {"name": "x", "service_account_id": account_id}
            for answer in (
                await client.patch(f"{URL}/{account_id}", json={"name": "x"}, headers=other),
                await client.delete(f"{URL}/{account_id}", headers=other),
                await client.post(KEYS, json=body, headers=other),
            ):
                assert refusal(answer) == (404, "service_account_not_found")

    async def test_nobody_goes_beyond_what_they_may_at_this_moment(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        make_key: Call,
        sign_up: SignUp,
        join: Join,
        database: Database,
    ) -> None:
        """An owner's token, but the role behind it is another one since a moment ago."""
        second = await sign_up()
        await join(second, member)
        headers = caller.user(second, tenant_id=member.tenant_id)
        strong = (await make(role="admin")).json()["id"]
        key = (await make_key(strong)).json()["id"]
        async with database.tenant(member.tenant_id) as session:
            role_id = new_id()
            await session.execute(
                text(
                    "INSERT INTO roles (tenant_id, id, created_at, name, permissions)"
                    " VALUES (:tenant, :id, now(), 'Deputy', '{members:manage,api_keys:manage}')"
                ),
                {"tenant": member.tenant_id, "id": role_id},
            )
            await session.execute(
                text(
                    "UPDATE memberships SET role = 'custom', custom_role_id = :role"
                    " WHERE user_id = :id"
                ),
                {"role": role_id, "id": second.user_id},
            )
        weak = (await make("Weak", str(role_id))).json()["id"]
        for answer in (
            await client.post(URL, json={"name": "x", "role": "viewer"}, headers=headers),
            await client.patch(f"{URL}/{weak}", json={"role": "member"}, headers=headers),
            await client.patch(f"{URL}/{strong}", json={"role": str(role_id)}, headers=headers),
            await client.delete(f"{URL}/{strong}", headers=headers),
            await client.post(
                KEYS, json={"name": "x", "service_account_id": strong}, headers=headers
            ),
            await client.post(f"{KEYS}/{key}/rotate", json={}, headers=headers),
        ):
            assert refusal(answer) == (403, "role_not_allowed")
        body = {"name": "x", "service_account_id": weak}
        assert (await client.post(KEYS, json=body, headers=headers)).status_code == 201

    async def test_a_workspace_is_owned_by_people(
        self, make: Call, client: httpx.AsyncClient
    ) -> None:
        assert refusal(await make(role="owner")) == (422, "role_for_people")
        assert refusal(await make(role="boss")) == (422, "unknown_role")


class TestAccounts:
    async def test_they_are_made_renamed_listed_and_removed(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        events: Events,
    ) -> None:
        headers = caller.user(member)
        made = await make()
        assert made.status_code == 201, made.text
        account = made.json()
        assert account["created_by"] == str(member.user_id)
        other = (await make("Archive", "viewer")).json()
        assert (await client.get(URL, headers=headers)).json() == {"items": [other, account]}
        path = f"{URL}/{account['id']}"
        wanted = {"name": "Listing importer", "role": "viewer"}
        changed = await client.patch(path, json=wanted, headers=headers)
        assert changed.json() == account | wanted
        assert (await client.patch(path, json=wanted, headers=headers)).json() == account | wanted
        assert (await client.delete(path, headers=headers)).status_code == 204
        assert refusal(await client.delete(path, headers=headers))[0] == 404
        assert (await client.get(URL, headers=headers)).json() == {"items": [other]}
        told = [
            (type(event), getattr(event, "role", None), getattr(event, "changed", None))
            for event in await events(account["id"])
        ]
        assert told == [
            (ServiceAccountCreated, "member", None),
            (ServiceAccountUpdated, "viewer", ["name", "role"]),
            (ServiceAccountRemoved, None, None),
        ]

    async def test_they_are_no_people_and_take_no_seat(
        self, seats: SeatKeeper, caller: Caller, member: Member, events: Events
    ) -> None:
        seats.left = 0
        headers = caller.user(member)
        before = len((await seats.client.get("/v1/members", headers=headers)).json()["items"])
        body = {"name": "Importer", "role": "member"}
        assert (await seats.client.post(URL, json=body, headers=headers)).status_code == 201
        listed = (await seats.client.get("/v1/members", headers=headers)).json()["items"]
        assert len(listed) == before
        assert seats.reserved == []

    async def test_a_name_is_one_accounts(
        self, make: Call, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        other = (await make("Archive")).json()["id"]
        await make()
        assert refusal(await make("IMPORTER")) == (409, "service_account_name_taken")
        headers, path = caller.user(member), f"{URL}/{other}"
        taken = await client.patch(path, json={"name": "importer"}, headers=headers)
        assert refusal(taken) == (409, "service_account_name_taken")
        assert (await client.patch(path, json={"name": "ARCHIVE"}, headers=headers)).is_success

    async def test_their_number_is_limited_also_for_those_who_ask_at_once(
        self, make_settings: MakeSettings, caller: Caller, member: Member
    ) -> None:
        async with app_client(create_app(make_settings(service_accounts_per_tenant=3))) as client:
            answers = await asyncio.gather(
                *(
                    client.post(
                        URL,
                        json={"name": f"Program {number}", "role": "viewer"},
                        headers=caller.user(member),
                    )
                    for number in range(6)
                )
            )
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 3
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert (refused.json()["code"], refused.json()["limit"]) == ("too_many_service_accounts", 3)

    async def test_a_role_that_one_has_is_in_use(
        self,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        events: Events,
    ) -> None:
        seats.features = ["custom_roles"]
        client, headers = seats.client, caller.user(member)
        role = (
            await client.post(
                "/v1/roles",
                json={"name": "Importer", "permissions": ["projects:read"]},
                headers=headers,
            )
        ).json()["key"]
        account = (
            await client.post(URL, json={"name": "Importer", "role": role}, headers=headers)
        ).json()
        assert account["role"] == role
        assert refusal(await client.delete(f"/v1/roles/{role}", headers=headers)) == (
            409,
            "role_in_use",
        )
        wanted = {"permissions": ["projects:read", "usage:read"]}
        assert (await client.patch(f"/v1/roles/{role}", json=wanted, headers=headers)).is_success
        (_, told) = await events(account["id"])
        assert isinstance(told, ServiceAccountUpdated)
        assert told.changed == ["permissions"]


class TestTheirKeys:
    async def test_without_scopes_a_key_follows_the_role(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        make_key: Call,
        may: Callable[..., Any],
        events: Events,
    ) -> None:
        account = (await make(role="viewer")).json()["id"]
        answer = await make_key(account)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["scopes"], made["service_account_id"]) == ([], account)
        assert made["created_by"] == str(member.user_id)
        (told,) = await events(made["id"])
        assert isinstance(told, ApiKeyCreated)
        assert str(told.service_account_id) == account
        assert await may(made["key"]) == ["projects:read", "tenant:read", "usage:read"]
        headers = caller.user(member)
        await client.patch(f"{URL}/{account}", json={"role": "admin"}, headers=headers)
        # What is for people alone stays so.
        assert await may(made["key"]) == [
            "api_keys:manage",
            "members:manage",
            "projects:read",
            "projects:write",
            "tenant:manage",
            "tenant:read",
            "usage:read",
        ]

    async def test_scopes_bound_what_the_role_allows(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        make_key: Call,
        may: Callable[..., Any],
    ) -> None:
        account = (await make(role="member")).json()["id"]
        beyond = await make_key(account, scopes=["projects:read", "tenant:manage"])
        assert refusal(beyond) == (422, "scope_not_allowed")
        assert beyond.json()["scopes"] == ["tenant:manage"]
        made = (await make_key(account, scopes=["projects:read", "projects:write"])).json()
        assert await may(made["key"]) == ["projects:read", "projects:write"]
        headers = caller.user(member)
        await client.patch(f"{URL}/{account}", json={"role": "viewer"}, headers=headers)
        assert await may(made["key"]) == ["projects:read"]

    async def test_it_acts_for_nobody(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        make_key: Call,
    ) -> None:
        account = (await make()).json()["id"]
        answer = await client.post(
            "/internal/credentials",
            json={"type": "api_key", "value": (await make_key(account)).json()["key"]},
            headers=caller.service("gateway", member.tenant_id),
        )
        known = answer.json()
        assert (known["user_id"], known["service_account_id"]) == (None, account)

    async def test_it_outlives_the_one_who_made_it_and_ends_with_the_account(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        may: Callable[..., Any],
        sign_up: SignUp,
        join: Join,
        database: Database,
        events: Events,
    ) -> None:
        account = (await make()).json()["id"]
        second = await sign_up()
        await join(second, member)
        await set_role(database, member, second, "admin")
        theirs = caller.user(second, tenant_id=member.tenant_id)
        body = {"name": "nightly", "service_account_id": account}
        made = (await client.post(KEYS, json=body, headers=theirs)).json()
        own = (await client.post(KEYS, json={"name": "own"}, headers=theirs)).json()
        headers = caller.user(member)
        members = (await client.get("/v1/members", headers=headers)).json()["items"]
        gone = next(each["id"] for each in members if each["user_id"] == str(second.user_id))
        assert (await client.delete(f"/v1/members/{gone}", headers=headers)).status_code == 204
        assert await may(own["key"]) is None
        assert await may(made["key"]) is not None
        rotated = await client.post(f"{KEYS}/{made['id']}/rotate", json={}, headers=headers)
        new = rotated.json()
        assert (new["service_account_id"], new["created_by"]) == (account, str(member.user_id))
        assert (await client.delete(f"{URL}/{account}", headers=headers)).status_code == 204
        for each in (made, new):
            assert await may(each["key"]) is None
            last = (await events(each["id"]))[-1]
            assert isinstance(last, ApiKeyRevoked)
            assert last.means == "service_account"

    async def test_none_is_made_while_the_account_is_removed(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Call,
        make_key: Call,
        may: Callable[..., Any],
    ) -> None:
        headers = caller.user(member)
        for number in range(10):
            account = (await make(f"Program {number}")).json()["id"]
            removed, made = await asyncio.gather(
                client.delete(f"{URL}/{account}", headers=headers), make_key(account)
            )
            assert removed.status_code == 204
            if made.status_code == 201:
                assert await may(made.json()["key"]) is None
            else:
                assert refusal(made) == (404, "service_account_not_found")
