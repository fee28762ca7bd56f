"""Log-in at a company's own provider: who gets in, as whom, and with which role."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from identity_testing import (
    PASSWORD,
    Events,
    Member,
    SignUp,
    refusal,
)
from sso_testing import CONNECTIONS, URL, Company, fragment_of, session_of
from stagify.database import Database
from stagify.events.identity import (
    InvitationAccepted,
    MemberJoined,
    MemberRoleChanged,
    UserRegistered,
)
from stagify.events.sso import (
    SsoIdentityLinked,
    SsoLogInRefused,
)
from stagify.ids import new_id
from stagify.testing import Clock
from stagify.testing.providers import real_provider
from traveller_testing import Traveller

GROUPS = [{"group": "bosses", "role": "admin"}, {"group": "guests", "role": "viewer"}]


class TestNewcomers:
    async def test_somebody_new_becomes_a_member_and_takes_a_seat(
        self, company: Company, email: str, events: Events
    ) -> None:
        await company.open(is_just_in_time=True)
        browser = company.browser()
        answer = await company.enter(
            browser, "grace", email=email, email_verified=True, name="Grace Hopper"
        )
        assert (answer.status_code, answer.json()) == (201, {"outcome": "log_in"})
        session = await session_of(browser)
        assert session["user"]["email"] == email
        assert session["user"]["name"] == "Grace Hopper"
        assert (session["role"], session["proof"]["amr"]) == ("member", ["sso"])
        assert len(company.seats.reserved) == 1
        told = await events(company.owner.tenant_id)
        (joined,) = [each for each in told if isinstance(each, MemberJoined)][1:]
        assert joined.actor == f"user:{session['user']['id']}"
        # The first is the owner, for the test.
        linked = [each.user_id for each in told if isinstance(each, SsoIdentityLinked)][1:]
        assert [str(each) for each in linked] == [session["user"]["id"]]
        registered = await events(session["user"]["id"])
        assert any(isinstance(each, UserRegistered) for each in registered)
        # Nothing that is known of people is in what others read.
        text_of_all = "".join(str(each) for each in told).lower()
        assert "grace" not in text_of_all
        assert email not in text_of_all

    async def test_the_next_time_the_subject_alone_counts(
        self, company: Company, email: str
    ) -> None:
        await company.open(is_just_in_time=True)
        first, again = company.browser(), company.browser()
        await company.enter(first, "grace", email=email)
        answer = await company.enter(again, "grace", email="other@elsewhere.example")
        assert answer.status_code == 201
        session = await session_of(again)
        assert session["user"]["id"] == (await session_of(first))["user"]["id"]
        # The provider never writes the address that somebody logs in with.
        assert session["user"]["email"] == email

    async def test_only_verified_addresses_in_a_proved_domain_count(
        self, company: Company, email: str
    ) -> None:
        await company.open(is_just_in_time=True)
        told: list[dict[str, Any]] = [
            {"email": email, "email_verified": False},
            {"email": email, "email_verified": "true"},
            {"email": email, "email_verified": 1},
            {"email": email, "email_verified": []},
            {},
            {"email": "grace@elsewhere.example", "email_verified": True},
            {"email": "grace@sub.example.com", "email_verified": True},
            {"email": "grace@example.com.evil.example", "email_verified": True},
            {"email": [email], "email_verified": True},
            {"email": '"@example.com"@evil.example', "email_verified": True},
            {"preferred_username": email, "email_verified": True},
        ]
        for claims in told:
            answer = await company.enter(company.browser(), "grace", **claims)
            assert refusal(answer) == (403, "sso_not_a_member"), claims
            assert "set-cookie" not in answer.headers
        # Some say nothing about whether it is verified: the domain is what counts.
        answer = await company.enter(company.browser(), "grace", email=email)
        assert answer.status_code == 201

    async def test_an_unproved_domain_is_none(self, company: Company, email: str) -> None:
        await company.open(is_just_in_time=True)
        path = f"{CONNECTIONS}/{company.id}/domains"
        await company.call("DELETE", f"{path}/example.com")
        await company.call("POST", path, {"domain": "example.com"})
        answer = await company.enter(company.browser(), "grace", email=email)
        assert refusal(answer) == (403, "sso_not_a_member")

    async def test_nobody_joins_unless_the_tenant_wants_it(
        self, company: Company, email: str, events: Events
    ) -> None:
        await company.open()
        answer = await company.enter(company.browser(), "grace", email=email)
        assert refusal(answer) == (403, "sso_not_a_member")
        (told,) = [each for each in await events(company.id) if isinstance(each, SsoLogInRefused)]
        assert told.code == "sso_not_a_member"

    async def test_without_a_seat_nobody_joins(self, company: Company, email: str) -> None:
        await company.open(is_just_in_time=True)
        company.seats.left = 0
        answer = await company.enter(company.browser(), "grace", email=email)
        assert refusal(answer) == (402, "no_seat_left")
        company.seats.is_away = True
        answer = await company.enter(company.browser(), "grace", email=email)
        assert refusal(answer) == (503, "seats_unavailable")
        company.seats.is_away, company.seats.left = False, 1
        assert (await company.enter(company.browser(), "grace", email=email)).status_code == 201

    async def test_of_many_first_log_ins_at_once_one_makes_the_member(
        self, company: Company, email: str, database: Database
    ) -> None:
        await company.open(is_just_in_time=True)
        browsers = [company.browser() for _ in range(8)]
        answers = await asyncio.gather(
            *(company.enter(each, "grace", email=email) for each in browsers)
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len(company.seats.reserved) == 1
        async with database.tenant(company.owner.tenant_id) as session:
            found = await session.execute(text("SELECT count(*) FROM memberships"))
            assert found.scalar_one() == 2

    async def test_somebody_who_was_removed_stays_out_until_they_are_invited(
        self, company: Company, email: str, events: Events
    ) -> None:
        await company.open(is_just_in_time=True)
        browser = company.browser()
        await company.enter(browser, "grace", email=email)
        members = (await company.call("GET", "/v1/members")).json()["items"]
        (grace,) = (each for each in members if each["email"] == email)
        removed = await company.call("DELETE", f"/v1/members/{grace['id']}")
        assert removed.status_code == 204
        assert await browser.look_up() is None
        for subject in ("grace", "another-subject"):
            answer = await company.enter(company.browser(), subject, email=email)
            expected = "sso_not_a_member"
            assert refusal(answer) == (403, expected), subject
        invited = await company.call(
            "POST", "/v1/invitations", {"emails": [email], "role": "viewer"}
        )
        assert invited.status_code == 201
        back = company.browser()
        assert (await company.enter(back, "grace", email=email)).status_code == 201
        assert (await session_of(back))["role"] == "viewer"
        told = await events(company.owner.tenant_id)
        assert any(isinstance(each, InvitationAccepted) for each in told)

    async def test_an_invitation_is_accepted_by_logging_in(
        self, company: Company, email: str
    ) -> None:
        await company.open()
        await company.call("POST", "/v1/invitations", {"emails": [email], "role": "viewer"})
        browser = company.browser()
        assert (await company.enter(browser, "grace", email=email)).status_code == 201
        assert (await session_of(browser))["role"] == "viewer"
        shown = (await company.call("GET", "/v1/invitations")).json()["items"]
        assert [each["state"] for each in shown] == ["accepted"]


class TestAccounts:
    async def test_an_account_is_connected_by_its_password(
        self, company: Company, colleague: Member
    ) -> None:
        await company.open()
        browser = company.browser()
        asked = await company.enter(browser, "ada", email=colleague.email, email_verified=True)
        assert (asked.status_code, asked.json()["email"]) == (202, colleague.email)
        assert await browser.look_up() is None
        wrong = await company.confirm(browser, asked, "not the password")
        assert refusal(wrong) == (401, "invalid_credentials")
        assert (await company.confirm(browser, asked)).status_code == 201
        assert (await session_of(browser))["user"]["id"] == str(colleague.user_id)
        again = company.browser()
        assert (await company.enter(again, "ada")).status_code == 201

    async def test_somebody_elses_provider_gets_nobodys_account(
        self, company: Company, sign_up: SignUp, events: Events
    ) -> None:
        stranger = await sign_up()
        await company.open()
        answer = await company.enter(company.browser(), "x", email=stranger.email)
        assert refusal(answer) == (403, "sso_not_a_member")
        await company.change(is_just_in_time=True)
        browser = company.browser()
        asked = await company.enter(browser, "x", email=stranger.email, email_verified=True)
        assert asked.status_code == 202
        assert await browser.look_up() is None
        linked = [
            each
            for each in await events(company.owner.tenant_id)
            if isinstance(each, SsoIdentityLinked)
        ]
        # The owner's own, for the test.
        assert [each.user_id for each in linked] == [company.owner.user_id]

    async def test_owners_are_never_connected_by_their_address(self, company: Company) -> None:
        await company.open(is_just_in_time=True)
        answer = await company.enter(
            company.browser(), "boss", email=company.owner.email, email_verified=True
        )
        assert refusal(answer) == (403, "sso_link_first")

    async def test_the_proof_is_of_this_browser_and_of_this_password(
        self, company: Company, colleague: Member, clock: Clock
    ) -> None:
        await company.open()
        browser, other = company.browser(), company.browser()
        asked = await company.enter(browser, "ada", email=colleague.email)
        await company.start(other)
        for token in (asked.json()["confirmation"], "x", "eA=="):
            body = {"confirmation": token, "password": PASSWORD}
            answer = await other.request("POST", f"{URL}/confirm", json=body)
            assert refusal(answer) == (403, "sso_attempt_invalid")
        clock.advance(timedelta(minutes=11))
        answer = await company.confirm(browser, asked)
        assert refusal(answer) == (403, "sso_attempt_invalid")
        asked = await company.enter(browser, "ada", email=colleague.email)
        own = company.browser()
        await own.log_in(colleague.email)
        assert (await own.request("DELETE", "/v1/me/sessions")).status_code == 204
        assert refusal(await company.confirm(browser, asked)) == (401, "invalid_credentials")

    async def test_guessing_passwords_makes_wait(self, company: Company, colleague: Member) -> None:
        await company.open()
        browser = company.browser()
        asked = await company.enter(browser, "ada", email=colleague.email)
        answers = [await company.confirm(browser, asked, f"guess {n}") for n in range(8)]
        assert refusal(answers[-1]) == (429, "too_many_attempts")

    async def test_one_subject_is_one_person(self, company: Company, colleague: Member) -> None:
        await company.open()
        browser = company.browser()
        await browser.log_in(colleague.email)
        assert refusal(await company.test(browser, "the-owner")) == (409, "sso_taken")
        assert (await company.test(browser, "ada")).status_code == 200
        # Somebody else at the provider with the same address is not that person.
        asked = await company.enter(company.browser(), "not-ada", email=colleague.email)
        assert asked.status_code == 202
        thief = company.browser()
        asked = await company.enter(thief, "not-ada", email=colleague.email)
        assert refusal(await company.confirm(thief, asked)) == (409, "sso_taken")

    async def test_a_test_is_of_whoever_began_it(self, company: Company, colleague: Member) -> None:
        await company.open()
        browser = await company.owner_browser()
        begun = await company.start(browser, is_test=True)
        told = company.idp.authorize(begun.json()["url"], "ada")
        await browser.log_in(colleague.email)
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")
        visitor = company.browser()
        assert refusal(await company.start(visitor, is_test=True)) == (
            401,
            "authentication_required",
        )

    async def test_an_account_that_has_ended_is_known_no_more(
        self, company: Company, colleague: Member, database: Database
    ) -> None:
        await company.open()
        browser = company.browser()
        await browser.log_in(colleague.email)
        await company.test(browser, "ada")
        traveller = Traveller(company.seats.client, company.caller)
        await traveller.log_in(colleague)
        # They own a workspace of their own as well, which somebody else takes over.
        async with database.tenant(colleague.tenant_id) as session:
            await session.execute(text("DELETE FROM sessions"))
            await session.execute(text("DELETE FROM memberships"))
        assert (await traveller.call("DELETE", "/v1/me", None)).status_code == 204
        async with database.tenant(company.owner.tenant_id) as session:
            found = await session.execute(text("SELECT subject FROM sso_identities"))
            assert found.scalars().all() == ["the-owner"]


class TestRoles:
    async def test_groups_lead_to_roles_up_and_down(
        self, company: Company, email: str, events: Events
    ) -> None:
        await company.open(is_just_in_time=True, group_roles=GROUPS)
        for groups, role in (
            (["guests"], "viewer"),
            (["staff", "bosses", "guests"], "admin"),
            ("guests", "viewer"),
            (["bosses"], "admin"),
            ([], "member"),
            # Now it is nobody's decision, and stays.
            (["staff"], "member"),
        ):
            browser = company.browser()
            answer = await company.enter(browser, "grace", email=email, groups=groups)
            assert answer.status_code == 201
            assert (await session_of(browser))["role"] == role, groups
        told = [
            each.role
            for each in await events(company.owner.tenant_id)
            if isinstance(each, MemberRoleChanged)
        ]
        assert told == ["admin", "viewer", "admin", "member"]

    async def test_too_many_groups_are_not_none(self, company: Company, email: str) -> None:
        await company.open(is_just_in_time=True, group_roles=GROUPS)
        await company.enter(company.browser(), "grace", email=email, groups=["bosses"])
        told: list[dict[str, Any]] = [
            {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}},
            {"hasgroups": True},
            {"groups": 7},
        ]
        for claims in told:
            browser = company.browser()
            assert (await company.enter(browser, "grace", **claims)).status_code == 201
            assert (await session_of(browser))["role"] == "admin", claims

    async def test_a_role_that_was_given_by_hand_stays(self, company: Company, email: str) -> None:
        await company.open(is_just_in_time=True, group_roles=GROUPS)
        await company.enter(company.browser(), "grace", email=email)
        members = (await company.call("GET", "/v1/members")).json()["items"]
        (grace,) = (each for each in members if each["email"] == email)
        changed = await company.call("PATCH", f"/v1/members/{grace['id']}", {"role": "viewer"})
        assert changed.status_code == 200
        browser = company.browser()
        await company.enter(browser, "grace", groups=["staff"])
        assert (await session_of(browser))["role"] == "viewer"

    async def test_an_owner_stays_one(self, company: Company) -> None:
        await company.open(group_roles=GROUPS)
        browser = company.browser()
        assert (await company.enter(browser, "the-owner", groups=["guests"])).status_code == 201
        assert (await session_of(browser))["role"] == "owner"

    async def test_a_role_that_is_gone_leads_nowhere(self, company: Company, email: str) -> None:
        company.seats.features = ["sso", "custom_roles"]
        made = await company.call(
            "POST", "/v1/roles", {"name": "Stager", "permissions": ["projects:read"]}
        )
        key = made.json()["key"]
        table = [{"group": "stagers", "role": key}]
        await company.open(is_just_in_time=True, group_roles=table, default_role="viewer")
        browser = company.browser()
        await company.enter(browser, "grace", email=email, groups=["stagers"])
        assert (await session_of(browser))["role"] == key
        members = (await company.call("GET", "/v1/members")).json()["items"]
        (grace,) = (each for each in members if each["email"] == email)
        await company.call("PATCH", f"/v1/members/{grace['id']}", {"role": "member"})
        assert (await company.call("DELETE", f"/v1/roles/{key}")).status_code == 204
        browser = company.browser()
        assert (await company.enter(browser, "grace", groups=["stagers"])).status_code == 201
        assert (await session_of(browser))["role"] == "member"


class TestWayBack:
    """What happens on the platform's host, where providers send browsers back to."""

    async def back(self, company: Company, connection_id: str, **told: str) -> str:
        """Where the platform's host leads."""
        answer = await company.seats.client.get(
            f"{URL}/callback/{connection_id}",
            params=told,
            headers=company.caller.platform(),
        )
        assert answer.status_code == 303
        assert "set-cookie" not in answer.headers
        assert answer.headers["referrer-policy"] == "no-referrer"
        location: str = answer.headers["location"]
        return location

    async def test_it_leads_to_the_tenant(self, company: Company) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        location = await self.back(company, company.id, **told, session_state="x")
        host = f"http://{company.owner.slug}.localhost:8080/sso#"
        assert location.startswith(host)
        assert fragment_of(location) == told
        # It can be asked again; the log-in is finished once.
        assert await self.back(company, company.id, **told) == location
        assert (await company.finish(browser, fragment_of(location))).status_code == 201
        assert await self.back(company, company.id, **told) == "http://app.localhost:8080/sso"

    async def test_what_belongs_to_nothing_leads_nowhere(self, company: Company) -> None:
        await company.open()
        begun = await company.start(company.browser())
        told = company.idp.authorize(begun.json()["url"])
        nowhere = "http://app.localhost:8080/sso"
        assert await self.back(company, str(new_id()), **told) == nowhere
        assert await self.back(company, company.id, state="x", code="y") == nowhere
        assert await self.back(company, company.id) == nowhere

    async def test_it_is_on_the_platforms_host_only(self, company: Company) -> None:
        await company.open()
        answer = await company.browser().request("GET", f"{URL}/callback/{company.id}")
        assert refusal(answer) == (403, "wrong_host")


@pytest.fixture(scope="module")
def provider() -> Any:
    """A provider that somebody else has written."""
    with real_provider() as running:
        yield running


class TestARealProvider:
    async def test_the_whole_way(self, company: Company, email: str, provider: Any) -> None:
        subject = uuid4().hex
        assert (await company.connect(issuer=provider.issuer)).status_code == 201
        await company.prove()
        owner = await company.owner_browser()
        begun = await company.start(owner, is_test=True)
        location = await asyncio.to_thread(provider.log_in, begun.json()["url"], "boss")
        tested = await company.finish(owner, await self.return_to(company, location))
        assert tested.status_code == 200, tested.text
        turned_on = await company.change(is_enabled=True, is_just_in_time=True, group_roles=GROUPS)
        assert turned_on.status_code == 200
        await asyncio.to_thread(
            provider.know,
            subject,
            email=email,
            email_verified=True,
            name="Grace Hopper",
            groups=["bosses"],
        )
        browser = company.browser()
        begun = await company.start(browser)
        location = await asyncio.to_thread(provider.log_in, begun.json()["url"], subject)
        told = await self.return_to(company, location)
        entered = await company.finish(browser, told)
        assert entered.status_code == 201, entered.text
        session = await session_of(browser)
        assert (session["user"]["email"], session["role"]) == (email, "admin")
        # Nobody uses it again.
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")

    async def return_to(self, company: Company, location: str) -> dict[str, str]:
        """What the browser brings to the tenant's host, from where the provider has sent it."""
        path = location.removeprefix("http://app.localhost:8080")
        answer = await company.seats.client.get(path, headers=company.caller.platform())
        return fragment_of(answer.headers["location"])
