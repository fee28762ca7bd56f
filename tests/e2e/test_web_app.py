"""The web app, in a real browser, on the hosts of a running platform."""

from collections.abc import Iterator
from typing import Any

import node
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from proof.browser import chromium
from proof.pages import PHONE, barriers, log_in, person
from stagify_local.customer import Customer
from stagify_local.platform import Platform


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    """The packages of its tests; `make test` has built it before the platform starts."""
    node.install(tools=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests here."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """The browser of somebody at a desk."""
    with person(browser) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def heading(page: Page, text: str) -> None:
    """Wait until the page has this heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


class TestSession:
    @pytest.mark.parametrize(
        "options", [{}, {**PHONE, "color_scheme": "dark"}], ids=["desk", "phone"]
    )
    def test_a_deep_link_leads_through_the_log_in(
        self, browser: Browser, customer: Customer, options: dict[str, Any]
    ) -> None:
        with person(browser, **options) as context:
            page = context.new_page()
            page.goto(f"{customer.account.url}/office/usage")
            heading(page, "Welcome back")
            assert barriers(page) == []
            log_in(page, customer.account.email, "wrong password")
            expect(page.get_by_role("alert")).to_contain_text("do not match")
            log_in(page, customer.account.email, customer.account.password)
            heading(page, "Usage")
            assert page.url == f"{customer.account.url}/office/usage"
            assert barriers(page) == []

    def test_when_it_ends_the_person_logs_in_over_the_page(
        self, page: Page, customer: Customer
    ) -> None:
        page.goto(f"{customer.account.url}/login")
        log_in(page, customer.account.email, customer.account.password)
        page.wait_for_url(f"{customer.account.url}/")
        # The page knows nothing of it.
        page.evaluate("fetch('/v1/session', {method: 'DELETE'})")
        page.get_by_role("link", name="Office").click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_be_visible(timeout=15_000)
        assert barriers(page) == []
        assert dialog.get_by_label("Email").get_attribute("readonly") is not None
        dialog.get_by_label("Password", exact=True).fill(customer.account.password)
        dialog.get_by_role("button", name="Log in").click()
        expect(dialog).to_be_hidden()
        page.wait_for_url(f"{customer.account.url}/office")
        heading(page, "Test Estates")

    def test_logging_out_reaches_every_tab(
        self, context: BrowserContext, page: Page, customer: Customer
    ) -> None:
        page.goto(f"{customer.account.url}/login?next=/me")
        log_in(page, customer.account.email, customer.account.password)
        heading(page, "Your account")
        other = context.new_page()
        other.goto(f"{customer.account.url}/office/usage")
        heading(other, "Usage")
        other.get_by_role("link", name="Photos").click()
        heading(other, "Photos")
        page.get_by_role("main").get_by_role("button", name="Log out").first.click()
        heading(page, "Welcome back")
        heading(other, "Welcome back")
        other.go_back()
        heading(other, "Welcome back")


class TestHosts:
    def test_an_address_that_does_not_exist_says_so(self, page: Page, customer: Customer) -> None:
        page.goto(f"{customer.account.url}/nowhere")
        heading(page, "There is no such page")
        assert barriers(page) == []

    def test_the_platform_has_pages_of_its_own(self, page: Page, platform: Platform) -> None:
        page.goto(f"http://app.localhost:{platform.gateway_port}/")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert barriers(page) == []

    def test_the_page_speaks_the_persons_language(
        self, browser: Browser, customer: Customer
    ) -> None:
        with person(browser, locale="de-DE") as context:
            page = context.new_page()
            page.goto(f"{customer.account.url}/login")
            heading(page, "Willkommen zurück")
            assert page.locator("html").get_attribute("lang") == "de"
