"""The members of a tenant over HTTP."""

import httpx
import pytest

from identity_testing import Caller, Join, Member, SignUp, refusal
from members_testing import URL
from stagify.permissions import ALL_PERMISSIONS


class TestWhoMayNotLook:
    async def test_anonymous_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.get(URL, headers=caller.anonymous(member.tenant_id))
        assert refusal(answer) == (401, "authentication_required")

    async def test_no_key_may_whatever_its_scopes(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(member, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        assert refusal(await client.get(URL, headers=headers)) == (403, "person_required")

    async def test_a_role_without_the_permission_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(member, permissions=frozenset({"projects:read"}))
        answer = await client.get(URL, headers=headers)
        assert refusal(answer) == (403, "permission_denied")
        assert answer.json()["needed"] == ["members:read"]


class TestList:
    async def test_members_see_each_other_newest_first(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        second = await sign_up()
        await join(second, member)
        answer = await client.get(URL, headers=caller.user(member, role="viewer"))
        assert answer.status_code == 200, answer.text
        found = answer.json()["items"]
        assert [(each["email"], each["role"]) for each in found] == [
            (second.email, "member"),
            (member.email, "owner"),
        ]
        assert [each["user_id"] for each in found] == [str(second.user_id), str(member.user_id)]
        assert {each["removed_at"] for each in found} == {None}

    async def test_another_tenants_members_are_not_there(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp
    ) -> None:
        await sign_up()
        answer = await client.get(URL, headers=caller.user(member))
        assert [each["email"] for each in answer.json()["items"]] == [member.email]

    @pytest.mark.parametrize("include", ["", "?include=removed"])
    async def test_pages_have_everybody_once(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
        include: str,
    ) -> None:
        people = [await sign_up() for _ in range(2)]
        for person in people:
            await join(person, member)
        seen, cursor = [], ""
        while cursor is not None:
            query = f"{include or '?'}&limit=1&cursor={cursor}"
            page = (await client.get(URL + query, headers=caller.user(member))).json()
            seen += [each["email"] for each in page["items"]]
            cursor = page["next_cursor"]
        assert seen == [people[1].email, people[0].email, member.email]
