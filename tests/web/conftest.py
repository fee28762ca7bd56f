"""People who use the web app in a real browser. Each of them is watched: what a browser reports as
wrong on any page of theirs fails the test, whatever it is about."""

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from proof.browser import chromium
from proof.customers import hire
from proof.person import PHONE, Person
from stagify_local.customer import Account, Customer
from stagify_local.platform import Platform

NewPerson = Callable[..., Person]
PEOPLE = pytest.StashKey[list[Person]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure it is told what everybody saw at that moment."""
    report = yield
    if report.failed and call.when == "call":
        for person in item.stash.get(PEOPLE, []):
            report.sections.append(("on the screen", person.told()))
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the tests of a file; each person has a profile of their own in it. It ends with them,
    because asyncio and Playwright cannot have the same thread at once, and other files need asyncio."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def new_person(
    platform: Platform, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[NewPerson]:
    """Makes people. At the end, nothing must have gone wrong on any page of theirs."""
    people: list[Person] = []
    request.node.stash[PEOPLE] = people

    def made(**options: Any) -> Person:
        people.append(Person(browser, platform.gateway_port, **options))
        return people[-1]

    with contextlib.ExitStack() as stack:
        yield made
        for person in people:
            stack.callback(person.close)
    assert [trouble for person in people for trouble in person.watch.troubles] == []


@pytest.fixture
def person(new_person: NewPerson) -> Person:
    """Somebody at a desk."""
    return new_person()


@pytest.fixture
def phone(new_person: NewPerson) -> Person:
    """Somebody with a phone."""
    return new_person(size=PHONE)


@pytest.fixture
def signed_in(person: Person, customer: Customer) -> Person:
    """The owner of a new workspace at a desk, who has logged in."""
    person.log_in(customer.account)
    return person


@pytest.fixture
def colleague(platform: Platform, customer: Customer) -> Iterator[Account]:
    """Grace, a member of the customer's workspace."""
    with hire(platform, customer) as hired:
        yield hired.account
