"""Asking people into a tenant, and their way in."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_svc.invitations.mail import InvitationMail
from identity_svc.mail.service import Brands
from identity_svc.parts import Parts
from identity_svc.roles.schemas import BuiltInRole
from identity_testing import (
    PASSWORD,
    Caller,
    Events,
    Join,
    MailServer,
    Member,
    SignUp,
    cookies_of,
    refusal,
    text_of,
)
from seats_testing import SeatKeeper
from stagify.database import Database
from stagify.events.identity import (
    InvitationAccepted,
    InvitationCreated,
    InvitationDeclined,
    InvitationResent,
    InvitationRevoked,
    MemberJoined,
)
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from traveller_testing import Traveller, activate

URL = "/v1/invitations"
TOKEN = re.compile(r"(https?://\S+/join#token=(\S+))")


def some_address() -> str:
    """An address that nobody else has."""
    return f"grace.{uuid4().hex}@example.com"


@dataclass
class Office:
    """A tenant that invites, with the worker that sends its mails."""

    client: httpx.AsyncClient
    caller: Caller
    owner: Member
    runner: TaskRunner
    mails: MailServer

    async def invite(self, *emails: str, role: str = "member", **more: Any) -> httpx.Response:
        """The answer to a call that invites."""
        return await self.client.post(
            URL,
            json={"emails": [*emails], "role": role, **more},
            headers=self.caller.user(self.owner),
        )

    async def ask_in(self, email: str, **more: Any) -> str:
        """The secret in the mail of a new invitation."""
        answer = await self.invite(email, **more)
        assert answer.status_code == 201, answer.text
        assert answer.json()["items"][0]["outcome"] == "invited", answer.text
        return await self.token(email)

    async def token(self, email: str) -> str:
        """The secret in the newest mail to an address, once all mails that are due are sent."""
        await self.runner.run_due()
        found = TOKEN.search(text_of(self.mails.to(email)[-1]))
        assert found is not None
        return found[2]

    async def listed(self, query: str = "") -> list[dict[str, Any]]:
        """The invitations as members see them."""
        answer = await self.client.get(f"{URL}{query}", headers=self.caller.user(self.owner))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def members(self) -> list[dict[str, Any]]:
        """The members as they see each other."""
        answer = await self.client.get("/v1/members", headers=self.caller.user(self.owner))
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def call(
        self, way: str, token: str, visitor: Traveller | None = None, **more: Any
    ) -> httpx.Response:
        """The answer to what somebody does on the platform's host with a secret."""
        visitor = visitor or Traveller(self.client, self.caller)
        return await visitor.call("POST", f"{URL}/{way}", None, {"token": token, **more})

    async def newcomer(self, token: str, **more: Any) -> httpx.Response:
        """The answer to an acceptance by somebody without an account."""
        given = {"name": "Grace Hopper", "password": PASSWORD, **more}
        return await self.call("accept", token, **given)

    async def person(self, member: Member) -> Traveller:
        """Somebody who is logged in on the platform's host."""
        visitor = Traveller(self.client, self.caller)
        assert (await visitor.log_in(member)).status_code == 201
        return visitor


@pytest.fixture
async def office(
    seats: SeatKeeper,
    caller: Caller,
    database: Database,
    member: Member,
    runner: TaskRunner,
    mail_server: MailServer,
) -> Office:
    """The tenant of `member`, which is active."""
    await activate(database, member.tenant_id)
    return Office(seats.client, caller, member, runner, mail_server)


def as_member_of(caller: Caller, host: Member, person: Member, role: BuiltInRole) -> dict[str, str]:
    """Headers of a person in the tenant of another."""
    return caller.user(host, role=role, subject=str(person.user_id), user_id=person.user_id)


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
        async with database.tenant(member.tenant_id) as session:
            await session.execute(
                text("UPDATE memberships SET role = 'admin' WHERE user_id = :id"),
                {"id": second.user_id},
            )
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


class TestAccepting:
    async def test_somebody_with_an_account(
        self, office: Office, sign_up: SignUp, events: Events, seats: SeatKeeper
    ) -> None:
        person = await sign_up()
        token = await office.ask_in(person.email.upper())
        offer = await office.call("look-up", token)
        assert offer.status_code == 200, offer.text
        shown = offer.json()
        assert (shown["kind"], shown["role"], shown["invited_by"]) == (
            "invitation",
            "member",
            "Ada Lovelace",
        )
        assert shown["tenant"]["slug"] == office.owner.slug
        theirs = await office.person(person)
        answer = await office.call("accept", token, theirs)
        assert answer.status_code == 200, answer.text
        assert answer.json()["tenant"] == shown["tenant"]
        assert (await theirs.hand_off(office.owner.tenant_id)).status_code == 201
        told = [
            e
            for e in await events(office.owner.tenant_id)
            if type(e) in (InvitationAccepted, MemberJoined, UsageRecorded)
            and e.actor == f"user:{person.user_id}"
        ]
        assert {type(each) for each in told} == {InvitationAccepted, MemberJoined, UsageRecorded}
        assert len(seats.reserved) == 1
        # Once more is harmless, for them.
        again = await office.call("accept", token, theirs)
        assert again.json() == answer.json()
        assert refusal(await office.call("look-up", token)) == (410, "invitation_used")

    async def test_only_the_invited_address(self, office: Office, sign_up: SignUp) -> None:
        invited, other = await sign_up(), await sign_up()
        token = await office.ask_in(invited.email)
        theirs = await office.person(other)
        assert refusal(await office.call("accept", token, theirs)) == (
            403,
            "invitation_for_another",
        )
        assert refusal(await office.newcomer(token)) == (409, "account_exists")
        right = await office.person(invited)
        assert (await office.call("accept", token, right)).status_code == 200

    async def test_nobody_accepts_without_an_account_or_a_password(self, office: Office) -> None:
        token = await office.ask_in(some_address())
        assert refusal(await office.call("accept", token)) == (401, "authentication_required")
        assert refusal(await office.call("accept", token, name="Grace")) == (422, "invalid_request")
        assert refusal(await office.newcomer(token, password="password")) == (422, "weak_password")
        assert (await office.call("look-up", token)).status_code == 200

    async def test_somebody_new(self, office: Office, events: Events, database: Database) -> None:
        email = some_address()
        token = await office.ask_in(email)
        answer = await office.newcomer(token, locale="de")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        visitor = Traveller(office.client, office.caller)
        visitor.cookies[None] = cookies_of(answer)
        session = (await visitor.session()).json()
        assert (session["user"]["email"], session["user"]["name"]) == (email, "Grace Hopper")
        assert (await visitor.hand_off(office.owner.tenant_id)).status_code == 201
        assert [each["email"] for each in await office.members()] == [email, office.owner.email]
        assert refusal(await office.newcomer(token)) == (410, "invitation_used")

    async def test_fifty_at_once_make_one_member(
        self, office: Office, sign_up: SignUp, seats: SeatKeeper, events: Events
    ) -> None:
        person = await sign_up()
        token, theirs = await office.ask_in(person.email), await office.person(person)
        answers = await asyncio.gather(*(office.call("accept", token, theirs) for _ in range(50)))
        assert [answer.status_code for answer in answers] == [200] * 50
        told = [e for e in await events(office.owner.tenant_id) if type(e) is InvitationAccepted]
        assert (len(told), len(seats.reserved)) == (1, 1)
        assert len(await office.members()) == 2

    async def test_fifty_newcomers_at_once_make_one_account(
        self, office: Office, seats: SeatKeeper
    ) -> None:
        token = await office.ask_in(some_address())
        answers = await asyncio.gather(*(office.newcomer(token) for _ in range(50)))
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(200) == 1
        assert {refusal(a) for a in answers if a.status_code != 200} <= {
            (410, "invitation_used"),
            (409, "account_exists"),
            (429, "busy"),
        }
        assert (len(await office.members()), len(seats.reserved)) == (2, 1)

    async def test_twenty_at_once_for_the_last_seat(
        self, office: Office, seats: SeatKeeper
    ) -> None:
        emails = [some_address() for _ in range(20)]
        await office.invite(*emails)
        tokens = [await office.token(email) for email in emails]
        seats.left = 1
        answers = await asyncio.gather(*(office.newcomer(token) for token in tokens))
        assert sorted(answer.status_code for answer in answers) == [200, *[402] * 19]
        refused = tokens[[answer.status_code for answer in answers].index(402)]
        # Their invitation stays, until there is a seat.
        seats.left = 1
        assert (await office.newcomer(refused)).status_code == 200

    async def test_without_usage_svc_nobody_comes_in_and_nothing_is_lost(
        self, office: Office, seats: SeatKeeper
    ) -> None:
        token = await office.ask_in(some_address())
        seats.is_away = True
        assert refusal(await office.newcomer(token)) == (503, "seats_unavailable")
        seats.is_away = False
        assert (await office.newcomer(token)).status_code == 200

    async def test_whoever_lost_the_right_to_invite_invites_nobody(
        self,
        office: Office,
        caller: Caller,
        member: Member,
        sign_up: SignUp,
        join: Join,
        database: Database,
    ) -> None:
        second = await sign_up()
        await join(second, member)
        async with database.tenant(member.tenant_id) as session:
            await session.execute(
                text("UPDATE memberships SET role = 'admin' WHERE user_id = :id"),
                {"id": second.user_id},
            )
        email = some_address()
        answer = await office.client.post(
            URL,
            json={"emails": [email], "role": "admin"},
            headers=as_member_of(caller, member, second, "admin"),
        )
        assert answer.status_code == 201
        token = await office.token(email)
        (theirs,) = [e for e in await office.members() if e["user_id"] == str(second.user_id)]
        path, headers = f"/v1/members/{theirs['id']}", caller.user(member)
        await office.client.patch(path, json={"role": "member"}, headers=headers)
        assert refusal(await office.newcomer(token)) == (410, "invitation_invalid")
        await office.client.patch(path, json={"role": "admin"}, headers=headers)
        assert (await office.call("look-up", token)).status_code == 200
        assert (await office.client.delete(path, headers=headers)).status_code == 204
        assert refusal(await office.newcomer(token)) == (410, "invitation_invalid")
        assert [each["state"] for each in await office.listed()] == ["revoked"]

    async def test_whoever_was_removed_does_not_come_back_with_an_old_invitation(
        self, office: Office, sign_up: SignUp, join: Join, database: Database
    ) -> None:
        person = await sign_up()
        token = await office.ask_in(person.email)
        await join(person, office.owner)
        (theirs,) = [e for e in await office.members() if e["email"] == person.email]
        headers = office.caller.user(office.owner)
        await office.client.delete(f"/v1/members/{theirs['id']}", headers=headers)
        answer = await office.call("accept", token, await office.person(person))
        assert refusal(answer) == (410, "invitation_invalid")

    async def test_a_look_changes_nothing_and_tells_nothing_of_accounts(
        self, office: Office, sign_up: SignUp
    ) -> None:
        known, unknown = (
            await office.ask_in((await sign_up()).email),
            await office.ask_in(some_address()),
        )
        shown = [(await office.call("look-up", token)).json() for token in (known, unknown) * 10]
        assert len({tuple(sorted(set(each) - {"email"})) for each in shown}) == 1
        for method in ("GET", "HEAD"):
            for path in ("look-up", "accept", "decline"):
                answer = await office.client.request(
                    method, f"{URL}/{path}", headers=office.caller.platform()
                )
                assert answer.status_code in (404, 405)
        assert {each["state"] for each in await office.listed()} == {"pending"}

    async def test_wrong_secrets_have_a_price(self, office: Office) -> None:
        guesser = Traveller(office.client, office.caller)
        token = await office.ask_in(some_address())
        codes = set()
        for _ in range(151):
            codes.add(refusal(await office.call("look-up", uuid4().hex, guesser)))
        assert codes == {(410, "invitation_invalid"), (429, "too_many_attempts")}
        # Nobody else waits for it.
        assert (await office.call("look-up", token)).status_code == 200

    async def test_a_suspended_tenant_takes_nobody(
        self, office: Office, database: Database
    ) -> None:
        token = await office.ask_in(some_address())
        await activate(database, office.owner.tenant_id, "suspended")
        assert refusal(await office.newcomer(token)) == (403, "tenant_suspended")


class TestOwn:
    async def test_one_sees_what_is_addressed_to_one_and_nothing_else(
        self, office: Office, sign_up: SignUp
    ) -> None:
        person, other = await sign_up(), await sign_up()
        await office.invite(person.email, other.email)
        theirs = await office.person(person)
        answer = await theirs.call("GET", "/v1/me/invitations", None)
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()["items"]
        assert found["tenant"]["slug"] == office.owner.slug
        (foreign,) = [e["id"] for e in await office.listed() if e["email"] == other.email]
        for way in ("accept", "decline"):
            for id_ in (foreign, str(new_id())):
                answer = await theirs.call("POST", f"/v1/me/invitations/{id_}/{way}", None, {})
                assert refusal(answer) == (404, "invitation_not_found")
        path = f"/v1/me/invitations/{found['id']}/accept"
        for _ in range(2):
            answer = await theirs.call("POST", path, None, {})
            assert answer.status_code == 200, answer.text
        assert (await theirs.call("GET", "/v1/me/invitations", None)).json()["items"] == []
        assert len(await office.members()) == 2

    async def test_one_says_no(self, office: Office, sign_up: SignUp, events: Events) -> None:
        person = await sign_up()
        await office.invite(person.email)
        theirs = await office.person(person)
        (found,) = (await theirs.call("GET", "/v1/me/invitations", None)).json()["items"]
        path = f"/v1/me/invitations/{found['id']}/decline"
        for _ in range(2):
            assert (await theirs.call("POST", path, None, {})).status_code == 204
        told = [e for e in await events(office.owner.tenant_id) if type(e) is InvitationDeclined]
        assert [each.actor for each in told] == [f"user:{person.user_id}"]

    async def test_a_visitor_and_a_key_have_none(self, office: Office, caller: Caller) -> None:
        visitor = Traveller(office.client, office.caller)
        answer = await visitor.call("GET", "/v1/me/invitations", None)
        assert refusal(answer) == (401, "authentication_required")
        key = caller.user(office.owner, kind="api_key", role=None)
        answer = await office.client.get("/v1/me/invitations", headers=key)
        assert refusal(answer) == (403, "person_required")


class TestLinks:
    async def make(self, office: Office, **fields: Any) -> tuple[str, str]:
        """A new link's id, and its secret."""
        answer = await office.client.post(
            "/v1/invitation-links",
            json={"role": "member", "max_uses": 3, **fields},
            headers=office.caller.user(office.owner),
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        found = TOKEN.fullmatch(made["url"])
        assert found is not None
        return made["id"], found[2]

    async def test_the_address_is_shown_once(self, office: Office) -> None:
        headers = {**office.caller.user(office.owner), "Idempotency-Key": uuid4().hex}
        body = {"role": "member", "max_uses": 3, "domains": ["@Example.COM"]}
        first, again = [
            (await office.client.post("/v1/invitation-links", json=body, headers=headers)).json()
            for _ in range(2)
        ]
        assert again == {name: value for name, value in first.items() if name != "url"}
        assert first["domains"] == ["example.com"]
        listed = await office.client.get("/v1/invitation-links", headers=headers)
        (found,) = listed.json()["items"]
        assert found["id"] == first["id"]
        assert "url" not in found

    @pytest.mark.parametrize("expires_at", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
    async def test_a_link_ends(self, office: Office, expires_at: str) -> None:
        answer = await office.client.post(
            "/v1/invitation-links",
            json={"role": "member", "max_uses": 3, "expires_at": expires_at},
            headers=office.caller.user(office.owner),
        )
        assert refusal(answer) == (422, "expiry_out_of_range")

    async def test_of_many_at_once_as_many_come_in_as_it_says(
        self, office: Office, sign_up: SignUp
    ) -> None:
        _, token = await self.make(office, max_uses=2)
        people = [await office.person(await sign_up()) for _ in range(6)]
        answers = await asyncio.gather(
            *(office.call("accept", token, person) for person in people for _ in range(5))
        )
        joined = {index // 5 for index, answer in enumerate(answers) if answer.status_code == 200}
        assert len(joined) == 2
        assert {refusal(a) for a in answers if a.status_code != 200} == {(410, "invitation_used")}
        assert len(await office.members()) == 3

    async def test_only_addresses_of_its_domains(self, office: Office, sign_up: SignUp) -> None:
        _, token = await self.make(office, domains=["acme.example"])
        person = await office.person(await sign_up())
        assert refusal(await office.call("accept", token, person)) == (403, "domain_not_allowed")
        for email in ("grace@example.com", "grace@sub.acme.example", "grace@acme.example.com"):
            answer = await office.call("ask", token, email=email)
            assert refusal(answer) == (403, "domain_not_allowed")
        assert (
            await office.call("ask", token, email=f"{uuid4().hex}@ACME.example")
        ).status_code == 202

    async def test_revoked_it_lets_nobody_in(self, office: Office, sign_up: SignUp) -> None:
        link_id, token = await self.make(office)
        headers = office.caller.user(office.owner)
        path = f"/v1/invitation-links/{link_id}"
        for _ in range(2):
            assert (await office.client.delete(path, headers=headers)).status_code == 204
        person = await office.person(await sign_up())
        assert refusal(await office.call("accept", token, person)) == (410, "invitation_invalid")
        assert refusal(await office.call("look-up", token)) == (410, "invitation_invalid")
        other = office.caller.user(await sign_up())
        assert refusal(await office.client.delete(path, headers=other)) == (
            404,
            "invitation_link_not_found",
        )

    async def test_whoever_was_removed_since_does_not_come_back(
        self, office: Office, sign_up: SignUp
    ) -> None:
        _, token = await self.make(office)
        member = await sign_up()
        person = await office.person(member)
        assert (await office.call("accept", token, person)).status_code == 200
        (theirs,) = [e for e in await office.members() if e["email"] == member.email]
        headers = office.caller.user(office.owner)
        await office.client.delete(f"/v1/members/{theirs['id']}", headers=headers)
        assert refusal(await office.call("accept", token, person)) == (410, "invitation_invalid")
        _, newer = await self.make(office)
        assert (await office.call("accept", newer, person)).status_code == 200

    async def test_somebody_new_is_mailed_an_invitation_first(self, office: Office) -> None:
        _, token = await self.make(office, max_uses=1)
        assert refusal(await office.newcomer(token)) == (410, "invitation_invalid")
        email = some_address()
        for _ in range(2):
            assert (await office.call("ask", token, email=email)).status_code == 202
        own = await office.token(email)
        assert len(office.mails.to(email)) == 1
        assert "Ada Lovelace" not in text_of(office.mails.to(email)[0])
        assert (await office.newcomer(own)).status_code == 200
        other = some_address()
        assert refusal(await office.call("ask", token, email=other)) == (410, "invitation_used")
        assert refusal(await office.call("ask", own, email=other)) == (410, "invitation_invalid")

    async def test_asking_tells_nothing(self, office: Office, sign_up: SignUp) -> None:
        _, token = await self.make(office, max_uses=10)
        known = (await sign_up()).email
        answers = [
            await office.call("ask", token, email=email)
            for email in (known, some_address(), office.owner.email)
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
