"""Handing over a tenant."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from identity_svc.roles.schemas import BuiltInRole
from identity_testing import (
    Caller,
    Events,
    Join,
    MailServer,
    Member,
    SignUp,
    refusal,
    set_role,
    text_of,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events import Event
from stagify.events.identity import (
    MemberRoleChanged,
    OwnershipTransferCancelled,
    OwnershipTransferred,
    OwnershipTransferRequested,
)
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock

URL = "/v1/ownership-transfers"


class Sides:
    """Two members of one tenant, and what they do."""

    def __init__(
        self, client: httpx.AsyncClient, caller: Caller, giver: Member, taker: Member
    ) -> None:
        self.client = client
        self.caller = caller
        self.giver = giver
        self.taker = taker

    def headers(self, person: Member, role: BuiltInRole = "member", age: int = 0) -> dict[str, str]:
        """Headers of one of them, who has proved so many seconds ago who they are."""
        return self.caller.user(
            self.giver,
            role=role,
            subject=str(person.user_id),
            user_id=person.user_id,
            auth_time=int(utc_now().timestamp()) - age,
        )

    async def member_id(self, person: Member) -> str:
        """The id of a membership."""
        answer = await self.client.get("/v1/members", headers=self.headers(self.giver, "owner"))
        return next(
            str(each["id"])
            for each in answer.json()["items"]
            if each["user_id"] == str(person.user_id)
        )

    async def ask(self, person: Member | None = None, age: int = 0) -> httpx.Response:
        """The answer to the giver's wish."""
        body = {"member_id": await self.member_id(person or self.taker)}
        headers = self.headers(self.giver, "owner", age)
        return await self.client.post(URL, json=body, headers=headers)

    async def asked(self) -> str:
        """The id of a transfer that waits for the taker."""
        answer = await self.ask()
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def confirm(
        self, transfer_id: object, person: Member | None = None, age: int = 0
    ) -> httpx.Response:
        """The answer to the taker's word."""
        headers = self.headers(person or self.taker, "member", age)
        return await self.client.post(f"{URL}/{transfer_id}/confirm", headers=headers)

    async def roles(self) -> list[str]:
        """The roles of both."""
        answer = await self.client.get("/v1/members", headers=self.headers(self.giver, "owner"))
        found = {each["user_id"]: each["role"] for each in answer.json()["items"]}
        return [found[str(each.user_id)] for each in (self.giver, self.taker)]


@pytest.fixture
async def sides(
    client: httpx.AsyncClient, caller: Caller, member: Member, sign_up: SignUp, join: Join
) -> Sides:
    """The owner and a member."""
    second = await sign_up()
    await join(second, member)
    return Sides(client, caller, member, second)


class TestWhoMayNot:
    async def test_only_an_owner_who_has_just_proved_who_they_are(
        self, sides: Sides, caller: Caller, member: Member
    ) -> None:
        body = {"member_id": await sides.member_id(sides.taker)}
        key = caller.user(member, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        for headers, expected in (
            (caller.anonymous(member.tenant_id), (401, "authentication_required")),
            (key, (403, "person_required")),
            (sides.headers(sides.taker, "admin"), (403, "permission_denied")),
            # What the token says is not enough.
            (sides.headers(sides.taker, "owner"), (403, "permission_denied")),
            (sides.headers(member, "owner", age=601), (403, "step_up_required")),
        ):
            assert refusal(await sides.client.post(URL, json=body, headers=headers)) == expected

    async def test_only_the_one_who_was_asked_confirms(
        self, sides: Sides, sign_up: SignUp, join: Join
    ) -> None:
        transfer_id, third = await sides.asked(), await sign_up()
        await join(third, sides.giver)
        for person in (third, sides.giver):
            answer = await sides.confirm(transfer_id, person)
            assert refusal(answer) == (403, "transfer_for_another")
        cancel = await sides.client.delete(f"{URL}/{transfer_id}", headers=sides.headers(third))
        assert refusal(cancel) == (403, "transfer_for_another")
        answer = await sides.confirm(transfer_id, age=601)
        assert refusal(answer) == (403, "step_up_required")
        assert await sides.roles() == ["owner", "member"]

    async def test_another_tenants_transfer_is_404(
        self, sides: Sides, caller: Caller, sign_up: SignUp
    ) -> None:
        transfer_id = await sides.asked()
        other = caller.user(await sign_up(), auth_time=int(utc_now().timestamp()))
        for target in (transfer_id, new_id()):
            for answer in (
                await sides.client.post(f"{URL}/{target}/confirm", headers=other),
                await sides.client.delete(f"{URL}/{target}", headers=other),
            ):
                assert refusal(answer) == (404, "transfer_not_found")
        assert (await sides.client.get(URL, headers=other)).json() == {"items": []}


class TestTransfer:
    async def test_both_say_so(
        self, sides: Sides, events: Events, runner: TaskRunner, mail_server: MailServer
    ) -> None:
        transfer_id = await sides.asked()
        await runner.run_due()
        (mail,) = [
            each for each in mail_server.to(sides.taker.email) if "owner" in str(each["Subject"])
        ]
        assert "Ada" not in str(mail["Subject"])
        assert f"{sides.giver.slug}.localhost:8080" in text_of(mail)
        listed = await sides.client.get(URL, headers=sides.headers(sides.taker))
        assert [each["id"] for each in listed.json()["items"]] == [transfer_id]
        assert (await sides.confirm(transfer_id)).status_code == 204
        assert await sides.roles() == ["admin", "owner"]
        kinds: list[type[Event]] = [
            OwnershipTransferRequested,
            MemberRoleChanged,
            MemberRoleChanged,
            OwnershipTransferred,
        ]
        told = [e for e in await events(sides.giver.tenant_id) if type(e) in kinds]
        assert [type(each) for each in told] == kinds
        assert told[-1].actor == f"user:{sides.taker.user_id}"

    async def test_there_is_one_at_a_time(self, sides: Sides) -> None:
        answers = await asyncio.gather(*(sides.ask() for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 19]
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes == {"transfer_open"}
        assert refusal(await sides.ask(sides.giver)) == (409, "transfer_open")

    async def test_an_owner_is_one_already(self, sides: Sides) -> None:
        assert refusal(await sides.ask(sides.giver)) == (409, "already_owner")

    async def test_twenty_at_once_hand_it_over_once(self, sides: Sides, events: Events) -> None:
        transfer_id = await sides.asked()
        answers = await asyncio.gather(*(sides.confirm(transfer_id) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [204, *[409] * 19]
        told = [e for e in await events(sides.giver.tenant_id) if type(e) is OwnershipTransferred]
        assert len(told) == 1

    @pytest.mark.parametrize("side", ["giver", "taker"])
    async def test_nothing_happens_if_either_has_another_role_since(
        self, sides: Sides, database: Database, side: str
    ) -> None:
        transfer_id = await sides.asked()
        changed = getattr(sides, side)
        await set_role(database, sides.giver, changed, "admin")
        assert refusal(await sides.confirm(transfer_id)) == (409, "transfer_obsolete")

    async def test_whoever_was_removed_owns_nothing(self, sides: Sides) -> None:
        transfer_id, target = await sides.asked(), await sides.member_id(sides.taker)
        headers = sides.headers(sides.giver, "owner")
        assert (
            await sides.client.delete(f"/v1/members/{target}", headers=headers)
        ).status_code == 204
        assert (await sides.confirm(transfer_id)).status_code == 401

    @pytest.mark.parametrize("side", ["giver", "taker"])
    async def test_both_can_end_it(self, sides: Sides, events: Events, side: str) -> None:
        transfer_id = await sides.asked()
        who = getattr(sides, side)
        headers = sides.headers(who, "owner" if side == "giver" else "member")
        answer = await sides.client.delete(f"{URL}/{transfer_id}", headers=headers)
        assert answer.status_code == 204
        assert refusal(await sides.confirm(transfer_id)) == (409, "transfer_obsolete")
        told = [
            e for e in await events(sides.giver.tenant_id) if type(e) is OwnershipTransferCancelled
        ]
        assert len(told) == 1
        assert (await sides.ask()).status_code == 201

    async def test_after_a_week_it_is_over(self, sides: Sides, clock: Clock) -> None:
        transfer_id = await sides.asked()
        clock.advance(timedelta(days=7, seconds=1))
        assert refusal(await sides.confirm(transfer_id)) == (409, "transfer_obsolete")
        assert (await sides.ask()).status_code == 201
