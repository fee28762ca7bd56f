"""Roles that a tenant makes for itself."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from identity_testing import Browser, Caller, Events, Join, Member, SignUp, refusal
from seats_testing import SeatKeeper
from stagify.database import Database
from stagify.events.identity import MemberRoleChanged, RoleCreated, RoleDeleted, RoleUpdated
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS

URL = "/v1/roles"
READS = ["members:read", "projects:read"]

Make = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def make(seats: SeatKeeper, caller: Caller, member: Member) -> Make:
    """Makes a role, in a tenant whose plan includes that."""
    seats.features = ["custom_roles"]

    async def run(
        name: str = "Photographer", permissions: Any = READS, **fields: Any
    ) -> httpx.Response:
        body = {"name": name, "permissions": permissions}
        return await seats.client.post(URL, json=body, headers=caller.user(member, **fields))

    return run


class TestWhoMayNot:
    async def test_only_those_who_manage_roles(
        self, make: Make, seats: SeatKeeper, caller: Caller, member: Member
    ) -> None:
        made = (await make()).json()["key"]
        key = caller.user(member, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        for headers, expected in (
            (caller.anonymous(member.tenant_id), (401, "authentication_required")),
            (key, (403, "person_required")),
            (caller.user(member, role="admin"), (403, "permission_denied")),
        ):
            body = {"name": "Boss", "permissions": READS}
            for answer in (
                await seats.client.post(URL, json=body, headers=headers),
                await seats.client.patch(f"{URL}/{made}", json=body, headers=headers),
                await seats.client.delete(f"{URL}/{made}", headers=headers),
            ):
                assert refusal(answer) == expected

    async def test_another_tenants_role_is_404(
        self, make: Make, seats: SeatKeeper, caller: Caller, sign_up: SignUp
    ) -> None:
        made, other = (await make()).json()["key"], caller.user(await sign_up())
        for target in (made, new_id()):
            for answer in (
                await seats.client.patch(f"{URL}/{target}", json={"name": "x"}, headers=other),
                await seats.client.delete(f"{URL}/{target}", headers=other),
            ):
                assert refusal(answer) == (404, "role_not_found")

    async def test_the_plan_decides(
        self, make: Make, seats: SeatKeeper, caller: Caller, member: Member
    ) -> None:
        made = (await make()).json()["key"]
        seats.features = []
        assert refusal(await make("Another")) == (402, "feature_not_included")
        headers = caller.user(member)
        answer = await seats.client.patch(f"{URL}/{made}", json={"name": "x"}, headers=headers)
        assert refusal(answer) == (402, "feature_not_included")
        seats.is_away = True
        assert (await make("Another")).status_code == 503
        assert (await seats.client.delete(f"{URL}/{made}", headers=headers)).status_code == 204

    async def test_nobody_makes_more_than_they_have(
        self,
        make: Make,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
        database: Database,
    ) -> None:
        assert refusal(await make(permissions=["ownership:transfer"])) == (
            422,
            "permission_not_grantable",
        )
        assert refusal(await make(permissions=["everything"])) == (422, "invalid_request")
        chief = (await make("Chief", [*READS, "roles:manage", "members:manage"])).json()["key"]
        strong = (await make("Strong", ["billing:manage"])).json()["key"]
        second = await sign_up()
        await join(second, member)
        client, owner = seats.client, caller.user(member)
        members = (await client.get("/v1/members", headers=owner)).json()["items"]
        given = await client.patch(
            f"/v1/members/{members[0]['id']}", json={"role": chief}, headers=owner
        )
        assert given.json()["role"] == chief
        theirs = Browser(client, caller, member.tenant_id)
        assert (await theirs.log_in(second.email)).json()["role"] == chief
        for answer in (
            await theirs.request(
                "POST", URL, json={"name": "Mine", "permissions": ["billing:manage"]}
            ),
            await theirs.request("PATCH", f"{URL}/{chief}", json={"permissions": ["data:export"]}),
            await theirs.request("PATCH", f"{URL}/{strong}", json={"name": "Weak"}),
            await theirs.request("DELETE", f"{URL}/{strong}"),
            await theirs.request("PATCH", f"/v1/members/{members[0]['id']}", json={"role": strong}),
            await theirs.request("PATCH", f"/v1/members/{members[1]['id']}", json={"role": chief}),
        ):
            assert refusal(answer) == (403, "role_not_allowed")


class TestRoles:
    async def test_it_is_listed_given_changed_and_deleted(
        self,
        make: Make,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
        events: Events,
    ) -> None:
        made = await make()
        assert made.status_code == 201, made.text
        role = made.json()
        client, headers = seats.client, caller.user(member)
        assert (await client.get(URL, headers=headers)).json()["items"][-1] == role
        second = await sign_up()
        await join(second, member)
        theirs = Browser(client, caller, member.tenant_id)
        await theirs.log_in(second.email)
        members = (await client.get("/v1/members", headers=headers)).json()["items"]
        path = f"/v1/members/{members[0]['id']}"
        assert (
            await client.patch(path, json={"role": role["key"]}, headers=headers)
        ).status_code == 200
        known = await theirs.look_up()
        assert known is not None
        assert (known["role"], known["permissions"]) == (role["key"], READS)
        wanted = {"permissions": [*READS, "usage:read"]}
        changed = await client.patch(f"{URL}/{role['key']}", json=wanted, headers=headers)
        assert changed.json()["permissions"] == sorted(wanted["permissions"])
        known = await theirs.look_up()
        assert known is not None
        assert "usage:read" in known["permissions"]
        assert refusal(await client.delete(f"{URL}/{role['key']}", headers=headers)) == (
            409,
            "role_in_use",
        )
        await client.patch(path, json={"role": "viewer"}, headers=headers)
        assert (await client.delete(f"{URL}/{role['key']}", headers=headers)).status_code == 204
        told = [
            type(e)
            for e in await events(member.tenant_id)
            if type(e) in (RoleCreated, RoleUpdated, RoleDeleted, MemberRoleChanged)
        ]
        assert told == [
            RoleCreated,
            MemberRoleChanged,
            RoleUpdated,
            MemberRoleChanged,
            MemberRoleChanged,
            RoleDeleted,
        ]

    @pytest.mark.parametrize("name", ["photographer", "Owner", " viewer "])
    async def test_a_name_is_one_roles(self, make: Make, name: str) -> None:
        await make()
        assert refusal(await make(name)) == (409, "role_name_taken")

    async def test_there_are_only_so_many(
        self, make: Make, database: Database, member: Member
    ) -> None:
        async with database.tenant(member.tenant_id) as session:
            await session.execute(
                text(
                    "INSERT INTO roles (tenant_id, id, created_at, name, permissions)"
                    " SELECT :tenant, gen_random_uuid(), now(), 'Role ' || n, '{projects:read}'"
                    " FROM generate_series(1, 50) AS n"
                ),
                {"tenant": member.tenant_id},
            )
        answer = await make()
        assert refusal(answer) == (409, "too_many_roles")
        assert answer.json()["limit"] == 50
