"""How members get other roles, and how a tenant keeps an owner."""

import asyncio
import itertools
from typing import get_args
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from identity_svc.roles.schemas import BuiltInRole
from identity_testing import (
    Browser,
    Caller,
    Events,
    Join,
    Member,
    OpenBrowser,
    SignUp,
    as_member_of,
    refusal,
    set_role,
)
from members_testing import URL, id_of
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import MemberRoleChanged
from stagify.ids import new_id


class TestWhoMayNot:
    async def test_what_the_token_says_is_not_enough(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, second: Member
    ) -> None:
        """A token lives for a minute; whoever was demoted meanwhile gives nothing with it."""
        target = await id_of(client, caller.user(member), second)
        stale = as_member_of(caller, member, second, "admin")
        answer = await client.patch(f"{URL}/{target}", json={"role": "admin"}, headers=stale)
        assert refusal(answer) == (403, "permission_denied")
        gone = caller.user(member, user_id=new_id())
        answer = await client.patch(f"{URL}/{target}", json={"role": "admin"}, headers=gone)
        assert answer.status_code == 401

    async def test_nobody_decides_about_more_than_they_have(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        third = await sign_up()
        await join(third, member)
        target = f"{URL}/{await id_of(client, caller.user(member), third)}"
        roles: tuple[BuiltInRole, ...] = get_args(BuiltInRole)
        for mine, theirs, given in itertools.product(roles[1:], roles, roles):
            await set_role(database, member, second, mine)
            await set_role(database, member, third, theirs)
            headers = as_member_of(caller, member, second, mine)
            answer = await client.patch(target, json={"role": given}, headers=headers)
            if mine == "admin" and "owner" not in (theirs, given):
                assert answer.json()["role"] == given
                continue
            code = "role_not_allowed" if mine == "admin" else "permission_denied"
            assert refusal(answer) == (403, code), (mine, theirs, given)
            if mine != "admin" or theirs == "owner":
                for path in (target, f"{target}/sessions"):
                    assert refusal(await client.delete(path, headers=headers)) == (403, code)


class TestRoles:
    async def test_the_new_role_counts_at_the_next_look_up(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        second: Member,
        browser: OpenBrowser,
        events: Events,
    ) -> None:
        theirs: Browser = browser(member)
        assert (await theirs.log_in(second.email)).status_code == 201
        target = await id_of(client, caller.user(member), second)
        answer = await client.patch(
            f"{URL}/{target}", json={"role": "viewer"}, headers=caller.user(member)
        )
        assert answer.status_code == 200, answer.text
        assert (answer.json()["id"], answer.json()["role"]) == (target, "viewer")
        known = await theirs.look_up()
        assert known is not None
        assert (known["role"], "projects:write" in known["permissions"]) == ("viewer", False)
        (told,) = [each for each in await events(second.user_id) if type(each) is MemberRoleChanged]
        assert (told.role, told.previous_role) == ("viewer", "member")
        assert told.actor == f"user:{member.user_id}"

    async def test_the_same_role_changes_nothing(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        second: Member,
        events: Events,
    ) -> None:
        target = await id_of(client, caller.user(member), second)
        answer = await client.patch(
            f"{URL}/{target}", json={"role": "member"}, headers=caller.user(member)
        )
        assert answer.status_code == 200
        assert not [
            each for each in await events(second.user_id) if type(each) is MemberRoleChanged
        ]

    @pytest.mark.parametrize("key", ["boss", "custom", "0192aabb-0000-7000-8000-000000000001", ""])
    async def test_an_unknown_role_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, second: Member, key: str
    ) -> None:
        target = await id_of(client, caller.user(member), second)
        answer = await client.patch(
            f"{URL}/{target}", json={"role": key}, headers=caller.user(member)
        )
        assert refusal(answer) == (422, "unknown_role" if key else "invalid_request")

    async def test_to_make_an_owner_takes_a_step_up(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, second: Member
    ) -> None:
        target = f"{URL}/{await id_of(client, caller.user(member), second)}"
        old = caller.user(member, auth_time=int(utc_now().timestamp()) - 601)
        answer = await client.patch(target, json={"role": "owner"}, headers=old)
        assert refusal(answer) == (403, "step_up_required")
        answer = await client.patch(
            target, json={"role": "owner"}, headers=as_member_of(caller, member, member, "owner")
        )
        assert answer.json()["role"] == "owner"

    async def test_the_last_owner_stays_one(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(member)
        own = await id_of(client, headers, member)
        for answer in (
            await client.patch(f"{URL}/{own}", json={"role": "admin"}, headers=headers),
            await client.delete(f"{URL}/{own}", headers=headers),
        ):
            assert refusal(answer) == (409, "last_owner")

    @pytest.mark.parametrize(
        "ways",
        [("demote", "demote"), ("remove", "remove"), ("leave", "leave"), ("demote", "leave")],
    )
    async def test_two_owners_at_once_leave_one(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        ways: tuple[str, str],
    ) -> None:
        await set_role(database, member, second, "owner")
        ids = [await id_of(client, caller.user(member), each) for each in (member, second)]
        people = [caller.user(member), as_member_of(caller, member, second, "owner")]

        def act(who: int, way: str) -> "asyncio.Future[httpx.Response]":
            own, other = f"{URL}/{ids[who]}", f"{URL}/{ids[1 - who]}"
            headers = people[who]
            if way == "demote":
                call = client.patch(other, json={"role": "admin"}, headers=headers)
            else:
                call = client.delete(own if way == "leave" else other, headers=headers)
            return asyncio.ensure_future(call)

        for _ in range(25):
            answers = await asyncio.gather(*(act(who, way) for who, way in enumerate(ways)))
            async with database.tenant(member.tenant_id) as session:
                owners = await session.execute(
                    text("SELECT count(*) FROM memberships WHERE role = 'owner'")
                )
                assert owners.scalar_one() == 1
                # Whoever was demoted first may leave.
                assert any(answer.is_success for answer in answers)
                await session.execute(text("DELETE FROM former_members"))
                for person, member_id in zip((member, second), ids, strict=True):
                    await session.execute(
                        text(
                            "INSERT INTO memberships (tenant_id, id, created_at, user_id, role)"
                            " VALUES (:tenant, :id, now(), :user, 'owner')"
                            " ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = 'owner'"
                        ),
                        {"tenant": member.tenant_id, "id": UUID(member_id), "user": person.user_id},
                    )
