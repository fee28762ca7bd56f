"""What people do about their account itself: another address, and its end."""

import re
import time
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from proof.accessibility import barriers
from proof.person import Person
from stagify_local.customer import Account, Customer
from stagify_local.mail_page import texts_to
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

UNDO = re.compile(r"(/email-undo#token=\S+)")


def undo_link(mails: Path, email: str) -> str:
    """The way back from the newest mail to the old address."""

    def look() -> str | None:
        found = filter(None, map(UNDO.search, texts_to(mails, email)))
        return next((each[1] for each in found), None)

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
        wrong += barriers(signed_in.page)
        code = signed_in.code_of(new.email, platform.mail_dir, begun)
        signed_in.type_code("000000" if code != "000000" else "111111")
        signed_in.sees("That is not the code of the newest mail.")
        signed_in.type_code(code)
        signed_in.sees("Your address is changed.")
        expect(page.get_by_text(new.email, exact=True)).to_be_visible()
        # Whoever was robbed of the account has no session any more.
        way = undo_link(platform.mail_dir, account.email)
        signed_in.new_tab()
        signed_in.open(way)
        signed_in.sees("Keep your old address?")
        assert "token" not in signed_in.page.url
        wrong += barriers(signed_in.page)
        signed_in.button("Take it back").click()
        signed_in.sees("Your old address is back")
        wrong += barriers(signed_in.page)
        signed_in.open("/login")
        signed_in.open(way)
        signed_in.button("Take it back").click()
        signed_in.sees("This link does not work any more")
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
        wrong += barriers(person.page)
        dialog.get_by_role("textbox").fill(customer.account.email.upper())
        dialog.get_by_role("button", name="Delete it for good").click()
        person.sees("You are the only owner of a workspace.")
        wrong += barriers(person.page)
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
