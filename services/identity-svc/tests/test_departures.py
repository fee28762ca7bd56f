"""How members leave or are logged out, and who may not decide about them."""

import asyncio
from datetime import timedelta

import httpx
from sqlalchemy import text

from identity_testing import (
    PASSWORD,
    Browser,
    Caller,
    Events,
    Member,
    OpenBrowser,
    SignUp,
    as_member_of,
    refusal,
    set_role,
)
from members_testing import URL, id_of
from stagify.database import Database
from stagify.events.identity import ApiKeySuspended, MemberLoggedOut, MemberRemoved, SessionRevoked
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.testing import Clock
from traveller_testing import MakeTraveller, activate, code_in


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
