"""A person with a phone: from a photo to a furnished room, and what is done with it."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from proof.customers import photo
from proof.person import Person, Picture
from stagify_local.customer import Customer

ROOM = Picture("Kitchen.jpg", photo())
COUNT = """() => {
  const seen = { taps: 0 };
  addEventListener("pointerdown", () => { seen.taps += 1 }, true);
  return seen;
}"""


@pytest.fixture
def at_photos(phone: Person, customer: Customer) -> Person:
    """The owner of a new workspace with a phone, who has logged in."""
    phone.log_in(customer.account)
    return phone


@pytest.fixture
def at_photo(at_photos: Person, customer: Customer) -> Person:
    """They look at a furnished room."""
    project = customer.stage(photo(), filename="Kitchen.jpg")
    at_photos.open(f"/photos/{project['id']}", slug=customer.account.slug)
    at_photos.sees("With the label")
    return at_photos


class TestFirstPhoto:
    def test_a_room_is_furnished_with_three_taps(
        self, at_photos: Person, customer: Customer
    ) -> None:
        page = at_photos.page
        seen = page.evaluate_handle(COUNT)
        # The files are chosen in a window of the phone's.
        at_photos.choose([ROOM])
        page.get_by_role("dialog").locator("label", has_text="Scandinavian").click()
        at_photos.button("Stage 1 photo").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert seen.evaluate("({ taps }) => taps") == 3
        # It develops before their eyes, and nobody loads the page anew.
        at_photos.sees("Kitchen is staged.")
        assert seen.evaluate("({ taps }) => taps") == 3
        [project] = customer.read("/v1/projects")["items"]
        assert project["style"] == "scandinavian"
        customer.settled(used=1)

    def test_an_example_is_at_hand(self, at_photos: Person, customer: Customer) -> None:
        at_photos.button("Try it with an example photo").click()
        at_photos.button("Stage 1 photo").click()
        at_photos.sees(re.compile("is staged"))
        assert len(customer.read("/v1/projects")["items"]) == 1


class TestPhoto:
    def test_before_and_after_are_compared(self, at_photo: Person) -> None:
        handle = at_photo.page.get_by_role("slider", name="Before and after")
        at_photo.button("Before").click()
        expect(handle).to_have_attribute("aria-valuenow", "100")
        handle.focus()
        at_photo.page.keyboard.press("ArrowLeft")
        expect(handle).not_to_have_attribute("aria-valuenow", "100")

    def test_each_form_is_downloaded(self, at_photo: Person) -> None:
        found = {}
        for label in ("With the label", "Without the label", "The empty room"):
            with at_photo.page.expect_download() as download:
                at_photo.page.get_by_role("link", name=label).click()
            found[download.value.suggested_filename] = download.value.path().read_bytes()
        assert [name.partition("-Modern-")[2] for name in found] == [
            "staged.jpg",
            "staged_without_label.jpg",
            "original.jpg",
        ]
        assert len({*found.values()}) == 3
        assert {Image.open(io.BytesIO(each)).size for each in found.values()} == {(1200, 800)}

    def test_it_is_deleted_and_comes_back(self, at_photo: Person, customer: Customer) -> None:
        at_photo.button("Delete").click()
        at_photo.is_at("/")
        at_photo.sees("The photo is in the trash.")
        assert customer.read("/v1/projects")["items"] == []
        at_photo.button("Undo").click()
        expect(
            at_photo.page.get_by_role("region", name="Photos").get_by_role("link")
        ).to_have_count(1)
        assert len(customer.read("/v1/projects")["items"]) == 1

    def test_it_becomes_a_favourite(self, at_photo: Person, customer: Customer) -> None:
        page = at_photo.page
        heart = at_photo.button("Favourite")
        expect(heart).to_have_attribute("aria-pressed", "false")
        heart.click()
        expect(heart).to_have_attribute("aria-pressed", "true")
        customer.stage(photo(), filename="Attic.jpg")
        page.get_by_role("link", name="Back to all photos").click()
        tiles = page.get_by_role("region", name="Photos").get_by_role("link")
        expect(tiles).to_have_count(2)
        page.get_by_role("link", name="Favourites").click()
        expect(tiles).to_have_count(1)
        expect(tiles.get_by_role("img", name="Favourite")).to_be_visible()
        tiles.click()
        heart.click()
        expect(heart).to_have_attribute("aria-pressed", "false")
        page.go_back()
        at_photo.sees("At the moment there are none of this kind.")

    def test_another_look_needs_no_upload(self, at_photo: Person, customer: Customer) -> None:
        uploads = len(customer.read("/v1/projects")["items"])
        at_photo.button("Stage it").dblclick()
        at_photo.sees("The same room, other looks")
        assert len(customer.read("/v1/projects")["items"]) == uploads + 1
        customer.settled(used=2)
