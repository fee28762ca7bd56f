"""Second factors in a browser: set up, shown at log-in and when it matters, lost and taken away. Passkeys are those
of Chromium's virtual authenticator."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, Route, expect

from proof.accessibility import too_wide, violations
from proof.customers import hire
from proof.person import DESK, PHONE, Person
from stagify_local.customer import Account, Customer
from stagify_local.mail_page import newest, read_mail, text_of
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

LOOKS = [("light", DESK), ("dark", PHONE)]
STEP = 30


class CodeApp:
    """An app for codes. Each code of it works once, and none before it; so the first is an old one."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret.replace(" ", ""))
        self._next = -1

    def code(self) -> str:
        """A code that has not been shown yet; there are three before somebody would have to wait."""
        code = self._at(self._next)
        self._next += 1
        return code

    def wrong_code(self) -> str:
        """A code that is not right at any moment near this one."""
        near = {self._at(step) for step in range(-12, 13)}
        return next(code for code in map("{:06d}".format, range(100)) if code not in near)

    def _at(self, step: int) -> str:
        return self._totp.at(int(time.time()) + step * STEP)


class Authenticator:
    """What a device keeps passkeys in: of one tab, with the passkeys of another one if there are any."""

    def __init__(self, page: Page, *, passkeys_of: "Authenticator | None" = None) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = {"authenticatorId": made["authenticatorId"]}
        for each in passkeys_of.credentials() if passkeys_of else ():
            self._cdp.send("WebAuthn.addCredential", {**self._id, "credential": each})

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._cdp.send("WebAuthn.getCredentials", self._id)[
            "credentials"
        ]
        return found

    def refuse(self) -> None:
        """The person does not show a finger from now on."""
        self._cdp.send("WebAuthn.setUserVerified", {**self._id, "isUserVerified": False})


def type_code(person: Person, code: str) -> None:
    """Type a code into its fields; the last figure sends it."""
    person.page.get_by_role("textbox", name=re.compile("code", re.IGNORECASE)).first.focus()
    person.page.keyboard.type(code)


def is_usable(person: Person, found: list[str]) -> None:
    """Note what keeps somebody from using the page as it is now."""
    found += [*violations(person.page), *too_wide(person.page)]


def ask_for_step_up(page: Page, url: str) -> None:
    """Have the next call there refused, as if the person had logged in a while ago."""

    def refuse(route: Route) -> None:
        body: Any = {"status": 403, "code": "step_up_required", "detail": "Log in anew."}
        route.fulfill(status=403, json=body, content_type="application/problem+json")

    page.route(url, refuse, times=1)


def set_up_app(person: Person) -> tuple[CodeApp, list[str]]:
    """Set an app for codes up, in the dialog or on the page that shows its secret; with the recovery codes."""
    secret = person.page.locator("code")
    app = CodeApp(secret.inner_text())
    type_code(person, app.code())
    person.sees("recovery codes")
    codes = person.page.locator("[data-print] li").all_inner_texts()
    person.button("I have kept them").click()
    return app, codes


class TestAppForCodes:
    @pytest.mark.parametrize(("look", "size"), LOOKS, ids=["desk", "phone"])
    def test_it_is_set_up_shown_and_removed(
        self, new_person: Callable[..., Person], customer: Customer, look: str, size: Any
    ) -> None:
        person = new_person(look=look, size=size)
        person.log_in(customer.account, "/me")
        wrong: list[str] = []
        person.sees("App for codes")
        is_usable(person, wrong)
        person.button("Set up").click()
        dialog = person.page.get_by_role("dialog")
        expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
        is_usable(person, wrong)
        app = CodeApp(dialog.locator("code").inner_text())
        type_code(person, app.wrong_code())
        person.sees("not the code of the app")
        is_usable(person, wrong)
        type_code(person, app.code())
        person.sees("Your recovery codes")
        is_usable(person, wrong)
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
        is_usable(person, wrong)
        person.button("Log out").first.click()
        person.is_at("/login")

        # The password is half a log-in.
        person.open("/office/usage", slug=customer.account.slug)
        person.enter(customer.account)
        person.sees("Now show your second factor")
        is_usable(person, wrong)
        type_code(person, app.wrong_code())
        person.sees("That code is wrong")
        is_usable(person, wrong)
        person.button("Back to the password").click()
        person.enter(customer.account)
        type_code(person, app.code())
        person.is_at("/office/usage")

        # A step-up is the factor too, not the password.
        person.open("/me", slug=customer.account.slug)
        ask_for_step_up(person.page, "**/v1/me/mfa/recovery-codes")
        person.button("Make new codes").click()
        person.sees("Is it you?")
        expect(dialog.get_by_role("textbox").first).to_be_focused()
        expect(dialog.get_by_label("Password", exact=True)).to_have_count(0)
        is_usable(person, wrong)
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
        is_usable(person, wrong)
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
                type_code(person, app.wrong_code())
            expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
        person.sees("That took too long, or too many tries.")
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
        person.open("/login")
        is_usable(person, wrong)
        person.enter(customer.account)
        person.sees("Your workspaces")
        person.open("/me")
        device = Authenticator(page)
        person.button("Add a passkey").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("What do you call it?").fill("My <b>laptop")
        is_usable(person, wrong)
        dialog.get_by_role("button", name="Go on").click()
        person.sees("Your recovery codes")
        person.button("I have kept them").click()
        person.sees("My <b>laptop")
        assert len(device.credentials()) == 1
        is_usable(person, wrong)
        # The same device makes no second one.
        person.button("Add a passkey").click()
        dialog.get_by_role("button", name="Go on").click()
        person.sees("This device has a passkey for you already.")
        page.keyboard.press("Escape")
        person.button("Log out").first.click()
        person.is_at("/login")

        # It is a log-in by itself, on the platform's host,
        person.button("Log in with a passkey").click()
        person.is_at("/tenants")
        page.context.clear_cookies()
        # and from a workspace's, whose page asks for it.
        person.open("/office/usage", slug=customer.account.slug)
        page.get_by_role("link", name="Log in with a passkey").click()
        person.sees("Log in, and you are back in your workspace.")
        person.button("Log in with a passkey").click()
        person.is_at("/office/usage")

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
        is_usable(person, wrong)
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
        is_usable(person, wrong)
        page.get_by_role("main").get_by_role("button", name="Use a passkey").click()
        person.is_at("/tenants")
        person.open("/me")
        person.button("Rename My <b>laptop").click()
        dialog.get_by_label("Name").fill("Old laptop")
        dialog.get_by_role("button", name="Save").click()
        person.button("Remove Old laptop").click()
        is_usable(person, wrong)
        page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
        person.sees("The passkey is removed.")
        assert wrong == []


@pytest.fixture
def colleague(platform: Platform, customer: Customer) -> Iterator[Account]:
    """Grace, a member of the customer's workspace."""
    with hire(platform, customer) as hired:
        yield hired.account


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
        is_usable(person, wrong)
        person.button("Ask for it").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("radio", name="None").check()
        is_usable(person, wrong)
        dialog.get_by_role("button", name="Ask for it").click()
        # It holds for oneself too, at once.
        person.sees("Set up a second factor")
        is_usable(person, wrong)
        person.open("/office/team", slug=slug)
        person.is_at("/second-factor?next=%2Foffice%2Fteam")
        person.button("Set up the app").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        is_usable(person, wrong)
        set_up_app(person)
        person.is_at("/office/team")
        person.open("/office/security", slug=slug)
        person.sees("Everybody has to show one")
        is_usable(person, wrong)
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
        is_usable(signed_in, wrong)
        grace = new_person(size=PHONE, look="dark")
        grace.log_in(colleague)
        grace.page.get_by_role("link", name="Set one up").click()
        grace.button("Set up").click()
        is_usable(grace, wrong)
        set_up_app(grace)
        expect(grace.page.get_by_role("link", name="Set one up")).to_have_count(0)

        signed_in.open("/office/team", slug=slug)
        signed_in.button("Second factor of Grace Hopper").click()
        question = signed_in.page.get_by_role("alertdialog")
        expect(question).to_contain_text("It happens in a day.")
        is_usable(signed_in, wrong)
        question.get_by_role("button", name="Take them away").click()
        signed_in.sees(re.compile("can log in without a second factor from"))
        grace.page.reload()
        grace.sees("An owner wants to take your second factors away")
        is_usable(grace, wrong)
        grace.button("I still have them").click()
        grace.sees("Your second factors stay.")
        expect(grace.page.get_by_text("An owner wants to take")).to_have_count(0)
        assert wrong == []


UNDO = re.compile(r"(/email-undo#token=\S+)")


def undo_link(mails: Path, email: str) -> str:
    """The way back from the newest mail to the old address."""

    def look() -> str | None:
        mail = next(
            (mail for mail in map(read_mail, newest(mails)) if email in str(mail["X-Envelope-To"])),
            None,
        )
        found = mail and UNDO.search(text_of(mail))
        return found[1] if found else None

    return eventually(look, what=f"a way back to {email}")


class TestAddress:
    def test_it_is_changed_and_taken_back(
        self, signed_in: Person, customer: Customer, platform: Platform
    ) -> None:
        page, account, wrong = signed_in.page, customer.account, list[str]()
        new = replace(account, email=f"new@{account.slug}.example.com")
        signed_in.open("/me", slug=account.slug)
        signed_in.button("Change address").click()
        begun = time.time_ns()
        page.get_by_label("New address").fill(new.email)
        signed_in.button("Send me a code there").click()
        signed_in.sees("A code is on its way")
        is_usable(signed_in, wrong)
        code = signed_in.code_of(new.email, platform.mail_dir, begun)
        type_code(signed_in, "000000" if code != "000000" else "111111")
        signed_in.sees("That is not the code of the newest mail.")
        type_code(signed_in, code)
        signed_in.sees("Your address is changed.")
        expect(page.get_by_text(new.email, exact=True)).to_be_visible()
        # Whoever was robbed of the account has no session any more.
        way = undo_link(platform.mail_dir, account.email)
        signed_in.new_tab()
        signed_in.open(way)
        signed_in.sees("Keep your old address?")
        assert "token" not in signed_in.page.url
        is_usable(signed_in, wrong)
        signed_in.button("Take it back").click()
        signed_in.sees("Your old address counts again")
        is_usable(signed_in, wrong)
        signed_in.open("/login")
        signed_in.open(way)
        signed_in.button("Take it back").click()
        signed_in.sees("This link is incomplete, was used already")
        page.reload()
        signed_in.page.close()
        signed_in.page = page
        signed_in.sees("Welcome back")
        signed_in.enter(new)
        signed_in.sees("Address and password do not match.")
        assert wrong == []


class TestDeletion:
    def test_what_ends_is_told_and_the_last_owner_stays(
        self, signed_in: Person, customer: Customer, colleague: Account
    ) -> None:
        person, wrong = signed_in, list[str]()
        dialog = person.page.get_by_role("alertdialog")
        person.open("/me", slug=customer.account.slug)
        person.button("Delete my account").click()
        expect(dialog).to_contain_text("Test Estates")
        dialog.get_by_role("button", name="Delete it for good").click()
        person.sees("That is not your address.")
        is_usable(person, wrong)
        dialog.get_by_role("textbox").fill(customer.account.email.upper())
        dialog.get_by_role("button", name="Delete it for good").click()
        person.sees("You are the only owner of a workspace.")
        is_usable(person, wrong)
        dialog.get_by_role("button", name="Cancel").click()
        person.button("Log out").first.click()
        person.is_at("/login")
        person.log_in(colleague, "/me")
        person.button("Delete my account").click()
        dialog.get_by_role("textbox").fill(colleague.email)
        dialog.get_by_role("button", name="Delete it for good").click()
        person.sees("Start with ten free photos")
        person.open("/login", slug=customer.account.slug)
        person.enter(colleague)
        person.sees("Address and password do not match.")
        assert wrong == []
