"""A person helps where the engine is not sure: they look first, and mark the floor."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from proof.customers import faint_photo
from proof.person import Person
from stagify_local.customer import Customer

# As the fast engine sees them: one shows nothing, one hardly anything.
BLANK, PALE = faint_photo(0), faint_photo(10)
CORNERS = ("Near left", "Far left", "Far right", "Near right")


def opened(person: Person, customer: Customer, content: bytes) -> dict[str, Any]:
    """They look at the room that became of a photo."""
    project = customer.stage(content, filename="Attic.jpg")
    person.log_in(customer.account, f"/photos/{project['id']}")
    expect(person.page.get_by_role("heading", level=1)).to_be_visible()
    return project


def handle(person: Person, name: str) -> Locator:
    return person.page.get_by_role("slider", name=name)


def mark(person: Person) -> None:
    """Open the editor."""
    person.button(re.compile("ark the floor$")).click()
    expect(person.page.get_by_role("slider")).to_have_count(4)
    # With the photo the points get their places.
    person.has_settled()


def drag(person: Person, name: str, right: float, down: float) -> None:
    """Drag a point with the mouse, by so many pixels."""
    box = handle(person, name).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    person.page.mouse.move(x, y)
    person.page.mouse.down()
    person.page.mouse.move(x + right / 2, y + down / 2)
    person.page.mouse.move(x + right, y + down)
    person.page.mouse.up()


def text_of(person: Person, name: str) -> str:
    return handle(person, name).get_attribute("aria-valuetext") or ""


def moved(person: Person, name: str, before: str) -> None:
    """Wait until a point is elsewhere."""
    expect(handle(person, name)).not_to_have_attribute("aria-valuetext", before)


class TestRefused:
    def test_marking_the_floor_furnishes_a_room_that_was_refused(
        self, person: Person, customer: Customer
    ) -> None:
        project = opened(person, customer, BLANK)
        person.sees("This room could not be furnished")
        person.sees("What we saw")
        person.sees("Floor and walls hardly stand out from each other.")
        person.sees("It does not count.")
        mark(person)
        before = text_of(person, "Far left corner")
        drag(person, "Far left corner", -40, -30)
        moved(person, "Far left corner", before)
        person.page.get_by_role("switch", name="Mark a door").click()
        expect(handle(person, "Foot of the door")).to_be_visible()
        person.page.get_by_label("Height of the ceiling").fill("8' 6")
        person.button("Try again").click()
        person.sees("With the label")
        expect(person.page.get_by_role("dialog")).to_have_count(0)
        helped = customer.read(f"/v1/projects/{project['id']}")
        assert helped["status"] == "staged"
        options = helped["options"]
        assert options["ceiling_height_m"] == 2.59
        assert options["layout"]["door"]["foot"] == {"x": 0.5, "y": 0.66}
        assert options["layout"]["floor_corners"][1]["x"] < 0.28
        # Nothing was uploaded again, and the refusal was free.
        assert len(customer.read("/v1/projects")["items"]) == 1
        customer.settled(used=1)

    def test_it_can_be_done_without_a_mouse(self, person: Person, customer: Customer) -> None:
        project = opened(person, customer, BLANK)
        page = person.page
        person.button("Help us: mark the floor").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("slider")).to_have_count(4)
        seen = []
        for _ in range(12):
            name = page.evaluate("document.activeElement.getAttribute('aria-label')")
            if name and name not in seen:
                seen.append(name)
            page.keyboard.press("Tab")
        # In the order in which they lie around the floor.
        assert [name for name in seen if name.endswith("corner")] == [
            f"{corner} corner" for corner in CORNERS
        ]
        far = handle(person, "Far left corner")
        far.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
        expect(far).to_have_attribute("aria-valuetext", "28% from the left, 57% from the top")
        person.button("Try again").focus()
        page.keyboard.press("Enter")
        person.sees("With the label")
        corner = customer.read(f"/v1/projects/{project['id']}")["options"]["layout"]
        assert corner["floor_corners"][1] == {"x": 0.275, "y": 0.57}
        expect(page.get_by_role("heading", level=1)).to_be_focused()

    def test_marks_that_are_no_floor_are_explained_and_not_sent(
        self, person: Person, customer: Customer
    ) -> None:
        opened(person, customer, BLANK)
        mark(person)
        far = handle(person, "Far left corner")
        far.focus()
        for _ in range(12):
            person.page.keyboard.press("Shift+ArrowRight")
        person.sees("The left corners belong to the left of the right ones.")
        again = person.button("Try again")
        expect(again).to_have_attribute("aria-disabled", "true")
        far.focus()
        for _ in range(12):
            person.page.keyboard.press("Shift+ArrowLeft")
        expect(again).not_to_have_attribute("aria-disabled", "true")
        person.page.get_by_label("Height of the ceiling").fill("70")
        expect(again).to_have_attribute("aria-disabled", "true")
        person.page.get_by_label("Height of the ceiling").fill("")
        expect(again).not_to_have_attribute("aria-disabled", "true")
        person.page.keyboard.press("Escape")
        expect(person.page.get_by_role("dialog")).to_have_count(0)
        assert customer.read("/v1/projects")["items"][0]["status"] == "failed"

    def test_refused_again_it_can_be_tried_again(self, person: Person, customer: Customer) -> None:
        """Each opening of the editor is a new wish: the server must not take it for the last one."""
        project = opened(person, customer, BLANK)
        again = f"/v1/projects/{project['id']}/retry"
        mark(person)
        person.page.keyboard.press("Escape")
        assert customer.http.post(again).status_code == 202
        customer.settled(used=0)
        mark(person)
        person.button("Try again").click()
        person.sees("With the label")
        customer.settled(used=1)


class TestPhone:
    def test_finger_sees_what_it_covers(self, phone: Person, customer: Customer) -> None:
        opened(phone, customer, BLANK)
        phone.button("Help us: mark the floor").tap()
        point = handle(phone, "Far right corner")
        expect(point).to_be_visible()
        phone.has_settled()
        before = text_of(phone, "Far right corner")
        box = point.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch = phone.context.new_cdp_session(phone.page)

        def finger(kind: str, *points: tuple[float, float]) -> None:
            where = [{"x": each[0], "y": each[1]} for each in points]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

        finger("touchStart", (x, y))
        finger("touchMove", (x - 20, y - 15))
        glass = phone.page.locator("[data-glass]")
        expect(glass).to_be_visible()
        # On the other side of the photo.
        seen = glass.bounding_box()
        assert seen is not None
        assert seen["x"] + seen["width"] < x - 20
        finger("touchEnd")
        expect(glass).to_have_count(0)
        moved(phone, "Far right corner", before)

    def test_refused_room_is_saved_with_two_taps(self, phone: Person, customer: Customer) -> None:
        opened(phone, customer, BLANK)
        phone.button("Help us: mark the floor").tap()
        phone.button("Try again").tap()
        phone.sees("With the label")
        customer.settled(used=1)


class TestDoubtful:
    def test_it_is_to_be_looked_at_and_can_be_staged_again(
        self, person: Person, customer: Customer
    ) -> None:
        project = opened(person, customer, PALE)
        person.sees("Look at this one before you publish it")
        person.sees("Floor and walls hardly stand out from each other.")
        mark(person)
        person.sees("Costs one photo")
        person.button("Stage it again").click()
        person.sees("The same room, other looks")
        projects = customer.read("/v1/projects")["items"]
        assert len(projects) == 2
        assert projects[0]["photo_id"] == project["photo_id"]
        assert "layout" in projects[0]["options"]
        person.sees("With the label")
        expect(person.page.get_by_text("Look at this one before you publish it")).to_have_count(0)
        customer.settled(used=2)

    def test_its_tile_says_so(self, person: Person, customer: Customer) -> None:
        opened(person, customer, PALE)
        person.open("/", slug=customer.account.slug)
        person.sees("Look at it first")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (PALE, "Sehen Sie sich dieses an, bevor Sie es veröffentlichen"),
            (BLANK, "Es wurde kein Raum mit Boden und Wänden erkannt."),
        ],
    )
    def test_it_is_said_in_german(
        self, new_person: Any, customer: Customer, content: bytes, words: str
    ) -> None:
        person = new_person(language="de-DE")
        opened(person, customer, content)
        person.sees(re.compile(re.escape(words)))
        person.sees("Boden und Wände heben sich kaum voneinander ab.")
