"""Every page and state can be used by people who see, hear or move less, in every look."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from proof.accessibility import too_wide, violations
from proof.customers import faint_photo, new_account, photo, set_plan, sign_up
from proof.person import NARROW, Person, Picture
from stagify_local.customer import Customer
from stagify_local.platform import Platform

# A brand whose colours cannot be used as they are.
BRAND = {"name": "Sonnenblick", "colors": {"primary": "#ffe14d", "accent": "#163a64"}}


@pytest.fixture(scope="module", params=[None, BRAND], ids=["platform", "yellow"])
def furnished(platform: Platform, request: pytest.FixtureRequest) -> Iterator[Customer]:
    """A workspace with a furnished room, one to look at first, one that was refused and one that failed,
    without and with a brand."""
    with sign_up(platform) as customer:
        if request.param:
            answer = customer.browser.patch("/v1/branding", json=request.param)
            assert answer.status_code == 200, answer.text
        customer.stage(photo())
        customer.stage(faint_photo(10))
        customer.stage(faint_photo(0))
        customer.stage(b"no photo", filename="broken.jpg")
        invited = {"emails": ["late@invited.example.com"], "role": "viewer"}
        assert customer.browser.post("/v1/invitations", json=invited).status_code == 201
        set_plan(platform, customer, "enterprise")
        yield customer


HAS_FOCUS = "(each) => each.contains(document.activeElement)"
Open = Callable[[Person, Customer], Any]


def _at(path: str, wait: str | re.Pattern[str]) -> Open:
    def opened(person: Person, customer: Customer) -> None:
        person.open(path, slug=customer.account.slug)
        person.sees(wait)

    return opened


def _photo(status: str, *, needs_look: bool = False, code: str | None = None) -> Open:
    def opened(person: Person, customer: Customer) -> None:
        items = customer.read("/v1/projects")["items"]
        project = next(
            each
            for each in items
            if (each["status"], each["needs_look"]) == (status, needs_look)
            and (code is None or each["failure"]["code"] == code)
        )
        person.open(f"/photos/{project['id']}", slug=customer.account.slug)
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        person.sees("Facts" if status == "never" else re.compile("Added|Hinzugefügt"))

    return opened


def _marking(person: Person, customer: Customer) -> None:
    _photo("failed", code="room_not_found")(person, customer)
    person.button(re.compile("mark the floor|Boden markieren")).click()
    dialog = person.page.get_by_role("dialog")
    expect(dialog.get_by_role("slider")).to_have_count(4)
    dialog.get_by_role("switch").click()
    expect(dialog.get_by_role("slider")).to_have_count(6)


def _chosen(person: Person, customer: Customer) -> None:
    person.open("/", slug=customer.account.slug)
    chosen = [
        Picture("Bad <b>one.jpg", b"none"),
        *(Picture(f"{each}.jpg", photo()) for each in "ab"),
    ]
    person.choose(chosen)
    expect(person.page.get_by_role("dialog").get_by_role("radio").first).to_be_visible()


def _opened(path: str, control: str) -> Open:
    """A page with a dialog that asks for something."""

    def opened(person: Person, customer: Customer) -> None:
        person.open(path, slug=customer.account.slug)
        expect(person.page.get_by_role("dialog").locator(control).first).to_be_visible()

    return opened


def _pressed(path: str, button: str, control: str) -> Open:
    def opened(person: Person, customer: Customer) -> None:
        person.open(path, slug=customer.account.slug)
        person.button(re.compile(f"^({button})$")).click()
        expect(person.page.get_by_role("dialog").locator(control).first).to_be_visible()

    return opened


def _joining(person: Person, customer: Customer) -> None:
    answer = customer.browser.post("/v1/invitation-links", json={"role": "member", "max_uses": 2})
    person.page.goto(answer.json()["url"])
    expect(person.page.locator("form input[type=email]")).to_be_visible()


def _key(person: Person, customer: Customer) -> None:
    person.open("/office/api-keys", slug=customer.account.slug)
    person.button(re.compile("^(New key|Neuer Schlüssel)$")).click()
    expect(person.page.get_by_role("switch").first).to_be_visible()


PAGES: dict[str, Open] = {
    "photos": _at("/", re.compile("Trash|Not staged|Papierkorb|Nicht")),
    "trash": _at("/?trash=true", re.compile("Papierkorb|rash")),
    "new photos": _chosen,
    "photo": _photo("staged"),
    "failed photo": _photo("failed"),
    "photo to look at": _photo("staged", needs_look=True),
    "refused photo": _photo("failed", code="room_not_found"),
    "marking the floor": _marking,
    "office": _at("/office", re.compile("eu|EU")),
    "usage": _at("/office/usage", re.compile("API calls|API-Aufrufe")),
    "team": _at("/office/team", re.compile("Only you so far|Bisher nur Sie")),
    "invitations": _at("/office/team/invitations", "late@invited.example.com"),
    "inviting": _opened("/office/team/invitations?invite=true", "textarea"),
    "roles": _at("/office/team/roles", re.compile("What each role may do|Was jede Rolle darf")),
    "new role": _pressed("/office/team/roles", "New role|Neue Rolle", "input[type=checkbox]"),
    "new link": _pressed("/office/team/invitations", "New link|Neuer Link", "input[type=number]"),
    "brand": _at("/office/brand", "#"),
    "security": _at("/office/security", re.compile("factor for everybody|Faktor für alle")),
    "api keys": _at("/office/api-keys", "curl"),
    "new key": _key,
    "changing a key": _pressed("/office/api-keys", "Change tests|tests ändern", "input[name=name]"),
    "replacing a key": _pressed("/office/api-keys", "Replace tests|tests ersetzen", "form"),
    "service account": _pressed(
        "/office/api-keys", "New service account|Neues Dienstkonto", "input[name=name]"
    ),
    "single sign-on": _at("/office/sso", re.compile("Connect a provider|Anbieter verbinden")),
    "joining": _joining,
    "account": _at("/me", "localhost"),
    "missing": _at("/no/such/page", re.compile("no such page|gibt es nicht|keine")),
}
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def in_both_looks(page: Page) -> list[str]:
    """What a person with a disability would stumble over on the page, by day and by night."""
    found = []
    for look in LOOKS:
        page.emulate_media(color_scheme=look)
        found += [f"{look}: {each}" for each in violations(page)]
    return found


class TestPages:
    def test_nobody_is_shut_out(self, person: Person, furnished: Customer) -> None:
        person.log_in(furnished.account)
        found = {}
        for name, opened in PAGES.items():
            opened(person, furnished)
            if wrong := in_both_looks(person.page):
                found[name] = wrong
        assert found == {}

    def test_german_fits_on_a_narrow_phone(
        self, new_person: Callable[..., Person], furnished: Customer
    ) -> None:
        person = new_person(size=NARROW, language="de-DE")
        person.log_in(furnished.account)
        found = {}
        for name, opened in PAGES.items():
            opened(person, furnished)
            if wide := too_wide(person.page):
                found[name] = wide
        assert found == {}


class TestDoors:
    PATHS = ("/", "/signup", "/login", "/reset", "/tenants", "/email-undo#token=x", "/join")

    def test_nobody_is_shut_out(self, person: Person) -> None:
        found = {}
        for path in self.PATHS:
            person.open(path)
            person.page.get_by_role("heading", level=1).wait_for()
            if wrong := in_both_looks(person.page):
                found[path] = wrong
        assert found == {}

    def test_german_fits_on_a_narrow_phone(self, new_person: Callable[..., Person]) -> None:
        person = new_person(size=NARROW, language="de-DE")
        found = {}
        for path in self.PATHS:
            person.open(path)
            person.page.get_by_role("heading", level=1).wait_for()
            if wide := too_wide(person.page):
                found[path] = wide
        assert found == {}


class TestStates:
    def test_the_session_has_ended(self, person: Person, customer: Customer) -> None:
        person.log_in(customer.account)
        assert customer.browser.delete("/v1/me/sessions").status_code == 204
        expect(person.page.get_by_role("alertdialog")).to_be_visible()
        assert in_both_looks(person.page) == []

    def test_there_is_no_connection(self, person: Person, customer: Customer) -> None:
        person.log_in(customer.account)
        # Whatever is loaded later is there.
        expect(person.button("Your account")).to_be_visible()
        person.sees("Your first room takes a minute")
        person.watch.faults_expected = True
        person.context.set_offline(True)
        person.sees("You are offline")
        assert in_both_looks(person.page) == []
        person.context.set_offline(False)

    def test_the_plan_is_used_up(self, person: Person, customer: Customer) -> None:
        person.log_in(customer.account)
        pictures = [Picture(f"{each}.jpg", photo(600, 400 + each)) for each in range(11)]
        person.choose(pictures)
        person.sees("1 photo waits here")
        assert in_both_looks(person.page) == []
        person.button(re.compile(r"^Stage 1\d photos$")).click()
        person.sees("The 10 photos of your plan are used up")
        assert in_both_looks(person.page) == []

    def test_a_code_is_asked_for(self, person: Person, platform: Platform) -> None:
        account = new_account(platform.gateway_port, f"w-{time.time_ns():x}")
        begun = time.time_ns()
        person.ask_for_workspace("States", account)
        code = person.code_of(account.email, platform.mail_dir, begun)
        assert in_both_looks(person.page) == []
        person.confirm(account, "000000" if code != "000000" else "111111")
        person.sees("That is not the code of the newest mail.")
        assert in_both_looks(person.page) == []


class TestKeyboard:
    def test_a_room_is_furnished_without_a_mouse(self, person: Person, customer: Customer) -> None:
        person.log_in(customer.account)
        page = person.page
        person.button("Add photos").focus()
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(person.file(Picture("Kitchen.jpg", photo())))
        sheet = page.get_by_role("dialog")
        expect(sheet.get_by_role("radio").first).to_be_visible()
        # The focus is in the sheet, and stays there.
        assert sheet.evaluate(HAS_FOCUS)
        for name in ("style", "Stage 1 photo"):
            press_until(page, "Tab", name)
            assert sheet.evaluate(HAS_FOCUS)
            page.keyboard.press("ArrowRight" if name == "style" else "Enter")
        expect(sheet).to_have_count(0)
        customer.settled(used=1)
        [project] = customer.read("/v1/projects")["items"]
        tile = page.get_by_role("region", name="Photos").get_by_role("link").first
        tile.focus()
        page.keyboard.press("Enter")
        person.is_at(f"/photos/{project['id']}")
        # Whoever cannot see the page hears where they are.
        expect(page.get_by_role("heading", level=1)).to_be_focused()


def press_until(page: Page, key: str, name: str) -> None:
    """Press a key until the focus is on the field or the button of that name."""
    focused = "() => `${document.activeElement.name ?? ''} ${document.activeElement.textContent}`"
    for _ in range(30):
        if name in page.evaluate(focused):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {name}")
