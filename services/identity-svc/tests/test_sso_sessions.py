"""What a log-in at a company's own provider is worth, and what it means to enforce it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from identity_testing import (
    PASSWORD,
    Browser,
    MailServer,
    Member,
    refusal,
    text_of,
)
from sso_testing import CONNECTIONS, URL, Company, session_of
from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock
from traveller_testing import Traveller, activate, code_in


class TestWorth:
    """A session that came from a company's provider is worth its tenant alone."""

    async def test_it_is_no_account(self, company: Company, email: str) -> None:
        await company.open(is_just_in_time=True)
        browser = company.browser()
        await company.enter(browser, "grace", email=email)
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
        assert (await browser.request("GET", "/v1/me")).json()["email"] == email
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
        self, company: Company, colleague: Member, email: str, database: Database
    ) -> None:
        await company.open(is_just_in_time=True)
        async with database.system() as session:
            for tenant_id in (company.owner.tenant_id, colleague.tenant_id):
                await session.execute(
                    text("UPDATE tenants SET mfa_due_at = now() - interval '1 day' WHERE id = :id"),
                    {"id": tenant_id},
                )
        browser = company.browser()
        await company.enter(browser, "grace", email=email)
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
