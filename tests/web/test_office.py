"""An office manager at a desk: what is used, keys for programs, and the brand."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from proof.accessibility import violations
from proof.customers import faint_photo, photo
from proof.person import Person
from stagify_local.customer import Customer, client, code_of
from stagify_local.waiting import eventually

GREEN = "#1f6d4a"


class TestUsage:
    def test_the_overview_leads_to_what_was_used(
        self, signed_in: Person, customer: Customer
    ) -> None:
        customer.stage(photo())
        customer.settled(used=1)
        signed_in.page.get_by_role("link", name="Office").click()
        signed_in.is_at("/office")
        used = signed_in.page.get_by_role("meter", name="Photos furnished")
        expect(used).to_have_attribute("aria-valuetext", "1 of 10")
        signed_in.page.get_by_role("link", name="Usage", exact=True).click()
        signed_in.is_at("/office/usage")
        row = signed_in.page.get_by_role("row").filter(has_text="Photos")
        expect(row.get_by_role("cell").or_(row.get_by_role("rowheader"))).to_contain_text(
            ["", "1", "0", "10", "9"]
        )
        # What somebody should do next comes first.
        doubtful = customer.stage(faint_photo(10))
        signed_in.page.get_by_role("link", name="Overview").click()
        signed_in.sees("Look at 1 photo before it is published")
        signed_in.page.get_by_role("link", name="Look at it").click()
        signed_in.is_at(f"/photos/{doubtful['id']}")

    def test_what_is_staged_meanwhile_is_seen_without_a_reload(
        self, signed_in: Person, customer: Customer
    ) -> None:
        signed_in.open("/office/usage", slug=customer.account.slug)
        used = signed_in.page.get_by_role("meter", name="Photos furnished")
        expect(used).to_have_attribute("aria-valuetext", "0 of 10")
        customer.stage(photo())
        expect(used).to_have_attribute("aria-valuetext", "1 of 10")


class TestApiKeys:
    def test_a_key_is_made_used_and_revoked(self, signed_in: Person, customer: Customer) -> None:
        page = signed_in.page
        signed_in.open("/office/api-keys", slug=customer.account.slug)
        signed_in.button("New key").click()
        page.get_by_label("Name").fill("Importer <b>1</b>")
        signed_in.button("Make the key").dblclick()
        key = page.locator("code").filter(has_text=re.compile(r"^stg_live_")).inner_text()
        signed_in.button("I have stored it").click()
        rows = page.get_by_role("listitem").filter(has_text="Importer <b>1</b>")
        expect(rows).to_have_count(1)
        assert key not in page.content()
        with client(customer.account.port, customer.account.slug) as program:
            program.headers["Authorization"] = f"Bearer {key}"
            assert program.get("/v1/projects").status_code == 200
            signed_in.button("Revoke Importer <b>1</b>").click()
            page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
            signed_in.sees("The key no longer works.")
            expect(rows).to_have_count(0)
            eventually(
                lambda: code_of(program.get("/v1/projects")) == "invalid_credential",
                what="the key to be refused",
            )

    def test_a_key_of_a_service_account_is_changed_and_replaced(
        self, signed_in: Person, customer: Customer
    ) -> None:
        page = signed_in.page
        signed_in.open("/office/api-keys", slug=customer.account.slug)
        signed_in.button("New service account").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill("Importer")
        dialog.get_by_role("button", name="Make it").click()
        signed_in.sees("Now make a key for it.")
        assert violations(page) == []
        signed_in.button("New key").click()
        page.get_by_label("Name", exact=True).fill("Nightly")
        page.get_by_role("radio", name="Importer").check()
        signed_in.button("Make the key").click()
        first = page.locator("code").filter(has_text=re.compile(r"^stg_live_")).inner_text()
        signed_in.button("I have stored it").click()
        keys = page.get_by_role("list", name="API keys").get_by_role("listitem")
        made = keys.filter(has_text="Nightly")
        expect(made).to_contain_text("for the service account Importer: all that its role may")
        signed_in.button("Change Nightly").click()
        dialog.get_by_label("Name", exact=True).fill("Nightly run")
        dialog.get_by_role("radio", name="in 30 days").check()
        dialog.get_by_label("Only from these addresses").fill("127.0.0.0/8, ::1")
        assert violations(page) == []
        dialog.get_by_role("button", name="Save").click()
        signed_in.sees("The key is changed.")
        expect(made).to_contain_text("only from 127.0.0.0/8")
        signed_in.button("Replace Nightly run").click()
        dialog.get_by_role("radio", name="an hour").check()
        dialog.get_by_role("button", name="Make the new key").dblclick()
        second = dialog.locator("code").inner_text()
        dialog.get_by_role("button", name="I have stored it").click()
        expect(made).to_have_count(2)
        expect(made.filter(has_text="Replaced")).to_have_count(1)
        # Only the successor can be changed or replaced.
        expect(signed_in.button("Replace Nightly run")).to_have_count(1)
        assert first != second
        with client(customer.account.port, customer.account.slug) as program:
            for key in (first, second):
                program.headers["Authorization"] = f"Bearer {key}"
                assert program.get("/v1/projects").status_code == 200
            signed_in.button("Remove Importer").click()
            page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
            signed_in.sees("The service account and its keys do not work any more.")
            expect(made).to_have_count(0)
            eventually(
                lambda: code_of(program.get("/v1/projects")) == "invalid_credential",
                what="the key to be refused",
            )


class TestBrand:
    def test_a_brand_is_published_and_everybody_sees_it_at_the_first_paint(
        self, signed_in: Person, customer: Customer, new_person: Callable[..., Person]
    ) -> None:
        page = signed_in.page
        signed_in.open("/office/brand", slug=customer.account.slug)
        page.get_by_label("Name shown to visitors").fill("Ada <b>&</b> Söhne")
        page.get_by_label("Primary colour", exact=True).fill(GREEN)
        signed_in.button("Publish").click()
        signed_in.sees("Published.")
        # On this page too, which was loaded before.
        expect(page.get_by_role("banner")).to_contain_text("Ada <b>&</b> Söhne")
        expect(page).to_have_title("Ada <b>&</b> Söhne")
        visitor = new_person()

        def first_paint() -> bool:
            # Before any script of ours has run.
            visitor.page.goto(f"{customer.account.url}/login", wait_until="commit")
            style = visitor.page.locator("head style").first.text_content() or ""
            return GREEN in style

        eventually(first_paint, what="the gateway to know the brand")
        expect(visitor.page).to_have_title(re.compile("Ada <b>&</b> Söhne"))
        expect(visitor.page.get_by_role("banner")).to_contain_text("Ada <b>&</b> Söhne")
        fill = visitor.button("Log in").evaluate("(each) => getComputedStyle(each).backgroundColor")
        assert fill == "rgb(31, 109, 74)"
