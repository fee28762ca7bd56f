"""People of one workspace: what one changes about another, the other sees."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from proof.accessibility import violations
from proof.customers import hire, set_plan
from proof.person import PHONE, Person
from stagify_local.customer import Account, Customer
from stagify_local.platform import Platform

PAGE = "/office/team"


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
        # Without a reload she may do what an admin may: her page would ask by itself after minutes.
        expect(ways.filter(has_text="Office")).to_be_visible()
        mine = grace.page.get_by_role("listitem").filter(has_text="Grace Hopper")
        expect(mine).to_contain_text("Admin")
        signed_in.button("Remove Grace Hopper").click()
        question = signed_in.page.get_by_role("alertdialog")
        expect(question).to_contain_text("stay")
        question.get_by_role("button", name="Remove").click()
        expect(grace.page.get_by_role("alertdialog")).to_be_visible()
        # She cannot come back by herself, and is told why.
        grace.come_back(colleague)
        grace.sees(re.compile("do not belong to this workspace any more"))
        # Brought back as something else than she was.
        signed_in.button("Bring back Grace Hopper").click()
        expect(dialog.get_by_role("radio", name="Admin")).to_be_checked()
        dialog.get_by_role("radio", name="Viewer").check()
        assert violations(signed_in.page) == []
        dialog.get_by_role("button", name="Bring back").click()
        signed_in.sees("Grace Hopper belongs to the workspace again.")
        expect(signed_in.button("Remove Grace Hopper")).to_be_visible()
        grace.come_back(colleague)
        expect(grace.page.get_by_role("alertdialog")).to_have_count(0)

    def test_whoever_was_logged_out_proves_who_they_are(
        self,
        signed_in: Person,
        customer: Customer,
        colleague: Account,
        new_person: Callable[..., Person],
    ) -> None:
        slug = customer.account.slug
        grace = new_person(size=PHONE)
        grace.open("/login")
        grace.enter(colleague)
        grace.is_at("/tenants")
        grace.page.get_by_role("link", name=re.compile(f"{slug}\\.")).click()
        grace.is_in()
        signed_in.open(PAGE, slug=slug)
        signed_in.button("Log out Grace Hopper").click()
        question = signed_in.page.get_by_role("alertdialog")
        expect(question).to_contain_text("They keep their role.")
        assert violations(signed_in.page) == []
        question.get_by_role("button", name="Log them out").click()
        signed_in.sees("Grace Hopper is logged out of this workspace.")
        expect(grace.page.get_by_role("alertdialog")).to_be_visible()
        # What she has on the platform's host does not lead back in by a click.
        grace.open("/tenants")
        grace.page.get_by_role("link", name=re.compile(f"{slug}\\.")).click()
        grace.sees("Is it you?")
        dialog = grace.page.get_by_role("dialog")
        dialog.get_by_label("Password", exact=True).fill(colleague.password)
        dialog.get_by_role("button", name="Go on").click()
        grace.is_in()
        expect(grace.page).to_have_url(re.compile(f"//{slug}\\."))

    def test_the_workspace_is_handed_over_when_the_other_side_agrees(
        self,
        signed_in: Person,
        customer: Customer,
        colleague: Account,
        new_person: Callable[..., Person],
    ) -> None:
        slug = customer.account.slug
        signed_in.open(PAGE, slug=slug)
        signed_in.button("Hand it over").click()
        dialog = signed_in.page.get_by_role("dialog")
        dialog.get_by_role("radio", name="Grace Hopper").check()
        dialog.get_by_role("button", name="Ask them").click()
        signed_in.sees("Grace Hopper was asked to be the owner")
        # It can be taken back, and begun anew.
        signed_in.button("Take it back").click()
        signed_in.sees("Everything stays as it is.")
        signed_in.button("Hand it over").click()
        dialog.get_by_role("radio", name="Grace Hopper").check()
        dialog.get_by_role("button", name="Ask them").click()
        signed_in.sees("Grace Hopper was asked to be the owner")
        grace = new_person(size=PHONE)
        grace.log_in(colleague)
        grace.open(PAGE, slug=slug)
        grace.sees("Test Estates asks you to be the owner of this workspace")
        assert violations(grace.page) == []
        grace.button("Become the owner").click()
        question = grace.page.get_by_role("alertdialog")
        expect(question).to_contain_text("Test Estates becomes an admin")
        question.get_by_role("button", name="Become the owner").click()
        grace.sees("You are the owner of this workspace now.")
        # Who was the owner is an admin on the page that is open.
        mine = signed_in.page.get_by_role("listitem").filter(has_text=customer.account.email)
        expect(mine).to_contain_text("Admin")
        expect(signed_in.button("Hand it over")).to_have_count(0)

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


class TestRoles:
    def test_a_plan_without_roles_of_ones_own_says_what_would_be_there(
        self, signed_in: Person, customer: Customer
    ) -> None:
        signed_in.open(f"{PAGE}/roles", slug=customer.account.slug)
        signed_in.sees("With the Enterprise plan you make roles that fit your team")
        expect(signed_in.button("New role")).to_have_attribute("aria-disabled", "true")
        cells = (
            signed_in.page.get_by_role("row").filter(has_text="Make API keys").get_by_role("cell")
        )
        expect(cells.get_by_role("img", name="yes")).to_have_count(2)

    def test_a_role_is_made_given_changed_and_deleted(
        self, signed_in: Person, customer: Customer, colleague: Account, platform: Platform
    ) -> None:
        slug = customer.account.slug
        page = signed_in.page
        set_plan(platform, customer, "enterprise")
        signed_in.open(f"{PAGE}/roles", slug=slug)
        signed_in.button("New role").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill("viewer")
        # Without it, whoever has the role would find nothing to look at.
        expect(dialog.get_by_role("checkbox", name="See photos")).to_be_disabled()
        dialog.get_by_role("checkbox", name="Change the plan").check()
        # What it needs comes with it.
        expect(dialog.get_by_role("checkbox", name="See plan and invoices")).to_be_checked()
        dialog.get_by_role("button", name="Make the role").click()
        expect(dialog).to_contain_text("There is a role of this name already.")
        dialog.get_by_label("Name", exact=True).fill("Book <b>keeper</b>")
        dialog.get_by_role("button", name="Make the role").click()
        signed_in.sees("The role is made.")
        expect(page.get_by_role("columnheader", name="Book <b>keeper</b>")).to_be_visible()
        signed_in.open(PAGE, slug=slug)
        signed_in.button("Change role of Grace Hopper").click()
        dialog.get_by_role("radio", name="Book <b>keeper</b>").check()
        dialog.get_by_role("button", name="Save").click()
        signed_in.sees("Grace Hopper has a new role: Book <b>keeper</b>.")
        signed_in.open(f"{PAGE}/roles", slug=slug)
        signed_in.button("Delete Book <b>keeper</b>").click()
        question = page.get_by_role("alertdialog")
        question.get_by_role("button", name="Delete").click()
        expect(question).to_contain_text("Some people have this role.")
        question.get_by_role("button", name="Cancel").click()
        signed_in.button("Change Book <b>keeper</b>").click()
        dialog.get_by_label("Name", exact=True).fill("Accounts")
        dialog.get_by_role("button", name="Save").click()
        signed_in.sees("The role is changed.")
        expect(page.get_by_role("columnheader", name="Accounts")).to_be_visible()
