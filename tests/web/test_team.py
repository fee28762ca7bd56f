"""People of one workspace: what one changes about another, the other sees."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from proof.customers import hire
from proof.person import Person
from stagify_local.customer import Account, Customer
from stagify_local.platform import Platform

PAGE = "/office/team"
# What a page may take to notice that its session has changed or ended, on a machine that also runs the
# whole platform.
SOON_MS = 3_000


@pytest.fixture
def colleague(platform: Platform, customer: Customer) -> Iterator[Account]:
    """Grace, whom the customer has invited as a member."""
    with hire(platform, customer) as hired:
        yield hired.account


class TestTeam:
    def test_a_role_and_a_removal_are_seen_by_whom_they_concern(
        self,
        signed_in: Person,
        customer: Customer,
        colleague: Account,
        new_person: Callable[..., Person],
    ) -> None:
        grace = new_person()
        grace.log_in(colleague)
        grace.open(PAGE, slug=customer.account.slug)
        grace.sees("Grace Hopper")
        ways = grace.page.get_by_role("banner").get_by_role("link")
        expect(ways.filter(has_text="Office")).to_have_count(0)
        signed_in.open(PAGE, slug=customer.account.slug)
        # The only owner can neither leave nor take another role.
        expect(signed_in.button("Leave")).to_have_count(0)
        signed_in.button("Change role of Grace Hopper").click()
        dialog = signed_in.page.get_by_role("dialog")
        dialog.get_by_role("radio", name="Admin").check()
        dialog.get_by_role("button", name="Save").click()
        signed_in.sees("Grace Hopper has a new role: Admin.")
        # Without a reload she may do what an admin may.
        expect(ways.filter(has_text="Office")).to_be_visible(timeout=SOON_MS)
        mine = grace.page.get_by_role("listitem").filter(has_text="Grace Hopper")
        expect(mine).to_contain_text("Admin")
        signed_in.button("Remove Grace Hopper").click()
        question = signed_in.page.get_by_role("alertdialog")
        expect(question).to_contain_text("stay")
        removed = time.monotonic()
        question.get_by_role("button", name="Remove").click()
        expect(grace.page.get_by_role("alertdialog")).to_be_visible(timeout=SOON_MS)
        assert time.monotonic() - removed < SOON_MS / 1000
        # She cannot come back by herself, and is told why.
        grace.come_back(colleague)
        grace.sees(re.compile("do not belong to this workspace any more"))
        signed_in.button("Undo").click()
        signed_in.sees("Grace Hopper")
        expect(signed_in.button("Remove Grace Hopper")).to_be_visible()
        grace.come_back(colleague)
        expect(grace.page.get_by_role("alertdialog")).to_have_count(0)

    def test_who_leaves_sees_what_is_left(
        self, colleague: Account, customer: Customer, person: Person
    ) -> None:
        person.log_in(colleague)
        person.page.get_by_role("banner").get_by_role("link", name="Team").click()
        person.button("Leave").click()
        person.page.get_by_role("alertdialog").get_by_role("button", name="Leave").click()
        person.is_at(re.compile("/(login|tenants)"))
        members = customer.browser.get("/v1/members?include=removed").json()["items"]
        assert [each["name"] for each in members if each["removed_at"]] == ["Grace Hopper"]

    def test_a_call_that_needs_it_asks_who_it_is_and_goes_on(
        self, signed_in: Person, customer: Customer, colleague: Account
    ) -> None:
        calls: list[str] = []

        def old_log_in(route: Route) -> None:
            calls.append(route.request.method)
            if len(calls) > 1:
                route.continue_()
            else:
                body: Any = {"status": 403, "code": "step_up_required", "detail": "Log in anew."}
                route.fulfill(status=403, json=body, content_type="application/problem+json")

        signed_in.page.route("**/v1/members/*", old_log_in)
        signed_in.open(PAGE, slug=customer.account.slug)
        signed_in.button("Change role of Grace Hopper").click()
        dialog = signed_in.page.get_by_role("dialog")
        dialog.get_by_role("radio", name="Owner").check()
        dialog.get_by_role("button", name="Save").click()
        signed_in.sees("Is it you?")
        password = dialog.get_by_label("Password", exact=True)
        password.fill("wrong password")
        dialog.get_by_role("button", name="Go on").click()
        signed_in.sees("That is not your password.")
        password.fill(customer.account.password)
        dialog.get_by_role("button", name="Go on").click()
        signed_in.sees("Grace Hopper has a new role: Owner.")
        assert calls == ["PATCH", "PATCH"]
