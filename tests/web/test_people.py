"""People come in: they sign up, log in, go from one host to another, and reset their password."""

import re
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from proof.customers import new_account
from proof.person import PHONE, Person
from stagify_local.customer import Customer
from stagify_local.mail_page import texts_to
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

RESET = re.compile(r"http://\S+/reset#token=\S+")
OTHER_PASSWORD = "a better horse and battery"


def reset_link(platform: Platform, email: str, since: int) -> str:
    """The link of the mail with which that person chooses a new password."""

    def look() -> str | None:
        found = filter(None, map(RESET.search, texts_to(platform.mail_dir, email, since)))
        return next((each[0] for each in found), None)

    return eventually(look, what=f"a mail with a link for {email}")


class TestSignUp:
    def test_a_new_user_on_a_phone_is_in_their_workspace_within_a_minute(
        self, phone: Person, platform: Platform
    ) -> None:
        account = new_account(platform.gateway_port, f"w-{time.time_ns():x}")
        phone.sign_up("Lakeside <b>Homes</b>", account, platform.mail_dir)
        assert phone.page.url == f"{account.url}/"
        # Nobody was asked for the password twice.
        phone.sees("Your first room takes a minute")
        expect(phone.page.get_by_role("banner")).to_contain_text("Lakeside <b>Homes</b>")

    def test_a_wrong_code_is_explained_and_another_one_sent(
        self, person: Person, platform: Platform
    ) -> None:
        account = new_account(platform.gateway_port, f"w-{time.time_ns():x}")
        begun = time.time_ns()
        person.ask_for_workspace("Wrong Code", account)
        code = person.code_of(account.email, platform.mail_dir, begun)
        person.confirm(account, "000000" if code != "000000" else "111111")
        person.sees("That is not the code of the newest mail.")
        person.page.reload()
        person.confirm(account, code)
        person.is_in()

    def test_a_taken_address_has_a_suggestion(self, person: Person, customer: Customer) -> None:
        person.open("/signup")
        person.page.get_by_label("Its address").fill(customer.account.slug)
        person.sees("is taken")
        person.button(re.compile("^Take ")).click()
        person.sees("is free")


class TestLogIn:
    def test_a_wrong_password_is_explained(self, person: Person, customer: Customer) -> None:
        person.open("/office/usage", slug=customer.account.slug)
        person.enter(replace(customer.account, password="wrong password"))
        person.sees("Address and password do not match.")
        person.enter(customer.account)
        # They are where they wanted to go.
        person.is_at("/office/usage")

    def test_nobody_is_led_elsewhere(self, person: Person, customer: Customer) -> None:
        elsewhere = ("//example.com/", "https://example.com/", "javascript:document.title=1")
        for at, address in enumerate(elsewhere):
            person.open(f"/login?next={quote(address)}", slug=customer.account.slug)
            # From the second on they are signed in, and sent on at once.
            if at == 0:
                person.enter(customer.account)
            person.is_in()
            assert person.page.url == f"{customer.account.url}/"

    def test_a_workspace_opens_from_the_list_without_another_log_in(
        self, person: Person, customer: Customer
    ) -> None:
        person.open("/login")
        person.enter(customer.account)
        person.is_at("/tenants")
        person.page.get_by_role("link", name=re.compile(customer.account.slug)).click()
        person.is_in()
        assert person.page.url == f"{customer.account.url}/"

    def test_a_log_out_on_a_workspace_ends_the_list_too(
        self, person: Person, customer: Customer
    ) -> None:
        person.open("/login")
        person.enter(customer.account)
        person.page.get_by_role("link", name=re.compile(customer.account.slug)).click()
        person.is_in()
        person.log_out()
        # Until every part has heard of the end; who looks sooner is asked to log in over the page.
        person.watch.faults_expected = True

        def is_nobody() -> bool:
            with person.page.expect_response(re.compile(r"/v1/session$")) as answer:
                person.open("/tenants")
            return answer.value.status == 401

        eventually(is_nobody, what="the session on the platform's host to end")
        person.is_at(re.compile(r"/login"))


class TestReset:
    def test_a_forgotten_password_is_replaced_and_the_link_works_once(
        self, person: Person, customer: Customer, platform: Platform
    ) -> None:
        account = customer.account
        begun = time.time_ns()
        person.open("/reset")
        person.page.get_by_label("Email").fill(account.email)
        person.button("Send me the link").dblclick()
        person.sees("Check your mail")
        link = reset_link(platform, account.email, begun)
        # A mail opens in a tab of its own.
        person.new_tab().goto(link)
        person.page.get_by_label("New password", exact=True).fill(OTHER_PASSWORD)
        # The token is in no history and on no shared screen.
        assert "token" not in person.page.url
        person.button("Change it").click()
        person.sees("Your password is changed")
        person.log_in(replace(account, password=OTHER_PASSWORD))
        # The same mail on another day.
        person.new_tab().goto(link)
        person.page.get_by_label("New password", exact=True).fill("yet another password")
        person.button("Change it").click()
        person.sees("This link has been used or is too old.")


class TestAccount:
    @pytest.fixture
    def at_account(self, signed_in: Person, customer: Customer) -> Person:
        signed_in.open("/me", slug=customer.account.slug)
        signed_in.sees("Your account")
        return signed_in

    def test_language_and_look_are_kept_and_follow_the_person(
        self, at_account: Person, customer: Customer, new_person: Callable[..., Person]
    ) -> None:
        page = at_account.page
        page.get_by_role("radio", name="Dark").check()
        expect(page.locator("html")).to_have_attribute("data-look", "dark")
        page.get_by_role("radio", name="Deutsch").check()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        at_account.sees("Abmelden")
        other = new_person(size=PHONE)
        other.log_in(customer.account)
        expect(other.page.locator("html")).to_have_attribute("data-look", "dark")

    def test_a_new_password_ends_the_other_sessions(
        self, at_account: Person, customer: Customer
    ) -> None:
        page = at_account.page
        page.get_by_label("Current password").fill(customer.account.password)
        page.get_by_label("New password", exact=True).fill(OTHER_PASSWORD)
        at_account.button("Change it").click()
        at_account.sees("Your password is changed.")
        assert customer.browser.get("/v1/session").status_code == 401
        page.reload()
        at_account.is_in()

    def test_other_sessions_are_ended_from_here(
        self, at_account: Person, customer: Customer
    ) -> None:
        at_account.button("Log out everywhere else").click()
        at_account.sees("Logged out there.")
        assert customer.browser.get("/v1/session").status_code == 401
        at_account.sees("This one")
