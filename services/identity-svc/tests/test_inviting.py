"""Asking people into a tenant, asking again, and taking it back."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_svc.invitations.mail import InvitationMail
from identity_svc.mail.service import Brands
from identity_svc.parts import Parts
from identity_testing import (
    PASSWORD,
    Caller,
    Events,
    Join,
    Member,
    SignUp,
    as_member_of,
    refusal,
    set_role,
    text_of,
)
from invitations_testing import TOKEN, URL, Office, some_address
from seats_testing import SeatKeeper
from stagify.database import Database
from stagify.events.identity import (
    InvitationCreated,
    InvitationResent,
    InvitationRevoked,
)
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.testing import Clock
from traveller_testing import Traveller

Calls = Callable[[dict[str, str]], Awaitable[list[httpx.Response]]]


class TestWhoMayNot:
    @pytest.fixture
    def calls(self, office: Office) -> Calls:
        """Every call of those who invite."""

        async def run(headers: dict[str, str]) -> list[httpx.Response]:
            client, body = office.client, {"emails": [some_address()], "role": "viewer"}
            link = {"role": "viewer", "max_uses": 1}
            return [
                await client.post(URL, json=body, headers=headers),
                await client.get(URL, headers=headers),
                await client.post(f"{URL}/{new_id()}/resend", headers=headers),
                await client.delete(f"{URL}/{new_id()}", headers=headers),
                await client.post("/v1/invitation-links", json=link, headers=headers),
                await client.get("/v1/invitation-links", headers=headers),
                await client.delete(f"/v1/invitation-links/{new_id()}", headers=headers),
            ]

        return run

    async def test_anonymous_keys_and_lesser_roles_are_refused(
        self, office: Office, calls: Calls, caller: Caller, member: Member
    ) -> None:
        key = caller.user(member, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        for headers, expected in (
            (caller.anonymous(member.tenant_id), (401, "authentication_required")),
            (key, (403, "person_required")),
            (caller.user(member, role="member"), (403, "permission_denied")),
            (caller.user(member, role="viewer"), (403, "permission_denied")),
        ):
            assert {refusal(answer) for answer in await calls(headers)} == {expected}

    async def test_what_the_token_says_is_not_enough(
        self,
        office: Office,
        calls: Calls,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        second = await sign_up()
        await join(second, member)
        answers = await calls(as_member_of(caller, member, second, "admin"))
        changing = [each for each in answers if each.request.method != "GET"]
        assert {refusal(answer) for answer in changing} == {(403, "permission_denied")}

    async def test_another_tenants_invitations_are_404(
        self, office: Office, caller: Caller, sign_up: SignUp
    ) -> None:
        (made,) = (await office.invite(some_address())).json()["items"]
        other = caller.user(await sign_up())
        path = f"{URL}/{made['invitation_id']}"
        for answer in (
            await office.client.post(f"{path}/resend", headers=other),
            await office.client.delete(path, headers=other),
        ):
            assert refusal(answer) == (404, "invitation_not_found")
        assert (await office.client.get(URL, headers=other)).json()["items"] == []

    async def test_nobody_invites_with_more_than_they_have(
        self,
        office: Office,
        caller: Caller,
        database: Database,
        member: Member,
        sign_up: SignUp,
        join: Join,
    ) -> None:
        assert refusal(await office.invite(some_address(), role="owner")) == (
            422,
            "role_not_invitable",
        )
        assert refusal(await office.invite(some_address(), role="boss")) == (422, "unknown_role")
        second = await sign_up()
        await join(second, member)
        await set_role(database, member, second, "admin")
        headers = as_member_of(caller, member, second, "admin")
        for path, body in (
            (URL, {"emails": [some_address()]}),
            ("/v1/invitation-links", {"max_uses": 1}),
        ):
            answer = await office.client.post(path, json={**body, "role": "owner"}, headers=headers)
            assert refusal(answer) == (403, "role_not_allowed")
            answer = await office.client.post(path, json={**body, "role": "admin"}, headers=headers)
            assert answer.status_code == 201, answer.text


class TestAsking:
    async def test_each_address_has_a_result(
        self, office: Office, member: Member, events: Events
    ) -> None:
        first, second = some_address(), some_address()
        await office.invite(second)
        answer = await office.invite(
            first, first.upper(), "not an address", member.email, second, f" {some_address()} "
        )
        assert answer.status_code == 201, answer.text
        items = answer.json()["items"]
        assert [each["outcome"] for each in items] == [
            "invited",
            "already_invited",
            "invalid_address",
            "already_member",
            "already_invited",
            "invited",
        ]
        assert items[0]["invitation_id"] == items[1]["invitation_id"]
        assert len(await office.listed("?state=pending")) == 3
        told = [e for e in await events(member.tenant_id) if type(e) is InvitationCreated]
        assert len(told) == 3
        assert {each.actor for each in told} == {f"user:{member.user_id}"}
        assert not any(first in each.model_dump_json() for each in told)

    async def test_the_mail_has_a_link_and_nothing_personal_in_its_subject(
        self, office: Office, member: Member, database: Database
    ) -> None:
        email = some_address()
        token = await office.ask_in(email, message="See you on Monday.", locale="de")
        (mail,) = office.mails.to(email)
        body = text_of(mail)
        assert "Ada Lovelace lädt Sie in den Arbeitsbereich Acme Homes ein" in re.sub(
            r"[\u2066-\u2069]", "", body
        )
        assert "See you on Monday." in body
        for personal in ("Ada", "Acme", "Grace", email):
            assert personal not in str(mail["Subject"])
        found = TOKEN.search(body)
        assert found is not None
        assert found[1].startswith("http://app.localhost:8080/join#token=")
        assert len(found[1]) <= 70
        assert token not in str(await office.listed())
        async with database.tenant(member.tenant_id) as session:
            for table in ("invitations", "invitation_tokens", "tasks"):
                rows = (await session.execute(text(f"SELECT * FROM {table}"))).all()
                assert token not in repr(rows)

    async def test_a_message_has_no_link_and_a_name_that_looks_like_one_is_left_out(
        self, office: Office, member: Member, database: Database
    ) -> None:
        for message in ("see http://evil.example", "WWW.evil.example", "x" * 301):
            answer = await office.invite(some_address(), message=message)
            assert refusal(answer) == (422, "invalid_request")
        async with database.system() as session:
            await session.execute(
                text("UPDATE tenants SET name = 'Win at evil.example' WHERE id = :id"),
                {"id": member.tenant_id},
            )
        email = some_address()
        await office.ask_in(email)
        body = text_of(office.mails.to(email)[0])
        assert "evil" not in body
        assert f"{member.slug}.localhost:8080" in body

    @pytest.mark.usefixtures("new_hour")
    async def test_only_so_many_a_day(self, office: Office, seats: SeatKeeper) -> None:
        seats.is_away = True
        assert (await office.invite(*(some_address() for _ in range(45)))).status_code == 201
        answers = await asyncio.gather(
            *(office.invite(some_address(), some_address()) for _ in range(8))
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201, 201, *[429] * 6]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refusal(refused) == (429, "too_many_invitations")
        assert int(refused.headers["retry-after"]) > 0
        assert len(await office.listed("?limit=100")) == 49

    @pytest.mark.usefixtures("new_hour")
    async def test_one_mailbox_gets_so_many_mails_of_all_tenants(
        self, office: Office, sign_up: SignUp
    ) -> None:
        """Spelled differently each time, as far as one tenant is concerned."""
        box = f"grace.{uuid4().hex}"
        await office.invite(*(f"{box}+{number}@example.com" for number in range(30)))
        await office.runner.run_due()
        got = [mail for mail in office.mails.received if str(mail["To"]).startswith(box)]
        assert len(got) == 20

    async def test_500_in_one_call(
        self, office: Office, seats: SeatKeeper, database: Database, member: Member
    ) -> None:
        seats.features = ["custom_roles"]
        seats.seats = None
        answer = await office.invite(*(some_address() for _ in range(500)))
        assert answer.status_code == 201, answer.text
        assert {each["outcome"] for each in answer.json()["items"]} == {"invited"}
        assert refusal(await office.invite(*(some_address() for _ in range(501)))) == (
            422,
            "invalid_request",
        )


class TestAgain:
    async def test_the_old_link_is_dead_and_the_new_one_works(
        self, office: Office, events: Events, clock: Clock
    ) -> None:
        email = some_address()
        old = await office.ask_in(email)
        (made,) = await office.listed()
        path = f"{URL}/{made['id']}/resend"
        headers = office.caller.user(office.owner)
        answer = await office.client.post(path, headers=headers)
        assert answer.status_code == 200, answer.text
        assert refusal(await office.call("look-up", old)) == (410, "invitation_invalid")
        new = await office.token(email)
        assert new != old
        assert (await office.call("look-up", new)).status_code == 200
        assert len(await office.listed()) == 1
        told = [e for e in await events(office.owner.tenant_id) if type(e) is InvitationResent]
        assert len(told) == 1
        assert refusal(await office.client.post(path, headers=headers)) == (
            429,
            "too_many_attempts",
        )

    async def test_an_expired_one_is_turned_and_not_doubled(
        self, office: Office, clock: Clock
    ) -> None:
        email = some_address()
        old = await office.ask_in(email)
        clock.advance(timedelta(days=7, seconds=1))
        headers = office.caller.user(office.owner)
        assert refusal(await office.call("look-up", old)) == (410, "invitation_expired")
        assert refusal(await office.newcomer(old)) == (410, "invitation_expired")
        (made,) = (await office.client.get(f"{URL}?state=expired", headers=headers)).json()["items"]
        answer = await office.client.post(f"{URL}/{made['id']}/resend", headers=headers)
        assert (answer.json()["state"], answer.json()["id"]) == ("pending", made["id"])
        assert (await office.newcomer(await office.token(email))).status_code == 200

    async def test_an_expired_one_does_not_block_a_new_one(
        self, office: Office, clock: Clock
    ) -> None:
        email = some_address()
        await office.ask_in(email)
        clock.advance(timedelta(days=8))
        answer = await office.client.post(
            URL,
            json={"emails": [email], "role": "viewer"},
            headers=office.caller.user(office.owner),
        )
        assert answer.json()["items"][0]["outcome"] == "invited"

    async def test_a_second_try_to_send_kills_no_link(
        self, office: Office, database: Database, member: Member, parts: Parts
    ) -> None:
        """A worker that is killed after the mail server took the mail sends it again."""
        email = some_address()
        first = await office.ask_in(email)
        (made,) = await office.listed()
        composer = InvitationMail(parts.digester, Brands(parts.settings))
        async with database.tenant(member.tenant_id) as session:
            message = await composer(session, UUID(made["id"]))
        assert message is not None
        second = TOKEN.search(message.text)
        assert second is not None
        for token in (first, second[2]):
            assert (await office.call("look-up", token)).status_code == 200

    async def test_what_has_ended_stays_so(self, office: Office, events: Events) -> None:
        email = some_address()
        token = await office.ask_in(email)
        (made,) = await office.listed()
        headers, path = office.caller.user(office.owner), f"{URL}/{made['id']}"
        for _ in range(2):
            assert (await office.client.delete(path, headers=headers)).status_code == 204
        for way in ("look-up", "accept", "decline"):
            answer = await (office.newcomer(token) if way == "accept" else office.call(way, token))
            assert refusal(answer) == (410, "invitation_invalid")
        assert refusal(await office.client.post(f"{path}/resend", headers=headers)) == (
            409,
            "invitation_closed",
        )
        told = [e for e in await events(office.owner.tenant_id) if type(e) is InvitationRevoked]
        assert len(told) == 1

    async def test_every_end_allows_a_new_beginning(self, office: Office) -> None:
        """Revoked, declined, accepted and removed: whatever became of it, somebody can be asked again."""
        email, headers = some_address(), office.caller.user(office.owner)
        await office.ask_in(email)
        (made,) = await office.listed("?state=pending")
        await office.client.delete(f"{URL}/{made['id']}", headers=headers)
        token = await office.ask_in(email)
        assert (await office.call("decline", token)).status_code == 204
        assert (await office.call("decline", token)).status_code == 204
        joined = await office.newcomer(await office.ask_in(email))
        assert joined.status_code == 200, joined.text
        (first, _) = await office.members()
        assert first["role"] == "member"
        removed = await office.client.delete(f"/v1/members/{first['id']}", headers=headers)
        assert removed.status_code == 204
        token = await office.ask_in(email, role="viewer")
        person = Traveller(office.client, office.caller)
        login = {"email": email, "password": PASSWORD}
        assert (await person.call("POST", "/v1/session", None, login)).status_code == 201
        answer = await office.call("accept", token, person)
        assert answer.status_code == 200, answer.text
        (again, _) = await office.members()
        assert (again["id"], again["role"]) == (first["id"], "viewer")
