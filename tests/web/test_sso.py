"""Log-in at a company's own provider, from the day an owner connects it."""

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from proof.accessibility import violations
from proof.customers import hire, set_plan
from proof.devices import set_up_app
from proof.person import PHONE, Person
from stagify.testing.providers import RealProvider, real_provider
from stagify_local.customer import Account, Customer
from stagify_local.platform import Platform

PAGE = "/office/sso"


@pytest.fixture(scope="module")
def provider() -> Iterator[RealProvider]:
    """A provider that somebody else has written."""
    with real_provider() as running:
        yield running


@pytest.fixture
def hired(platform: Platform, customer: Customer) -> Iterator[Account]:
    """A member who has a password, and an address in the company's domain."""
    address = f"colleague-{uuid4().hex[:8]}@{customer.account.slug}.example"
    with hire(platform, customer, email=address) as colleague:
        yield colleague.account


def allow(page: Page, subject: str) -> None:
    """Log in at the provider."""
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def without_looks(person: Person) -> None:
    """The provider's pages take their looks from a server that tests do not call."""
    person.context.route(
        "https://cdn.jsdelivr.net/**", lambda route: route.fulfill(content_type="text/css", body="")
    )


def test_a_company_logs_in_where_it_always_does(
    signed_in: Person,
    new_person: Callable[..., Person],
    customer: Customer,
    platform: Platform,
    provider: RealProvider,
    hired: Account,
) -> None:
    slug = customer.account.slug
    owner = signed_in
    without_looks(owner)
    owner.open(PAGE, slug=slug)
    owner.sees("Your plan does not include single sign-on")
    set_plan(platform, customer, "enterprise")
    owner.open(PAGE, slug=slug)
    owner.button("Connect a provider").click()
    form = owner.page.locator("form").filter(has_text="Issuer")
    form.get_by_label("Name").fill("Lakeside")
    form.get_by_label("Issuer").fill("http://127.0.0.1:1")
    form.get_by_label("Client ID").fill("stagify")
    form.get_by_label("Client secret", exact=True).fill("secret")
    form.get_by_role("button", name="Connect").click()
    owner.sees(re.compile("No OpenID Connect provider answers"))
    form.get_by_label("Issuer").fill(provider.issuer)
    form.get_by_role("button", name="Connect").click()
    owner.sees("Not tested yet")
    owner.sees(re.compile(r"/v1/sso/callback/[0-9a-f-]{36}$"))
    shown = owner.page.get_by_role("switch", name="Show it on the log-in page")
    expect(shown).to_be_disabled()

    # Nobody new is believed before the domain is proved.
    owner.page.get_by_label("Domain", exact=True).fill(f"{slug}.example")
    owner.button("Add domain").click()
    owner.sees("Not proved")
    owner.button("Check now").click()
    owner.sees("Proved")

    owner.button("Test the log-in").click()
    allow(owner.page, f"owner@{slug}.example")
    owner.is_at(PAGE)
    owner.sees("The log-in works")
    owner.sees(f"owner@{slug}.example")
    shown.click()
    expect(shown).to_be_checked()
    welcome = owner.page.get_by_role("switch", name="Let new people in")
    welcome.click()
    expect(welcome).to_be_checked()
    assert violations(owner.page) == []

    # Whoever requires it needs another way in first.
    owner.page.get_by_role("switch", name="Require it").click()
    owner.page.get_by_role("alertdialog").get_by_role("button", name="Require it").click()
    owner.sees(re.compile("Set up a second factor in your account first"))

    # Somebody new comes in, to where they wanted to go.
    subject = uuid4().hex
    grace = new_person(size=PHONE)
    without_looks(grace)
    grace.open("/office/team", slug=slug)
    grace.is_at(re.compile("/login"))
    assert violations(grace.page) == []
    provider.know(subject, email=f"grace@{slug}.example", email_verified=True, name="Grace Hopper")
    grace.button("Log in with Lakeside").click()
    allow(grace.page, subject)
    grace.is_at("/office/team")
    grace.sees("Grace Hopper")

    # Somebody who is known there, but not here, is told so, and so is who says no.
    stranger = new_person(language="de-DE")
    without_looks(stranger)
    stranger.open("/login", slug=slug)
    stranger.button("Mit Lakeside anmelden").click()
    provider.know("stranger", email="stranger@elsewhere.example", email_verified=True)
    allow(stranger.page, "stranger")
    stranger.sees(re.compile("Sie gehören noch nicht zu diesem Arbeitsbereich"))
    stranger.page.get_by_role("link", name="Zurück zur Anmeldung").click()
    stranger.button("Mit Lakeside anmelden").click()
    stranger.page.get_by_role("button", name="Deny").click()
    # This provider does not say which log-in that was about.
    stranger.sees("Diese Anmeldung ist vorbei")

    # The owner gets one, and from then on nobody else comes in by a password, or stays in.
    colleague = new_person(size=PHONE, look="dark")
    without_looks(colleague)
    colleague.log_in(hired)
    on_platform = new_person()
    on_platform.open("/login")
    on_platform.enter(hired)
    on_platform.is_at("/tenants")
    owner.open("/me", slug=slug)
    owner.button("Set up").click()
    app, _ = set_up_app(owner)
    owner.open(PAGE, slug=slug)
    owner.button("Test the log-in").click()
    allow(owner.page, f"owner@{slug}.example")
    owner.sees("The log-in works")
    owner.page.get_by_role("switch", name="Require it").click()
    owner.page.get_by_role("alertdialog").get_by_role("button", name="Require it").click()
    owner.sees("On, and required")
    question = colleague.page.get_by_role("alertdialog")
    expect(question.get_by_role("button", name="Log in with Lakeside")).to_be_visible()
    expect(question.locator("input[type=password]")).to_have_count(0)
    assert violations(colleague.page) == []
    on_platform.page.get_by_role("link", name=re.compile(f"{slug}\\.")).click()
    on_platform.sees("lets its people in by their company")
    assert violations(on_platform.page) == []
    on_platform.page.get_by_role("link", name="Go to its log-in").click()
    expect(on_platform.button("Log in with Lakeside")).to_be_visible()

    # Whoever has an account connects it by its password, once, and goes on where they were.
    provider.know("colleague", email=hired.email, email_verified=True, name="Grace Hopper")
    question.get_by_role("button", name="Log in with Lakeside").click()
    allow(colleague.page, "colleague")
    colleague.sees("Is this account yours?")
    assert violations(colleague.page) == []
    colleague.page.get_by_label("Password", exact=True).fill(hired.password)
    colleague.button("Connect and log in").click()
    colleague.is_in()
    # Grace, who came in this way, was not disturbed.
    grace.page.reload()
    grace.sees("Grace Hopper")

    # Owners have another way in, should the provider fail.
    stranger.open("/login", slug=slug)
    expect(stranger.button("Mit Lakeside anmelden")).to_be_visible()
    expect(stranger.page.locator("input[type=password]")).to_have_count(0)
    assert violations(stranger.page) == []
    stranger.button(re.compile("Sie sind Inhaber")).click()
    stranger.enter(hired)
    stranger.sees("nur über die Anmeldung beim Unternehmen")
    stranger.enter(customer.account)
    stranger.type_code(app.code())
    stranger.is_in()
