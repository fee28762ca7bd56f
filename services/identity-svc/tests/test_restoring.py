"""How members come back who were removed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from identity_svc.parts import Parts
from identity_svc.people.service import erase
from identity_svc.roles.service import permissions_of
from identity_testing import (
    Browser,
    Caller,
    Events,
    Join,
    Member,
    SignUp,
    as_member_of,
    refusal,
    set_role,
)
from members_testing import URL, id_of
from seats_testing import SeatKeeper
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import ApiKeyResumed, MemberRestored
from stagify.events.usage import UsageRecorded
from stagify.testing import Clock


class TestRestore:
    @pytest.fixture
    async def removed(
        self, seats: SeatKeeper, caller: Caller, member: Member, second: Member
    ) -> str:
        """The id of `second`, who was removed."""
        headers = caller.user(member)
        target = await id_of(seats.client, headers, second)
        answer = await seats.client.delete(f"{URL}/{target}", headers=headers)
        assert answer.status_code == 204
        return target

    async def test_they_are_back_under_the_same_id_and_no_session_is(
        self,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        second: Member,
        events: Events,
    ) -> None:
        client, headers = seats.client, caller.user(member)
        theirs = Browser(client, caller, member.tenant_id)
        assert (await theirs.log_in(second.email)).status_code == 201
        target = await id_of(client, headers, second)
        await client.delete(f"{URL}/{target}", headers=headers)
        removed = (await client.get(f"{URL}?include=removed", headers=headers)).json()["items"]
        assert [each["removed_by"] for each in removed] == [str(member.user_id), None]
        assert len((await client.get(URL, headers=headers)).json()["items"]) == 1

        answer = await client.post(f"{URL}/{target}/restore", json={}, headers=headers)
        assert answer.status_code == 200, answer.text
        back = answer.json()
        assert (back["id"], back["role"], back["removed_at"]) == (target, "member", None)
        assert await theirs.look_up() is None
        assert (await theirs.log_in(second.email)).status_code == 201
        (told,) = [each for each in await events(second.user_id) if type(each) is MemberRestored]
        (counted,) = [
            each
            for each in await events(member.tenant_id)
            if type(each) is UsageRecorded and each.reservation_id is not None
        ]
        assert (told.role, counted.quantity) == ("member", 1)
        assert [str(counted.reservation_id)] == seats.reserved

    async def test_keys_that_the_removal_has_suspended_work_again_if_it_is_wished(
        self,
        seats: SeatKeeper,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        join: Join,
        events: Events,
    ) -> None:
        client, headers = seats.client, caller.user(member)
        target = await id_of(client, headers, second)

        async def make() -> dict[str, Any]:
            await set_role(database, member, second, "admin")
            body = {"name": "theirs", "scopes": ["tenant:manage", "projects:read"]}
            theirs = as_member_of(caller, member, second, "admin")
            made: dict[str, Any] = (
                await client.post("/v1/api-keys", json=body, headers=theirs)
            ).json()
            return made

        async def may(key: dict[str, Any]) -> list[str] | None:
            answer = await client.post(
                "/internal/credentials",
                json={"type": "api_key", "value": key["key"]},
                headers=caller.service("gateway", member.tenant_id),
            )
            return answer.json().get("permissions")  # type: ignore[no-any-return]

        earlier = await make()
        await client.delete(f"{URL}/{target}", headers=headers)
        # Invited anew: nothing of before comes back.
        await join(second, member)
        late, revoked = await make(), await make()
        await client.delete(f"/v1/api-keys/{revoked['id']}", headers=headers)
        await client.delete(f"{URL}/{target}", headers=headers)
        path, wish = f"{URL}/{target}/restore", {"role": "viewer", "resume_keys": True}
        old = caller.user(member, auth_time=int(utc_now().timestamp()) - 601)
        assert refusal(await client.post(path, json=wish, headers=old)) == (403, "step_up_required")
        answer = await client.post(path, json={"role": "viewer"}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert [await may(each) for each in (earlier, late, revoked)] == [None] * 3
        newest = await make()
        await client.delete(f"{URL}/{target}", headers=headers)
        assert (await client.post(path, json=wish, headers=headers)).status_code == 200
        assert [await may(each) for each in (earlier, late, revoked)] == [None] * 3
        assert await may(newest) == ["projects:read"]
        resumed = [
            str(each.api_key_id)
            for each in await events(member.tenant_id)
            if type(each) is ApiKeyResumed
        ]
        assert resumed == [newest["id"]]

    async def test_keys_come_back_by_nobody_who_may_not_make_them_any_more(
        self,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        removed: str,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        client, owner = seats.client, caller.user(member)
        seats.features = ["custom_roles"]
        may = sorted(permissions_of("viewer") | {"members:manage"})
        role = await client.post(
            "/v1/roles", json={"name": "Host", "permissions": may}, headers=owner
        )
        assert role.status_code == 201, role.text
        third = await sign_up()
        await join(third, member)
        target = await id_of(client, owner, third)
        given = await client.patch(
            f"{URL}/{target}", json={"role": role.json()["key"]}, headers=owner
        )
        assert given.status_code == 200, given.text
        # What they could do a moment ago.
        theirs = as_member_of(caller, member, third, "admin")
        path, wish = f"{URL}/{removed}/restore", {"role": "viewer"}
        answer = await client.post(path, json={**wish, "resume_keys": True}, headers=theirs)
        assert refusal(answer) == (403, "permission_denied")
        answer = await client.post(path, json=wish, headers=theirs)
        assert answer.status_code == 200, answer.text

    async def test_without_a_seat_nobody_comes_back(
        self, seats: SeatKeeper, caller: Caller, member: Member, removed: str
    ) -> None:
        client, headers = seats.client, caller.user(member)
        seats.left = 0
        answer = await client.post(f"{URL}/{removed}/restore", json={}, headers=headers)
        assert refusal(answer) == (402, "no_seat_left")
        assert "limit" not in answer.json()
        seats.is_away = True
        answer = await client.post(f"{URL}/{removed}/restore", json={}, headers=headers)
        assert refusal(answer) == (503, "seats_unavailable")
        seats.is_away, seats.left = False, 1
        assert (
            await client.post(f"{URL}/{removed}/restore", json={}, headers=headers)
        ).status_code == 200

    async def test_after_30_days_they_are_forgotten(
        self,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        removed: str,
        clock: Clock,
    ) -> None:
        client = seats.client
        clock.advance(timedelta(days=30, seconds=1))
        answer = await client.post(f"{URL}/{removed}/restore", json={}, headers=caller.user(member))
        assert refusal(answer) == (404, "member_not_found")
        found = await client.get(f"{URL}?include=removed", headers=caller.user(member))
        assert len(found.json()["items"]) == 1

    async def test_an_account_that_has_ended_does_not_come_back(
        self,
        seats: SeatKeeper,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        removed: str,
        parts: Parts,
    ) -> None:
        client, headers = seats.client, caller.user(member)
        async with parts.person_database.person(second.user_id) as session:
            await erase(session, second.user_id)
        answer = await client.post(f"{URL}/{removed}/restore", json={}, headers=headers)
        assert refusal(answer) == (404, "member_not_found")
        assert seats.reserved == []

    async def test_a_role_that_is_too_much_for_the_restorer_is_refused(
        self,
        seats: SeatKeeper,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        client, third = seats.client, await sign_up()
        await join(third, member)
        await set_role(database, member, second, "owner")
        await set_role(database, member, third, "admin")
        target = await id_of(client, caller.user(member), second)
        await client.delete(f"{URL}/{target}", headers=caller.user(member))
        as_admin = as_member_of(caller, member, third, "admin")
        answer = await client.post(f"{URL}/{target}/restore", json={}, headers=as_admin)
        assert refusal(answer) == (403, "role_not_allowed")
        answer = await client.post(
            f"{URL}/{target}/restore", json={"role": "viewer"}, headers=as_admin
        )
        assert answer.json()["role"] == "viewer"
        assert seats.reserved

    async def test_fifty_at_once_take_one_seat(
        self,
        seats: SeatKeeper,
        caller: Caller,
        member: Member,
        second: Member,
        removed: str,
        events: Events,
    ) -> None:
        client, headers = seats.client, caller.user(member)
        answers = await asyncio.gather(
            *(client.post(f"{URL}/{removed}/restore", json={}, headers=headers) for _ in range(50))
        )
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(200), statuses.count(404)) == (1, 49)
        assert len(set(seats.reserved)) == 1
        told = [each for each in await events(second.user_id) if type(each) is MemberRestored]
        assert len(told) == 1
