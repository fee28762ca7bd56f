"""The way in, for those whom an invitation was sent to."""

import asyncio
from uuid import uuid4

from identity_testing import (
    Caller,
    Events,
    Join,
    Member,
    SignUp,
    as_member_of,
    cookies_of,
    refusal,
    set_role,
)
from invitations_testing import URL, Office, some_address
from seats_testing import SeatKeeper
from stagify.brands import PLATFORM_TOKENS
from stagify.database import Database
from stagify.events.identity import (
    InvitationAccepted,
    InvitationDeclined,
    MemberJoined,
)
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from traveller_testing import Traveller, activate


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
        # As the workspace looks, so that the page is theirs before anybody has joined.
        assert shown["brand"]["name"] == shown["tenant"]["name"]
        assert shown["brand"]["tokens"] == PLATFORM_TOKENS.model_dump()
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
            # On a busy machine not all seats are answered for in time.
            (503, "unavailable"),
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
        await set_role(database, member, second, "admin")
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
