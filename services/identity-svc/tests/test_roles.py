"""Roles: what each may do, and what it may not."""

from pathlib import Path
from typing import get_args

import httpx

from identity_svc.roles.rules import table
from identity_svc.roles.schemas import BuiltInRole
from identity_svc.roles.service import permissions_of
from identity_testing import Caller, Member, refusal
from stagify.permissions import ALL_PERMISSIONS

URL = "/v1/roles"
PAGE = Path(__file__).parents[3] / "docs/roles.md"


def test_each_role_may_do_what_the_one_below_may() -> None:
    owner, admin, member, viewer = (permissions_of(role) for role in get_args(BuiltInRole))
    assert viewer < member < admin < owner == ALL_PERMISSIONS


def test_a_viewer_changes_nothing() -> None:
    assert {name.partition(":")[2] for name in permissions_of("viewer")} == {"read"}


def test_some_things_are_the_owners() -> None:
    assert permissions_of("owner") - permissions_of("admin") == {
        "billing:manage",
        "roles:manage",
        "sso:manage",
        "data:export",
        "tenant:delete",
        "ownership:transfer",
    }


def test_the_page_has_the_table() -> None:
    assert "\n".join(table()) in PAGE.read_text("utf-8")


class TestList:
    async def test_anonymous_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.get(URL, headers=caller.anonymous(member.tenant_id))
        assert refusal(answer) == (401, "authentication_required")

    async def test_no_key_may_look(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(member, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        assert refusal(await client.get(URL, headers=headers)) == (403, "person_required")

    async def test_every_member_sees_what_each_role_may_do(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.get(URL, headers=caller.user(member, role="viewer"))
        assert answer.status_code == 200, answer.text
        found = answer.json()["items"]
        assert [each["key"] for each in found] == [*get_args(BuiltInRole)]
        assert not any(each["is_custom"] for each in found)
        for each in found:
            assert each["permissions"] == sorted(permissions_of(each["key"]))
