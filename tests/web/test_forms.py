"""What a form says of a value that is refused, and how often it is sent."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from proof.person import Person
from stagify_local.customer import Customer

# It changes the direction of writing.
OVERRIDE = "\u202e"


@pytest.fixture
def german(new_person: Callable[..., Person], customer: Customer) -> Person:
    """Somebody whose browser is English, and who reads our pages in German, at their account."""
    person = new_person()
    cookie = {"name": "stagify_locale", "value": "de", "url": customer.account.url}
    person.context.add_cookies([cookie])  # type: ignore[list-item]
    person.log_in(customer.account, "/me")
    return person


def is_wrong(field: Locator, words: str) -> None:
    """Wait until the field is wrong, has the focus, and says why."""
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile(words))


class TestFields:
    def test_each_says_what_is_wrong_with_it_in_the_language_of_the_page(
        self, german: Person
    ) -> None:
        page = german.page
        german.watch.faults_expected = True
        name = page.get_by_label("Name", exact=True)
        form = page.locator("form").filter(has=name)
        # What the browser finds.
        name.fill("")
        form.get_by_role("button", name="Speichern").click()
        is_wrong(name, "Füllen Sie das aus")
        # What the server finds.
        name.fill(f"Ada{OVERRIDE}")
        form.get_by_role("button", name="Speichern").click()
        is_wrong(name, "Zeichen")
        german.sees("Nicht alles hier")
        expect(page.get_by_text("must not contain")).to_have_count(0)
        # What is corrected is not wrong any more, and stays so.
        name.fill("Ada")
        expect(name).not_to_have_attribute("aria-invalid", "true")
        form.get_by_role("button", name="Speichern").click()
        german.sees("Gespeichert")
        expect(page.get_by_text("Nicht alles hier")).to_have_count(0)

        # A refusal that is about one field is said there, and only there.
        present = page.get_by_label("Aktuelles Passwort", exact=True)
        present.fill("not the present one")
        page.get_by_label("Neues Passwort", exact=True).fill("a new one that is long")
        german.button("Ändern").last.click()
        is_wrong(present, "nicht Ihr aktuelles Passwort")
        expect(page.get_by_role("alert")).to_have_count(0)


class TestSending:
    def test_what_was_refused_can_be_sent_again_at_once(self, german: Person) -> None:
        page = german.page
        german.watch.faults_expected = True
        name = page.get_by_label("Name", exact=True)
        refusal = {"status": 503, "code": "unavailable", "detail": "Try again soon."}

        def refuse(route: Route) -> None:
            if route.request.method == "PATCH":
                route.fulfill(status=503, json=refusal, content_type="application/problem+json")
            else:
                route.fallback()

        page.route("**/v1/me", refuse)
        name.fill("Ada")
        name.press("Enter")
        german.sees("Das hat nicht geklappt")
        page.unroute("**/v1/me")
        name.press("Enter")
        german.sees("Gespeichert")

    def test_what_is_under_way_is_not_sent_again(self, german: Person) -> None:
        page = german.page
        name = page.get_by_label("Name", exact=True)
        sent: list[Route] = []

        def hold(route: Route) -> None:
            if route.request.method == "PATCH":
                sent.append(route)
            else:
                route.fallback()

        page.route("**/v1/me", hold)
        name.fill("Grace")
        for _ in range(3):
            name.press("Enter")
        expect(page.locator("form").filter(has=name).locator("[aria-busy=true]")).to_be_visible()
        name.press("Enter")
        [call] = sent
        call.continue_()
        german.sees("Gespeichert")
        assert len(sent) == 1
