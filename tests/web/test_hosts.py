"""Hosts without a workspace to show, each with a page that says so."""

import contextlib
import time

from proof.accessibility import too_wide, violations
from proof.customers import new_account
from proof.person import Person
from stagify_local.customer import Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


class TestHosts:
    def test_an_unknown_host_says_so(self, person: Person) -> None:
        person.open("/photos", slug="nobody-lives-here")
        person.sees("There is no workspace at this address")
        assert violations(person.page) == []
        assert too_wide(person.page) == []

    def test_a_suspended_workspace_says_so_in_its_name(
        self, signed_in: Person, customer: Customer, platform: Platform
    ) -> None:
        platform.run("tenant-svc", "suspend", customer.account.slug, "--reason", "unpaid")
        eventually(lambda: customer.http.get("/v1/tenant").status_code == 403)
        signed_in.page.reload()
        signed_in.sees("This workspace is suspended")
        assert violations(signed_in.page) == []
        platform.run("tenant-svc", "reactivate", customer.account.slug)

    def test_a_workspace_that_is_being_made_opens_by_itself(
        self, person: Person, platform: Platform
    ) -> None:
        account = new_account(platform.gateway_port, f"w-{time.time_ns():x}")
        worker = platform.process("staging-svc", "worker")
        worker.pause()
        try:
            with contextlib.closing(Customer(account)) as customer:
                customer.sign_up("Soon Estates", platform.mail_dir)
                customer.log_in()
            person.open("/", slug=account.slug)
            person.sees("Your workspace is being made")
            assert violations(person.page) == []
        finally:
            worker.resume()
        person.sees("Welcome back")

    def test_a_path_that_no_page_has_leads_back(
        self, signed_in: Person, customer: Customer
    ) -> None:
        signed_in.open("/no/such/page", slug=customer.account.slug)
        signed_in.page.get_by_role("link", name="To the start page").click()
        signed_in.is_in()
