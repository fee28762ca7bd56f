"""Each page looks as it did when somebody looked at it last: on a phone and at a desk, by day and by night,
in our colours and in a tenant's.

`make snapshots` takes the pictures anew; look at those that changed before you commit them.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from proof.customers import new_account, photo
from proof.person import DESK, PHONE, Person, Picture
from proof.snapshots import STEADY, Snapshots
from stagify_local.customer import PLATFORM, Customer, good
from stagify_local.platform import REPOSITORY, Platform

SNAPSHOTS = Snapshots(Path(__file__).parent / "snapshots", REPOSITORY / ".stagify/snapshots")
ROOM = REPOSITORY / "examples/rooms/room_a_living.jpg"
SIZES = {"desk": DESK, "phone": PHONE}
BRANDS = {"ours": None, "theirs": {"colors": {"primary": "#7a1f3d", "accent": "#2b6e5f"}}}
# No office of these two has an address of its own here: it holds the port, which is another each time.
PATHS = {
    "log-in": "/login",
    "photos": "/",
    "photo": "/photos/{photo}",
    "office": "/office",
    "usage": "/office/usage",
    "brand": "/office/brand",
    "account": "/me",
}


@pytest.fixture(params=list(BRANDS))
def decorated(platform: Platform, request: pytest.FixtureRequest) -> Iterator[Customer]:
    """A workspace whose name, address and photos are the same in every run."""
    account = new_account(platform.gateway_port, f"snapshots-{request.param}")
    with Customer(account) as customer:
        customer.sign_up("Lakeside Homes", platform.mail_dir)
        customer.log_in()
        customer.use_new_key("snapshots")
        customer.await_active()
        if brand := BRANDS[request.param]:
            good(customer.browser.patch("/v1/branding", json=brand))
        for name, content in (("Kitchen", photo()), ("Living room", ROOM.read_bytes())):
            upload = customer.upload(content, filename=f"{name}.jpg")
            project = good(customer.create(upload, name=name, options={"seed": 7})).json()
            customer.finished(project["id"])
        yield customer


class TestWorkspace:
    def test_pages_look_as_they_did(
        self, new_person: Callable[..., Person], decorated: Customer
    ) -> None:
        slug = decorated.account.slug
        living_room = decorated.read("/v1/projects")["items"][0]["id"]
        person = new_person()
        page = person.page
        page.add_init_script(STEADY)
        found = []

        def compare(name: str) -> None:
            for size, pixels in SIZES.items():
                page.set_viewport_size(pixels)
                for look in ("light", "dark"):
                    page.emulate_media(color_scheme=look)
                    found.extend(SNAPSHOTS.differences(page, f"{slug}/{name}-{size}-{look}"))

        for name, path in PATHS.items():
            person.open(path.format(photo=living_room), slug=slug)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            person.has_settled()
            compare(name)
            if name == "log-in":
                person.enter(decorated.account)
                person.is_in()
        page.set_viewport_size(DESK)
        person.open("/", slug=slug)
        person.choose([Picture("Bedroom.jpg", photo())])
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("radio").first).to_be_visible()
        expect(dialog.get_by_role("img", name="Bedroom")).to_be_visible()
        compare("new")
        assert found == []


class TestPlatform:
    def test_pages_look_as_they_did(self, new_person: Callable[..., Person]) -> None:
        person = new_person()
        person.page.add_init_script(STEADY)
        found = []
        for name, path in {"start": "/", "sign-up": "/signup"}.items():
            person.open(path, slug=PLATFORM)
            expect(person.page.get_by_role("heading", level=1)).to_be_visible()
            for size, pixels in SIZES.items():
                person.page.set_viewport_size(pixels)
                for look in ("light", "dark"):
                    person.page.emulate_media(color_scheme=look)
                    found += SNAPSHOTS.differences(person.page, f"app/{name}-{size}-{look}")
        assert found == []
