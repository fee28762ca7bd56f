"""Second factors in a browser: set up, shown at log-in and when it matters, lost and taken away. Passkeys are those
of Chromium's virtual authenticator."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from proof.accessibility import barriers, violations
from proof.devices import Authenticator, CodeApp, set_up_app
from proof.person import DESK, PHONE, Person
from stagify_local.customer import Account, Customer

LOOKS = [("light", DESK), ("dark", PHONE)]
# A browser that does not suggest passkeys where one types: the virtual authenticator shows one as soon as it is
# offered.
WITHOUT_SUGGESTIONS = "delete PublicKeyCredential.isConditionalMediationAvailable"


def ask_for_step_up(page: Page, url: str) -> None:
    """Have the next call there refused, as if the person had logged in a while ago."""

    def refuse(route: Route) -> None:
        body: Any = {"status": 403, "code": "step_up_required", "detail": "Log in anew."}
        route.fulfill(status=403, json=body, content_type="application/problem+json")

    page.route(url, refuse, times=1)


class TestAppForCodes:
    @pytest.mark.parametrize(("look", "size"), LOOKS, ids=["desk", "phone"])
    def test_it_is_set_up_shown_and_removed(
        self, new_person: Callable[..., Person], customer: Customer, look: str, size: Any
    ) -> None:
        person = new_person(look=look, size=size)
        person.log_in(customer.account, "/me")
        wrong: list[str] = []
        person.sees("App for codes")
        wrong += barriers(person.page)
        person.button("Set up").click()
        dialog = person.page.get_by_role("dialog")
        expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
        wrong += barriers(person.page)
        app = CodeApp(dialog.locator("code").inner_text())
        person.type_code(app.wrong_code())
        person.sees("not the code of the app")
        wrong += barriers(person.page)
        person.type_code(app.code())
        person.sees("Your recovery codes")
        wrong += barriers(person.page)
        codes = person.page.locator("[data-print] li").all_inner_texts()
        assert len(set(codes)) == 10
        with person.page.expect_download() as download:
            person.page.get_by_role("link", name="Download").click()
        assert all(code in download.value.path().read_text() for code in codes)
        person.button("I have kept them").click()
        # They were shown once, and nobody was logged out by it.
        person.sees("10 of 10 left")
        expect(person.page.get_by_role("alertdialog")).to_have_count(0)
        assert codes[0] not in person.page.content()
        wrong += barriers(person.page)
        person.button("Log out").first.click()
        person.is_at("/login")

        # The password is half a log-in.
        person.open("/office/usage", slug=customer.account.slug)
        person.enter(customer.account)
        person.sees("Now show your second factor")
        wrong += barriers(person.page)
        person.type_code(app.wrong_code())
        person.sees("That code is wrong")
        wrong += barriers(person.page)
        person.button("Back to the password").click()
        person.enter(customer.account)
        person.type_code(app.code())
        person.is_at("/office/usage")

        # A step-up is the factor too, not the password.
        person.open("/me", slug=customer.account.slug)
        ask_for_step_up(person.page, "**/v1/me/mfa/recovery-codes")
        person.button("Make new codes").click()
        person.sees("Is it you?")
        expect(dialog.get_by_role("textbox").first).to_be_focused()
        expect(dialog.get_by_label("Password", exact=True)).to_have_count(0)
        wrong += barriers(person.page)
        person.button("Use a recovery code").click()
        person.page.get_by_label("Recovery code", exact=True).fill(codes[0].lower())
        person.button("Go on").click()
        person.sees("Your recovery codes")
        fresh = person.page.locator("[data-print] li").all_inner_texts()
        assert set(fresh).isdisjoint(codes)
        person.button("I have kept them").click()

        # The old codes are void.
        person.context.clear_cookies()
        person.page.reload()
        person.enter(customer.account)
        person.button("Use a recovery code").click()
        recovery = person.page.get_by_label("Recovery code", exact=True)
        recovery.fill(codes[1])
        person.button("Go on").click()
        person.sees("That is none of your codes")
        recovery.fill(fresh[0])
        person.button("Go on").click()
        person.sees("9 of 10 left")
        person.button("Remove the app for codes").click()
        question = person.page.get_by_role("alertdialog")
        expect(question).to_contain_text("your recovery codes go with it")
        wrong += barriers(person.page)
        question.get_by_role("button", name="Remove").click()
        person.sees("The app is removed.")
        expect(person.page.get_by_text("of 10 left")).to_have_count(0)
        assert wrong == []

    def test_a_log_in_that_took_too_long_begins_again(
        self, person: Person, customer: Customer
    ) -> None:
        person.log_in(customer.account, "/me")
        person.button("Set up").click()
        app, _ = set_up_app(person)
        person.button("Log out").first.click()
        person.is_at("/login")
        person.enter(customer.account)
        person.sees("Now show your second factor")
        # Five wrong answers end it, as five minutes do.
        for _ in range(6):
            with person.page.expect_response("**/verify"):
                person.type_code(app.wrong_code())
            expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
        person.sees("That took too long, or there were too many tries.")
        assert violations(person.page) == []
        person.enter(customer.account)
        person.sees("Now show your second factor")


class TestPasskeys:
    @pytest.mark.parametrize(("look", "size"), LOOKS, ids=["desk", "phone"])
    def test_one_is_made_shown_and_removed(
        self, new_person: Callable[..., Person], customer: Customer, look: str, size: Any
    ) -> None:
        person = new_person(look=look, size=size)
        page, wrong = person.page, list[str]()
        page.add_init_script(WITHOUT_SUGGESTIONS)
        person.open("/login")
        wrong += barriers(person.page)
        person.enter(customer.account)
        person.sees("Your workspaces")
        person.open("/me")
        device = Authenticator(page)
        person.button("Add a passkey").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("What do you call it?").fill("My <b>laptop")
        wrong += barriers(person.page)
        dialog.get_by_role("button", name="Go on").click()
        person.sees("Your recovery codes")
        person.button("I have kept them").click()
        person.sees("My <b>laptop")
        assert len(device.credentials()) == 1
        wrong += barriers(person.page)
        # The same device makes no second one.
        person.button("Add a passkey").click()
        dialog.get_by_role("button", name="Go on").click()
        person.sees("This device has a passkey for you already.")
        page.keyboard.press("Escape")
        person.button("Log out").first.click()
        person.is_at("/login")

        # It is a log-in by itself, on the platform's host, by a button: this browser suggests none.
        email = page.locator("input[type=email]")
        expect(email).to_have_attribute("autocomplete", "username webauthn")
        person.button("Log in with a passkey").click()
        person.is_at("/tenants")
        page.context.clear_cookies()
        # So it is from a workspace's, whose page leads there.
        person.open("/office/usage", slug=customer.account.slug)
        expect(email).to_have_attribute("autocomplete", "username")
        page.get_by_role("link", name="Log in with a passkey").click()
        person.sees("Log in, and you are back in your workspace.")
        person.button("Log in with a passkey").click()
        person.is_at("/office/usage")
        page.context.clear_cookies()

        # Others suggest it beside passwords, and whoever chooses it presses nothing.
        tab = person.new_tab()
        Authenticator(tab, passkeys_of=device)
        person.open("/login?next=/me")
        person.is_at("/me")
        person.sees("My <b>laptop")
        tab.close()
        person.page = page

        # There a step-up goes by a window of its own, and the page stays as it is.
        page.context.clear_cookies()
        person.open("/login")
        person.enter(customer.account)
        person.is_at("/tenants")
        person.open("/enter?to=/me", slug=customer.account.slug)
        person.is_at("/me")
        page.get_by_label("New password").fill("half typed")
        ask_for_step_up(page, "**/v1/me/mfa")
        page.get_by_role("switch", name="Ask for it after the password too").click()
        person.sees("Is it you?")
        wrong += barriers(person.page)
        with page.expect_popup() as opened:
            dialog.get_by_role("button", name="Use a passkey").click()
        window = opened.value
        window.wait_for_url("**/handoff?**")
        Authenticator(window, passkeys_of=device)
        expect(window.get_by_role("heading", name="Show your passkey")).to_be_visible()
        wrong += violations(window)
        with window.expect_event("close"):
            window.get_by_role("button", name="Use a passkey").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("switch")).to_be_checked()
        expect(page.get_by_label("New password")).to_have_value("half typed")

        # From now on the password alone is half a log-in.
        page.context.clear_cookies()
        person.open("/login")
        person.enter(customer.account)
        person.sees("Now show your second factor")
        wrong += barriers(person.page)
        page.get_by_role("main").get_by_role("button", name="Use a passkey").click()
        person.is_at("/tenants")
        person.open("/me")
        person.button("Rename My <b>laptop").click()
        dialog.get_by_label("Name").fill("Old laptop")
        dialog.get_by_role("button", name="Save").click()
        person.button("Remove Old laptop").click()
        wrong += barriers(person.page)
        page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
        person.sees("The passkey is removed.")
        assert wrong == []


class TestRule:
    """A workspace that asks everybody for a second factor."""

    @pytest.mark.parametrize(("look", "size"), LOOKS, ids=["desk", "phone"])
    def test_nothing_else_can_be_reached_until_one_is_set_up(
        self, new_person: Callable[..., Person], customer: Customer, look: str, size: Any
    ) -> None:
        person = new_person(look=look, size=size)
        page, slug, wrong = person.page, customer.account.slug, list[str]()
        person.log_in(customer.account, "/office/security")
        person.sees("Everybody decides for themselves")
        wrong += barriers(person.page)
        person.button("Ask for it").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("radio", name="None").check()
        wrong += barriers(person.page)
        dialog.get_by_role("button", name="Ask for it").click()
        # It holds for oneself too, at once.
        person.sees("Set up a second factor")
        wrong += barriers(person.page)
        person.open("/office/team", slug=slug)
        person.is_at("/second-factor?next=%2Foffice%2Fteam")
        person.button("Set up the app").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        wrong += barriers(person.page)
        set_up_app(person)
        person.is_at("/office/team")
        person.open("/office/security", slug=slug)
        person.sees("Everybody has to show one")
        wrong += barriers(person.page)
        person.button("Stop asking for it").click()
        person.sees("Everybody decides for themselves")
        assert wrong == []

    def test_a_lost_factor_is_taken_away_unless_its_person_says_no(
        self,
        signed_in: Person,
        customer: Customer,
        colleague: Account,
        new_person: Callable[..., Person],
    ) -> None:
        slug, wrong = customer.account.slug, list[str]()
        signed_in.open("/office/security", slug=slug)
        signed_in.button("Ask for it").click()
        dialog = signed_in.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Ask for it").click()
        signed_in.sees(re.compile("Everybody has to show one from"))
        wrong += barriers(signed_in.page)
        grace = new_person(size=PHONE, look="dark")
        grace.log_in(colleague)
        grace.page.get_by_role("link", name="Set one up").click()
        grace.button("Set up").click()
        wrong += barriers(grace.page)
        set_up_app(grace)
        expect(grace.page.get_by_role("link", name="Set one up")).to_have_count(0)

        signed_in.open("/office/team", slug=slug)
        signed_in.button("Second factor of Grace Hopper").click()
        question = signed_in.page.get_by_role("alertdialog")
        expect(question).to_contain_text("It happens in a day.")
        wrong += barriers(signed_in.page)
        question.get_by_role("button", name="Take them away").click()
        signed_in.sees(re.compile("can log in without a second factor from"))
        grace.page.reload()
        grace.sees("An owner wants to take your second factors away")
        wrong += barriers(grace.page)
        grace.button("I still have them").click()
        grace.sees("Your second factors stay.")
        expect(grace.page.get_by_text("An owner wants to take")).to_have_count(0)
        assert wrong == []
