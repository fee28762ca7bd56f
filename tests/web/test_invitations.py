"""Asking people into a workspace, by mail and by a link, and what the invited see of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Request, expect

from proof.accessibility import violations
from proof.customers import PASSWORD, hire, secret_for
from proof.person import PHONE, Person
from stagify_local.customer import PLATFORM, Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

PAGE = "/office/team/invitations"
BRAND = {"name": "Lakeside <b>Homes</b>", "colors": {"primary": "#9b2d5a", "accent": "#c98a3c"}}


@pytest.fixture
def at_invitations(signed_in: Person, customer: Customer) -> Person:
    """The owner, on the page of invitations."""
    signed_in.open(PAGE, slug=customer.account.slug)
    signed_in.sees("Nobody is waiting to answer.")
    return signed_in


def seats(customer: Customer) -> tuple[int, int]:
    """How many seats are used, and how many are held for somebody."""
    meter = customer.meter("seats")
    return meter["used"], meter["reserved"]


def roles(customer: Customer) -> dict[str, str]:
    """The role of each member, by address."""
    items = customer.browser.get("/v1/members").json()["items"]
    return {each["email"]: each["role"] for each in items}


def invited(customer: Customer, platform: Platform, email: str, role: str = "member") -> str:
    """The secret of an invitation that has come by mail."""
    body = {"emails": [email], "role": role}
    assert customer.browser.post("/v1/invitations", json=body).status_code == 201
    return secret_for(platform.mail_dir, email)


def join(person: Person, name: str = "Grace Hopper") -> None:
    """Make an account for the address that is invited, and join."""
    person.page.get_by_label("Your name").fill(name)
    person.page.get_by_label("Choose a password").fill(PASSWORD)
    person.button("Join").click()


class TestByMail:
    def test_who_is_invited_joins_on_a_phone_with_the_role(
        self, at_invitations: Person, customer: Customer, phone: Person, platform: Platform
    ) -> None:
        slug = customer.account.slug
        assert customer.browser.patch("/v1/branding", json=BRAND).status_code == 200
        grace = f"grace@{slug}.example.com"
        page = at_invitations.page
        at_invitations.button("Invite people").click()
        dialog = page.get_by_role("dialog")
        pasted = f"Grace Hopper <{grace}>; {customer.account.email}\nname,mail\nzoe@@x"
        dialog.get_by_label("Their addresses").fill(pasted)
        expect(dialog).to_contain_text("3 addresses")
        expect(dialog).to_contain_text("Not an address, and left out: name,mail")
        dialog.get_by_role("radio", name="Viewer").check()
        dialog.get_by_label("A few words").fill("Have a look\nat the lofts.")
        dialog.get_by_role("button", name="Invite 3 people").dblclick()
        expect(dialog).to_contain_text("1 mail is on its way.")
        assert violations(page) == []
        for address, outcome in (
            (grace, "Invited"),
            (customer.account.email, "Belongs to the team"),
            ("zoe@@x", "Not an address"),
        ):
            line = dialog.get_by_role("listitem").filter(has_text=address)
            expect(line).to_contain_text(outcome)
        dialog.get_by_role("button", name="Correct 1 address").click()
        expect(dialog.get_by_label("Their addresses")).to_have_value("zoe@@x")
        dialog.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("listitem").filter(has_text=grace)).to_contain_text("Viewer")

        secret = secret_for(platform.mail_dir, grace)
        sent: list[str] = []

        def note(request: Request) -> None:
            sent.append(request.url + request.headers.get("referer", ""))

        phone.context.on("request", note)
        phone.open(f"/join#token={secret}")
        phone.sees("Have a look at the lofts.")
        assert violations(phone.page) == []
        # In the workspace's own colours before anybody belongs to it.
        fill = phone.button("Join").evaluate("(each) => getComputedStyle(each).backgroundColor")
        assert fill == "rgb(155, 45, 90)"
        # The tab knows the secret, no address does.
        assert secret not in phone.page.url
        phone.page.reload()
        phone.sees("Lakeside <b>Homes</b>")
        join(phone)
        phone.is_in()
        phone.is_at(re.compile(re.escape(f"{slug}.localhost")))
        assert roles(customer)[grace] == "viewer"
        assert sent
        assert not any(secret in each for each in sent)
        page.get_by_role("radio", name="Accepted").click()
        expect(page.get_by_role("listitem").filter(has_text=grace)).to_contain_text("Accepted")
        phone.open(f"/join#token={secret}")
        phone.sees("This invitation was used already.")

    def test_an_invitation_is_not_taken_by_whoever_is_logged_in(
        self,
        customer: Customer,
        new_customer: Callable[[], Customer],
        person: Person,
        platform: Platform,
    ) -> None:
        invitee, other = new_customer().account, new_customer().account
        secret = invited(customer, platform, invitee.email, "admin")
        person.open("/login")
        person.enter(other)
        person.is_at("/tenants")
        person.open(f"/join#token={secret}")
        person.sees("You are signed in as somebody else")
        assert violations(person.page) == []
        expect(person.button("Join")).to_have_count(0)
        person.button("Log out and use another account").click()
        # The page is made anew, and still about the same invitation.
        join(person)
        person.sees("There is an account with this address already.")
        person.page.get_by_role("alert").or_(person.page.get_by_role("status")).get_by_role(
            "link", name="Log in"
        ).click()
        person.is_at(re.compile(r"/login\?next="))
        person.enter(invitee)
        person.is_at("/join")
        person.sees(f"Signed in as {invitee.email}")
        person.button("Join").click()
        person.is_in()
        person.is_at(re.compile(re.escape(f"{customer.account.slug}.localhost")))
        assert roles(customer)[invitee.email] == "admin"
        assert other.email not in roles(customer)

    def test_no_seat_is_left_until_somebody_makes_room(
        self, customer: Customer, person: Person, platform: Platform
    ) -> None:
        late = f"late@{customer.account.slug}.example.com"
        with hire(platform, customer) as first, hire(platform, customer):
            person.open(f"/join#token={invited(customer, platform, late)}")
            join(person, "Late Comer")
            person.sees("All seats of this workspace are taken.")
            path = f"/v1/members/{first.member_id}"
            assert customer.browser.delete(path).status_code == 204
            # Seats are counted by events.
            eventually(lambda: seats(customer) == (2, 0), what="the seat to be free")
            # The same values at once would be a double click.
            person.page.get_by_label("Your name").fill("Later Comer")
            person.button("Join").click()
            person.is_in()
        assert late in roles(customer)

    def test_who_has_an_account_says_no_among_their_workspaces(
        self,
        at_invitations: Person,
        customer: Customer,
        new_customer: Callable[[], Customer],
        new_person: Callable[..., Person],
        platform: Platform,
    ) -> None:
        account = new_customer().account
        secret = invited(customer, platform, account.email)
        person = new_person()
        person.open("/login")
        person.enter(account)
        person.sees("You are invited")
        person.button("Decline the invitation of Test Estates").click()
        person.sees("You have said no to")
        expect(person.heading("You are invited")).to_have_count(0)
        person.open(f"/join#token={secret}")
        person.sees("It was answered, taken back or replaced")
        page = at_invitations.page
        page.get_by_role("radio", name="Declined").click()
        expect(page.get_by_role("listitem").filter(has_text=account.email)).to_be_visible()


class TestByLink:
    def test_a_link_leads_to_a_mail_and_the_mail_in(
        self,
        at_invitations: Person,
        customer: Customer,
        new_person: Callable[..., Person],
        platform: Platform,
    ) -> None:
        slug = customer.account.slug
        page = at_invitations.page
        at_invitations.button("New link").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Only addresses at").fill(f"@{slug}.example.com")
        dialog.get_by_label("For how many people").fill("2")
        dialog.get_by_role("button", name="Make the link").dblclick()
        link = dialog.locator("code").inner_text()
        assert link.startswith(f"http://{PLATFORM}.localhost")
        dialog.get_by_role("button", name="I have copied it").click()
        assert link not in page.content()
        visitor = new_person(size=PHONE)
        visitor.page.goto(link)
        visitor.page.get_by_label("Your email").fill("somebody@elsewhere.example.com")
        visitor.button("Send me the mail").click()
        visitor.sees("This link is only for addresses of certain domains.")
        email = f"walk-in@{slug}.example.com"
        visitor.page.get_by_label("Your email").fill(email)
        visitor.button("Send me the mail").click()
        visitor.sees("Check your mail")
        visitor.open(f"/join#token={secret_for(platform.mail_dir, email)}")
        join(visitor)
        visitor.is_in()
        assert roles(customer)[email] == "member"
        at_invitations.open(PAGE, slug=slug)
        at_invitations.sees(re.compile("1 of 2 people came in"))
        at_invitations.button("End the link for Member").click()
        page.get_by_role("alertdialog").get_by_role("button", name="End it").click()
        at_invitations.sees("No link works at the moment.")
        visitor.page.goto(link)
        visitor.sees("It was answered, taken back or replaced")
        expect(visitor.heading("This invitation is over")).to_be_visible()
