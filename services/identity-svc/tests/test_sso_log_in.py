"""Log-in at a company's own provider: who gets in, as whom, with which role, and what the session is worth."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from identity_testing import (
    PASSWORD,
    Browser,
    Events,
    Join,
    MailServer,
    Member,
    SignUp,
    refusal,
    text_of,
)
from sso_testing import CONNECTIONS, URL, Company, fragment_of
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
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from stagify.testing.providers import real_provider
from traveller_testing import Traveller, activate, code_in

GROUPS = [{"group": "bosses", "role": "admin"}, {"group": "guests", "role": "viewer"}]


@pytest.fixture
def address() -> str:
    """An address in the company's domain that nobody has."""
    return f"grace.{uuid4().hex}@example.com"


@pytest.fixture
async def colleague(sign_up: SignUp, join: Join, company: Company) -> Member:
    """A member of the company, whose account has a password."""
    person = await sign_up()
    await join(person, company.owner)
    return person


async def session_of(browser: Browser) -> dict[str, Any]:
    """Who is logged in."""
    answer = await browser.request("GET", "/v1/session")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestNewcomers:
    async def test_somebody_new_becomes_a_member_and_takes_a_seat(
        self, company: Company, address: str, events: Events
    ) -> None:
        await company.open(is_just_in_time=True)
        browser = company.browser()
        answer = await company.enter(
            browser, "grace", email=address, email_verified=True, name="Grace Hopper"
        )
        assert (answer.status_code, answer.json()) == (201, {"outcome": "log_in"})
        session = await session_of(browser)
        assert session["user"]["email"] == address
        assert session["user"]["name"] == "Grace Hopper"
        assert (session["role"], session["proof"]["amr"]) == ("member", ["sso"])
        assert len(company.seats.reserved) == 1
        told = await events(company.owner.tenant_id)
        (joined,) = [each for each in told if isinstance(each, MemberJoined)][1:]
        assert joined.actor == f"user:{session['user']['id']}"
        assert any(isinstance(each, SsoIdentityLinked) for each in told)
        registered = await events(session["user"]["id"])
        assert any(isinstance(each, UserRegistered) for each in registered)
        # Nothing that is known of people is in what others read.
        assert "grace" not in "".join(str(each) for each in told).lower()

    async def test_the_next_time_the_subject_alone_counts(
        self, company: Company, address: str
    ) -> None:
        await company.open(is_just_in_time=True)
        first, again = company.browser(), company.browser()
        await company.enter(first, "grace", email=address)
        answer = await company.enter(again, "grace", email="other@elsewhere.example")
        assert answer.status_code == 201
        session = await session_of(again)
        assert session["user"]["id"] == (await session_of(first))["user"]["id"]
        # The provider never writes the address that somebody logs in with.
        assert session["user"]["email"] == address

    async def test_only_verified_addresses_in_a_proved_domain_count(
        self, company: Company, address: str
    ) -> None:
        await company.open(is_just_in_time=True)
        told: list[dict[str, Any]] = [
            {"email": address, "email_verified": False},
            {"email": address, "email_verified": "true"},
            {"email": address, "email_verified": 1},
            {"email": address, "email_verified": []},
            {},
            {"email": "grace@elsewhere.example", "email_verified": True},
            {"email": "grace@sub.example.com", "email_verified": True},
            {"email": "grace@example.com.evil.example", "email_verified": True},
            {"email": [address], "email_verified": True},
            {"email": '"@example.com"@evil.example', "email_verified": True},
            {"preferred_username": address, "email_verified": True},
        ]
        for claims in told:
            answer = await company.enter(company.browser(), "grace", **claims)
            assert refusal(answer) == (403, "sso_not_a_member"), claims
            assert "set-cookie" not in answer.headers
        # Some say nothing about whether it is verified: the domain is what counts.
        answer = await company.enter(company.browser(), "grace", email=address)
        assert answer.status_code == 201

    async def test_an_unproved_domain_is_none(self, company: Company, address: str) -> None:
        await company.open(is_just_in_time=True)
        path = f"{CONNECTIONS}/{company.id}/domains"
        await company.call("DELETE", f"{path}/example.com")
        await company.call("POST", path, {"domain": "example.com"})
        answer = await company.enter(company.browser(), "grace", email=address)
        assert refusal(answer) == (403, "sso_not_a_member")

    async def test_nobody_joins_unless_the_tenant_wants_it(
        self, company: Company, address: str, events: Events
    ) -> None:
        await company.open()
        answer = await company.enter(company.browser(), "grace", email=address)
        assert refusal(answer) == (403, "sso_not_a_member")
        (told,) = [each for each in await events(company.id) if isinstance(each, SsoLogInRefused)]
        assert told.code == "sso_not_a_member"

    async def test_without_a_seat_nobody_joins(self, company: Company, address: str) -> None:
        await company.open(is_just_in_time=True)
        company.seats.left = 0
        answer = await company.enter(company.browser(), "grace", email=address)
        assert refusal(answer) == (402, "no_seat_left")
        company.seats.is_away = True
        answer = await company.enter(company.browser(), "grace", email=address)
        assert refusal(answer) == (503, "seats_unavailable")
        company.seats.is_away, company.seats.left = False, 1
        assert (await company.enter(company.browser(), "grace", email=address)).status_code == 201

    async def test_of_many_first_log_ins_at_once_one_makes_the_member(
        self, company: Company, address: str, database: Database
    ) -> None:
        await company.open(is_just_in_time=True)
        browsers = [company.browser() for _ in range(8)]
        answers = await asyncio.gather(
            *(company.enter(each, "grace", email=address) for each in browsers)
        )
        assert {answer.status_code for answer in answers} == {201}
        assert len(company.seats.reserved) == 1
        async with database.tenant(company.owner.tenant_id) as session:
            found = await session.execute(text("SELECT count(*) FROM memberships"))
            assert found.scalar_one() == 2

    async def test_somebody_who_was_removed_stays_out_until_they_are_invited(
        self, company: Company, address: str, events: Events
    ) -> None:
        await company.open(is_just_in_time=True)
        browser = company.browser()
        await company.enter(browser, "grace", email=address)
        members = (await company.call("GET", "/v1/members")).json()["items"]
        (grace,) = (each for each in members if each["email"] == address)
        removed = await company.call("DELETE", f"/v1/members/{grace['id']}")
        assert removed.status_code == 204
        assert await browser.look_up() is None
        for subject in ("grace", "another-subject"):
            answer = await company.enter(company.browser(), subject, email=address)
            expected = "sso_not_a_member"
            assert refusal(answer) == (403, expected), subject
        invited = await company.call(
            "POST", "/v1/invitations", {"emails": [address], "role": "viewer"}
        )
        assert invited.status_code == 201
        back = company.browser()
        assert (await company.enter(back, "grace", email=address)).status_code == 201
        assert (await session_of(back))["role"] == "viewer"
        told = await events(company.owner.tenant_id)
        assert any(isinstance(each, InvitationAccepted) for each in told)

    async def test_an_invitation_is_accepted_by_logging_in(
        self, company: Company, address: str
    ) -> None:
        await company.open()
        await company.call("POST", "/v1/invitations", {"emails": [address], "role": "viewer"})
        browser = company.browser()
        assert (await company.enter(browser, "grace", email=address)).status_code == 201
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
        self, company: Company, address: str, events: Events
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
            answer = await company.enter(browser, "grace", email=address, groups=groups)
            assert answer.status_code == 201
            assert (await session_of(browser))["role"] == role, groups
        told = [
            each.role
            for each in await events(company.owner.tenant_id)
            if isinstance(each, MemberRoleChanged)
        ]
        assert told == ["admin", "viewer", "admin", "member"]

    async def test_too_many_groups_are_not_none(self, company: Company, address: str) -> None:
        await company.open(is_just_in_time=True, group_roles=GROUPS)
        await company.enter(company.browser(), "grace", email=address, groups=["bosses"])
        told: list[dict[str, Any]] = [
            {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}},
            {"hasgroups": True},
            {"groups": 7},
        ]
        for claims in told:
            browser = company.browser()
            assert (await company.enter(browser, "grace", **claims)).status_code == 201
            assert (await session_of(browser))["role"] == "admin", claims

    async def test_a_role_that_was_given_by_hand_stays(
        self, company: Company, address: str
    ) -> None:
        await company.open(is_just_in_time=True, group_roles=GROUPS)
        await company.enter(company.browser(), "grace", email=address)
        members = (await company.call("GET", "/v1/members")).json()["items"]
        (grace,) = (each for each in members if each["email"] == address)
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

    async def test_a_role_that_is_gone_leads_nowhere(self, company: Company, address: str) -> None:
        company.seats.features = ["sso", "custom_roles"]
        made = await company.call(
            "POST", "/v1/roles", {"name": "Stager", "permissions": ["projects:read"]}
        )
        key = made.json()["key"]
        table = [{"group": "stagers", "role": key}]
        await company.open(is_just_in_time=True, group_roles=table, default_role="viewer")
        browser = company.browser()
        await company.enter(browser, "grace", email=address, groups=["stagers"])
        assert (await session_of(browser))["role"] == key
        members = (await company.call("GET", "/v1/members")).json()["items"]
        (grace,) = (each for each in members if each["email"] == address)
        await company.call("PATCH", f"/v1/members/{grace['id']}", {"role": "member"})
        assert (await company.call("DELETE", f"/v1/roles/{key}")).status_code == 204
        browser = company.browser()
        assert (await company.enter(browser, "grace", groups=["stagers"])).status_code == 201
        assert (await session_of(browser))["role"] == "member"


class TestWorth:
    """A session that came from a company's provider is worth its tenant alone."""

    async def test_it_is_no_account(self, company: Company, address: str) -> None:
        await company.open(is_just_in_time=True)
        browser = company.browser()
        await company.enter(browser, "grace", email=address)
        for method, path, body in (
            ("PATCH", "/v1/me", {"name": "Mallory"}),
            ("DELETE", "/v1/me", None),
            ("POST", "/v1/me/email", {"email": "mallory@elsewhere.example"}),
            ("POST", "/v1/me/password", {"current_password": "", "new_password": PASSWORD}),
            ("GET", "/v1/me/tenants", None),
            ("GET", "/v1/me/sessions", None),
            ("DELETE", "/v1/me/sessions", None),
            ("GET", "/v1/me/mfa", None),
            ("POST", "/v1/me/mfa/totp", None),
            ("GET", "/v1/me/invitations", None),
        ):
            answer = await browser.request(method, path, json=body)
            assert refusal(answer) == (403, "sso_session"), path
        assert (await browser.request("GET", "/v1/me")).json()["email"] == address
        handoff = await browser.request(
            "POST",
            "/v1/handoffs",
            json={"tenant_id": str(company.owner.tenant_id), "challenge": "x" * 43},
        )
        assert refusal(handoff) == (403, "wrong_host")

    async def test_it_ends_with_the_working_day(self, company: Company, clock: Clock) -> None:
        await company.open()
        browser = company.browser()
        await company.enter(browser, "the-owner")
        clock.advance(timedelta(hours=12, minutes=1))
        assert await browser.look_up() is None

    async def test_log_out_ends_it_and_says_where_else_one_is_logged_in(
        self, company: Company
    ) -> None:
        company.idp.metadata = {"end_session_endpoint": f"{company.idp.issuer}/out"}
        await company.open()
        browser = company.browser()
        await company.enter(browser, "the-owner")
        answer = await browser.request("POST", f"{URL}/log-out")
        assert (answer.json(), await browser.look_up()) == ({"url": None}, None)
        await company.change(logs_out_there=True)
        await company.enter(browser, "the-owner")
        answer = await browser.request("POST", f"{URL}/log-out")
        assert answer.json() == {"url": f"{company.idp.issuer}/out?client_id=stagify"}
        assert await browser.look_up() is None
        # Nobody else is sent anywhere.
        again = await browser.request("POST", f"{URL}/log-out")
        assert again.json() == {"url": None}
        other = await company.owner_browser()
        assert (await other.request("POST", f"{URL}/log-out")).json() == {"url": None}
        assert await other.look_up() is None

    async def test_what_only_owners_do_takes_a_proof_of_their_own(self, company: Company) -> None:
        await company.open()
        browser = company.browser()
        await company.enter(browser, "the-owner")
        path = f"{CONNECTIONS}/{company.id}"
        answer = await browser.request("PATCH", path, json={"name": "Mine"})
        assert refusal(answer) == (403, "step_up_required")
        proved = await browser.request(
            "POST", "/v1/session/step-up", json={"current_password": PASSWORD}
        )
        assert proved.status_code == 200
        answer = await browser.request("PATCH", path, json={"name": "Mine"})
        assert answer.status_code == 200
        # It is still no account.
        assert refusal(await browser.request("GET", "/v1/me/sessions")) == (403, "sso_session")

    async def test_it_has_shown_what_the_tenant_asks_for_and_no_other(
        self, company: Company, colleague: Member, address: str, database: Database
    ) -> None:
        await company.open(is_just_in_time=True)
        async with database.system() as session:
            for tenant_id in (company.owner.tenant_id, colleague.tenant_id):
                await session.execute(
                    text("UPDATE tenants SET mfa_due_at = now() - interval '1 day' WHERE id = :id"),
                    {"id": tenant_id},
                )
        browser = company.browser()
        await company.enter(browser, "grace", email=address)
        session_read = await session_of(browser)
        assert (session_read["restriction"], session_read["second_factor_due_at"]) == (None, None)
        own = Browser(company.seats.client, company.caller, colleague.tenant_id)
        answer = await own.log_in(colleague.email)
        assert answer.json()["restriction"] == "second_factor"


class TestEnforced:
    @pytest.fixture
    async def enforced(self, company: Company, colleague: Member) -> Company:
        """The company, which lets its people in by its own log-in only."""
        await company.open()
        self.phone = await company.set_up_factor()
        self.before = company.browser()
        assert (await self.before.log_in(colleague.email)).status_code == 201
        answer = await company.change(is_enforced=True)
        assert answer.status_code == 200, answer.text
        return company

    async def test_other_sessions_end_and_none_begin(
        self, enforced: Company, colleague: Member, database: Database
    ) -> None:
        assert await self.before.look_up() is None
        browser = enforced.browser()
        answer = await browser.log_in(colleague.email)
        assert refusal(answer) == (403, "sso_required")
        assert "set-cookie" not in answer.headers
        wrong = await browser.log_in(colleague.email, "not the password")
        assert refusal(wrong) == (401, "invalid_credentials")
        # Nor by the way over the platform's host.
        await activate(database, enforced.owner.tenant_id)
        traveller = Traveller(enforced.seats.client, enforced.caller)
        await traveller.log_in(colleague)
        asked = await traveller.hand_off(enforced.owner.tenant_id)
        assert refusal(asked) == (403, "sso_required")

    async def test_a_hand_off_from_before_is_worth_nothing(
        self, company: Company, colleague: Member, database: Database
    ) -> None:
        await company.open()
        await company.set_up_factor()
        await activate(database, company.owner.tenant_id)
        traveller = Traveller(company.seats.client, company.caller)
        await traveller.log_in(colleague)
        code = code_in(await traveller.hand_off(company.owner.tenant_id))
        assert (await company.change(is_enforced=True)).status_code == 200
        answer = await traveller.enter(company.owner.tenant_id, code)
        assert answer.status_code in (401, 403)

    async def test_its_own_log_in_lets_in(self, enforced: Company, colleague: Member) -> None:
        browser = enforced.browser()
        asked = await enforced.enter(browser, "ada", email=colleague.email)
        assert (await enforced.confirm(browser, asked)).status_code == 201
        assert await browser.look_up() is not None

    async def test_an_owner_gets_in_with_a_second_factor(self, enforced: Company) -> None:
        traveller = Traveller(enforced.seats.client, enforced.caller)
        tenant_id = enforced.owner.tenant_id
        asked = await traveller.log_in(enforced.owner, tenant_id)
        assert asked.status_code == 202
        path = f"/v1/session/{asked.json()['challenge_id']}/verify"
        code = self.phone.code(1)
        entered = await traveller.call("POST", path, tenant_id, {"code": code})
        assert entered.status_code == 201
        assert entered.json()["restriction"] is None

    async def test_another_owner_without_one_may_only_set_it_up(
        self, enforced: Company, colleague: Member
    ) -> None:
        members = (await enforced.call("GET", "/v1/members")).json()["items"]
        (member,) = (each for each in members if each["email"] == colleague.email)
        made = await enforced.call("PATCH", f"/v1/members/{member['id']}", {"role": "owner"})
        assert made.status_code == 200
        browser = enforced.browser()
        answer = await browser.log_in(colleague.email)
        assert (answer.status_code, answer.json()["restriction"]) == (201, "second_factor")

    async def test_whoever_is_no_owner_any_more_is_out(
        self, enforced: Company, colleague: Member, database: Database
    ) -> None:
        members = (await enforced.call("GET", "/v1/members")).json()["items"]
        (member,) = (each for each in members if each["email"] == colleague.email)
        path = f"/v1/members/{member['id']}"
        await enforced.call("PATCH", path, {"role": "owner"})
        browser = enforced.browser()
        await browser.log_in(colleague.email)
        assert await browser.look_up() is not None
        assert (await enforced.call("PATCH", path, {"role": "admin"})).status_code == 200
        assert await browser.look_up() is None

    async def test_nobody_is_left_without_a_way_in_when_it_ends(
        self,
        enforced: Company,
        colleague: Member,
        mail_server: MailServer,
        runner: TaskRunner,
    ) -> None:
        browser = enforced.browser()
        asked = await enforced.enter(browser, "ada", email=colleague.email)
        await enforced.confirm(browser, asked)
        path = f"{CONNECTIONS}/{enforced.id}"
        assert (await enforced.call("DELETE", path)).status_code == 204
        assert await browser.look_up() is None
        await runner.run_due()
        assert "/reset" in text_of(mail_server.to(colleague.email)[-1])
        assert (await enforced.browser().log_in(colleague.email)).status_code == 201


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
    async def test_the_whole_way(self, company: Company, address: str, provider: Any) -> None:
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
            email=address,
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
        assert (session["user"]["email"], session["role"]) == (address, "admin")
        # Nobody uses it again.
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")

    async def return_to(self, company: Company, location: str) -> dict[str, str]:
        """What the browser brings to the tenant's host, from where the provider has sent it."""
        path = location.removeprefix("http://app.localhost:8080")
        answer = await company.seats.client.get(path, headers=company.caller.platform())
        return fragment_of(answer.headers["location"])
