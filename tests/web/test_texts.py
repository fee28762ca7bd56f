"""Every text on a page is one that the translators were given."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from proof.customers import photo, secret_for
from proof.person import Person, Picture
from proof.pseudo import marked, speak_pseudo, unmarked
from stagify_local.customer import PLATFORM, Customer
from stagify_local.platform import Platform

# What no translator changes: languages by their own names, units, months, brands, figures of colours.
UNCHANGED = (
    *("English", "Deutsch", "StagifyAI", "Stagify", "JPEG", "PNG", "WebP", "HEIC", "AVIF", "API"),
    *("kB", "MB", "GB", "byte", "PM", "AM", "curl"),
    *("seconds ago", "second ago", "minutes ago", "minute ago", "now"),
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


class TestTexts:
    def test_pages_of_a_workspace(
        self, new_person: Callable[..., Person], customer: Customer
    ) -> None:
        customer.stage(photo())
        customer.stage(b"no photo", filename="broken.jpg")
        projects = customer.read("/v1/projects")["items"]
        person = new_person()
        person.log_in(customer.account)
        session = customer.browser.get("/v1/session").json()
        known = data_of([projects, session, customer.browser.get("/v1/tenant").json()])
        known |= data_of(customer.browser.get("/v1/me/sessions").json())
        known |= data_of(customer.browser.get("/v1/api-keys").json())
        known |= data_of(customer.browser.get("/v1/members").json())
        # The first letters of the name; the region and the plan.
        known |= {"TE", "EU", "Free"}
        speak_pseudo(person.page)
        paths = [
            *("/", "/?trash=true", "/?q=nothing", "/office", "/office/usage", "/office/brand"),
            *("/office/team", "/office/team/invitations", "/office/team/invitations?invite=true"),
            *(
                "/office/team/roles",
                "/office/api-keys",
                "/me",
                "/office/security",
                "/office/sso",
                "/no/such/page",
            ),
            *(f"/photos/{each['id']}" for each in projects),
        ]
        found = {}
        for path in paths:
            person.open(path, slug=customer.account.slug)
            expect(person.page.get_by_role("heading", level=1)).to_be_visible()
            person.has_settled()
            found[path] = unmarked(person.page, *UNCHANGED, *known, "nothing")
        person.open("/office/api-keys", slug=customer.account.slug)
        person.button(marked("New key")).click()
        expect(person.page.get_by_role("switch").first).to_be_visible()
        found["new key"] = unmarked(person.page, *UNCHANGED, *known)
        person.open("/", slug=customer.account.slug)
        with person.page.expect_file_chooser() as chooser:
            person.button(marked("Add photos")).locator("visible=true").first.click()
        chooser.value.set_files([person.file(Picture("x.jpg", each)) for each in (photo(), b"?")])
        expect(person.page.get_by_role("dialog").get_by_role("radio").first).to_be_visible()
        found["new photos"] = unmarked(person.page, *UNCHANGED, *known, "x.jpg")
        assert {path: texts for path, texts in found.items() if texts} == {}

    def test_pages_for_those_who_are_not_signed_in(
        self, new_person: Callable[..., Person], customer: Customer, platform: Platform
    ) -> None:
        person = new_person()
        speak_pseudo(person.page)
        slug = customer.account.slug
        known = data_of(customer.browser.get("/v1/tenant").json())
        email = f"grace@{slug}.example.com"
        body = {"emails": [email], "role": "viewer"}
        assert customer.browser.post("/v1/invitations", json=body).status_code == 201
        secret = secret_for(platform.mail_dir, email)
        known |= {email, "TE"}
        found = {}
        for host, path in (
            *((PLATFORM, path) for path in ("/", "/signup", "/login", "/reset", "/join")),
            (PLATFORM, "/no/such/page"),
            (PLATFORM, f"/join#token={secret}"),
            (slug, "/login"),
        ):
            person.open(path, slug=host)
            expect(person.page.get_by_role("heading", level=1)).to_be_visible()
            person.has_settled()
            found[host, path] = unmarked(person.page, *UNCHANGED, *known, "localhost")
        assert {path: texts for path, texts in found.items() if texts} == {}

    def test_a_text_that_nobody_translates_is_found(self, person: Person) -> None:
        speak_pseudo(person.page)
        person.open("/")
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        assert unmarked(person.page, *UNCHANGED) == []
        person.page.evaluate("() => document.querySelector('main').append('Plain words')")
        assert unmarked(person.page, *UNCHANGED) == ["Plain words"]


def data_of(answer: Any) -> set[str]:
    """Every text of two letters or more in an answer of the API."""
    if isinstance(answer, str):
        return {answer} if re.search("[A-Za-z]{2}", answer) else set()
    parts = answer.values() if isinstance(answer, dict) else answer
    if not isinstance(answer, dict | list):
        return set()
    return {text for part in parts for text in data_of(part)}
