"""How members change, leave and come back."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from identity_svc.parts import Parts
from identity_svc.people.service import erase
from identity_svc.roles.schemas import BuiltInRole
from identity_svc.roles.service import permissions_of
from identity_testing import (
    PASSWORD,
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
from seats_testing import SeatKeeper
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import (
    ApiKeyResumed,
    ApiKeySuspended,
    MemberLoggedOut,
    MemberRemoved,
    MemberRestored,
    MemberRoleChanged,
    SessionRevoked,
)
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.testing import Clock
from traveller_testing import MakeTraveller, activate, code_in

URL = "/v1/members"


async def id_of(client: httpx.AsyncClient, headers: dict[str, str], person: Member) -> str:
    """The id of a person's membership."""
    items = (await client.get(f"{URL}?include=removed", headers=headers)).json()["items"]
    return next(str(each["id"]) for each in items if each["user_id"] == str(person.user_id))


@pytest.fixture
async def second(sign_up: SignUp, join: Join, member: Member) -> Member:
    """Somebody who is a member of the tenant of `member` too."""
    person = await sign_up()
    await join(person, member)
    return person


class TestWhoMayNot:
    async def test_anonymous_and_keys_are_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, second: Member
    ) -> None:
        target = await id_of(client, caller.user(member), second)
        key = caller.user(member, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        for headers, expected in (
            (caller.anonymous(member.tenant_id), (401, "authentication_required")),
            (key, (403, "person_required")),
        ):
            for answer in (
                await client.patch(f"{URL}/{target}", json={"role": "viewer"}, headers=headers),
                await client.delete(f"{URL}/{target}", headers=headers),
                await client.delete(f"{URL}/{target}/sessions", headers=headers),
                await client.post(f"{URL}/{target}/restore", json={}, headers=headers),
            ):
                assert refusal(answer) == expected

    async def test_a_role_without_the_permission_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, second: Member
    ) -> None:
        target = await id_of(client, caller.user(member), member)
        headers = as_member_of(caller, member, second, "member")
        for answer in (
            await client.patch(f"{URL}/{target}", json={"role": "viewer"}, headers=headers),
            await client.delete(f"{URL}/{target}", headers=headers),
            await client.delete(f"{URL}/{target}/sessions", headers=headers),
            await client.post(f"{URL}/{target}/restore", json={}, headers=headers),
        ):
            assert refusal(answer) == (403, "permission_denied")
            assert answer.json()["needed"] == ["members:manage"]

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

    async def test_another_tenants_member_is_404(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp
    ) -> None:
        other = await sign_up()
        theirs = await id_of(client, caller.user(other), other)
        headers = caller.user(member)
        for target in (theirs, new_id()):
            for answer in (
                await client.patch(f"{URL}/{target}", json={"role": "viewer"}, headers=headers),
                await client.delete(f"{URL}/{target}", headers=headers),
                await client.delete(f"{URL}/{target}/sessions", headers=headers),
                await client.post(f"{URL}/{target}/restore", json={}, headers=headers),
            ):
                assert refusal(answer) == (404, "member_not_found")

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


class TestRemoval:
    async def test_nothing_of_theirs_lets_them_in(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        browser: OpenBrowser,
        make_traveller: MakeTraveller,
        events: Events,
    ) -> None:
        await activate(database, member.tenant_id)
        theirs: Browser = browser(member)
        assert (await theirs.log_in(second.email)).status_code == 201
        as_second = as_member_of(caller, member, second, "member")
        await set_role(database, member, second, "admin")
        key = (
            await client.post(
                "/v1/api-keys",
                json={"name": "theirs"},
                headers=as_member_of(caller, member, second, "admin"),
            )
        ).json()
        under_way = make_traveller()
        await under_way.log_in(second)
        handed = await under_way.hand_off(member.tenant_id)
        target = await id_of(client, caller.user(member), second)

        answer = await client.delete(f"{URL}/{target}", headers=caller.user(member))
        assert answer.status_code == 204, answer.text

        assert await theirs.look_up() is None
        look_up = await client.post(
            "/internal/credentials",
            json={"type": "api_key", "value": key["key"]},
            headers=caller.service("gateway", member.tenant_id),
        )
        assert refusal(look_up) == (404, "unknown_credential")
        arrived = await under_way.enter(member.tenant_id, code_in(handed))
        assert refusal(arrived) == (401, "invalid_handoff")
        assert refusal(await under_way.hand_off(member.tenant_id)) == (404, "tenant_not_found")
        assert refusal(await browser(member).log_in(second.email)) == (401, "invalid_credentials")
        stale = await client.patch(f"{URL}/{target}", json={"role": "admin"}, headers=as_second)
        assert stale.status_code == 403
        listed = (await client.get("/v1/api-keys", headers=caller.user(member))).json()["items"]
        assert [each["suspended_at"] is None for each in listed if each["id"] == key["id"]] == [
            False
        ]
        told = [
            each
            for each in await events(member.tenant_id)
            if type(each) in (MemberRemoved, SessionRevoked, ApiKeySuspended)
            or (type(each) is UsageRecorded and each.quantity == -1)
        ]
        assert {type(each) for each in told} == {
            MemberRemoved,
            SessionRevoked,
            ApiKeySuspended,
            UsageRecorded,
        }
        assert {each.actor for each in told} == {f"user:{member.user_id}"}

    async def test_their_own_tenants_are_not_touched(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        second: Member,
        browser: OpenBrowser,
    ) -> None:
        at_home: Browser = browser(second)
        assert (await at_home.log_in(second.email)).status_code == 201
        target = await id_of(client, caller.user(member), second)
        assert (
            await client.delete(f"{URL}/{target}", headers=caller.user(member))
        ).status_code == 204
        assert await at_home.look_up() is not None

    async def test_one_leaves_by_oneself(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        second: Member,
        events: Events,
    ) -> None:
        own = await id_of(client, caller.user(member), second)
        headers = as_member_of(caller, member, second, "member")
        assert (await client.delete(f"{URL}/{own}", headers=headers)).status_code == 204
        (told,) = [each for each in await events(second.user_id) if type(each) is MemberRemoved]
        assert told.means == "left"

    async def test_no_session_survives_that_was_about_to_be_made(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        browser: OpenBrowser,
    ) -> None:
        target = await id_of(client, caller.user(member), second)
        for _ in range(10):
            theirs = [browser(member) for _ in range(4)]
            *log_ins, removal = await asyncio.gather(
                *(each.log_in(second.email) for each in theirs),
                client.delete(f"{URL}/{target}", headers=caller.user(member)),
            )
            assert removal.status_code == 204
            assert {answer.status_code for answer in log_ins} <= {201, 401}
            assert [await each.look_up() for each in theirs] == [None] * 4
            async with database.tenant(member.tenant_id) as session:
                await session.execute(
                    text(
                        "INSERT INTO memberships (tenant_id, id, created_at, user_id, role)"
                        " SELECT tenant_id, id, created_at, user_id, role FROM former_members"
                    )
                )
                await session.execute(text("DELETE FROM former_members"))
            assert [await each.look_up() for each in theirs] == [None] * 4


class TestLogOut:
    """Somebody's sessions end, and they stay a member."""

    async def test_every_session_and_every_way_in_from_before_ends(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        clock: Clock,
        member: Member,
        second: Member,
        browser: OpenBrowser,
        make_traveller: MakeTraveller,
        events: Events,
    ) -> None:
        await activate(database, member.tenant_id)
        await activate(database, second.tenant_id)
        headers = caller.user(member)
        theirs, owners = [browser(member), browser(member)], browser(member)
        for each in theirs:
            assert (await each.log_in(second.email)).status_code == 201
        assert (await owners.log_in(member.email)).status_code == 201
        under_way, elsewhere = make_traveller(), make_traveller()
        await under_way.log_in(second)
        await elsewhere.log_in(second)
        handed = await under_way.hand_off(member.tenant_id)
        at_home = await elsewhere.enter(
            second.tenant_id, code_in(await elsewhere.hand_off(second.tenant_id))
        )
        assert at_home.status_code == 201
        target = await id_of(client, headers, second)

        ended = await client.delete(f"{URL}/{target}/sessions", headers=headers)
        assert ended.status_code == 204, ended.text

        assert [await each.look_up() for each in theirs] == [None, None]
        arrived = await under_way.enter(member.tenant_id, code_in(handed))
        assert refusal(arrived) == (401, "invalid_handoff")
        # Not with the log-in on the platform's host that there was; anywhere else it goes on.
        assert refusal(await elsewhere.hand_off(member.tenant_id)) == (403, "step_up_required")
        assert (await elsewhere.session(second.tenant_id)).json()["user"]["email"] == second.email
        assert (await elsewhere.hand_off(second.tenant_id)).status_code == 201
        assert await owners.look_up() is not None
        told = [
            each
            for each in await events(member.tenant_id)
            if type(each) in (MemberLoggedOut, SessionRevoked)
        ]
        assert [type(each) for each in told].count(SessionRevoked) == 2
        (noted,) = [each for each in told if type(each) is MemberLoggedOut]
        assert noted.user_id == second.user_id
        assert {each.actor for each in told} == {f"user:{member.user_id}"}

        # They are who they were, and log in anew: with the password here, with a step-up there.
        assert (await theirs[0].log_in(second.email)).status_code == 201
        clock.advance(timedelta(seconds=1))
        step_up = {"current_password": PASSWORD}
        proved = await elsewhere.call("POST", "/v1/session/step-up", None, step_up)
        assert proved.status_code == 200, proved.text
        code = code_in(await elsewhere.hand_off(member.tenant_id))
        assert (await elsewhere.enter(member.tenant_id, code)).status_code == 201

    async def test_a_hand_off_that_is_used_meanwhile_leaves_no_session(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        member: Member,
        second: Member,
        make_traveller: MakeTraveller,
    ) -> None:
        await activate(database, member.tenant_id)
        headers = caller.user(member)
        target = await id_of(client, headers, second)
        for _ in range(5):
            ways = [make_traveller() for _ in range(4)]
            codes = []
            for each in ways:
                await each.log_in(second)
                codes.append(code_in(await each.hand_off(member.tenant_id)))
            *arrived, ended = await asyncio.gather(
                *(
                    each.enter(member.tenant_id, code)
                    for each, code in zip(ways, codes, strict=True)
                ),
                client.delete(f"{URL}/{target}/sessions", headers=headers),
            )
            assert ended.status_code == 204
            assert {answer.status_code for answer in arrived} <= {201, 401}
            for each in ways:
                assert (await each.session(member.tenant_id)).status_code == 401

    async def test_their_keys_go_on(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        headers = caller.user(member)
        made = await client.post("/v1/api-keys", json={"name": "importer"}, headers=headers)
        own = await id_of(client, headers, member)
        ended = await client.delete(f"{URL}/{own}/sessions", headers=headers)
        assert ended.status_code == 204
        look_up = await client.post(
            "/internal/credentials",
            json={"type": "api_key", "value": made.json()["key"]},
            headers=caller.service("gateway", member.tenant_id),
        )
        assert look_up.status_code == 200


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
