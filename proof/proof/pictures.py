"""The pictures and the short recording of the web app with which the README begins.

`make pictures` starts a platform with the real engine and lets somebody furnish the example rooms in a
browser, which takes some minutes. The files are committed; make them anew when the app looks different.
"""

import argparse
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page

from proof.browser import chromium
from proof.customers import new_account
from proof.person import Person, Picture
from proof.platforms import running
from stagify_local.customer import Customer
from stagify_local.platform import REPOSITORY, Platform
from stagify_local.waiting import eventually

ROOMS = REPOSITORY / "examples/rooms"
IMAGES = REPOSITORY / "docs/images"
NAMES = {
    "room_a_living": "Lakeside 4, living room",
    "room_b_bedroom": "Lakeside 4, bedroom",
    "room_c_loft": "Harbour lofts, 2nd floor",
}
# Each room in one style, and in these: two full rows.
STYLES = (("modern", "industrial"), ("modern", "industrial"), ("modern",))
DESK = {"width": 1280, "height": 800}
# The recording is smaller than the pictures, so that it stays light.
SHOWN = (960, 600)
MAX_BYTES = 2_000_000
QUALITIES = range(80, 30, -6)
# How long the engine may take for all of them.
PATIENCE_SECONDS = 600
LOADED = (
    "() => [...document.images].every(({ complete, loading }) => complete || loading === 'lazy')"
)
# What a colleague would set up first.
BRAND = {"colors": {"primary": "#1f4d3a", "accent": "#b8763e"}}

Frame = tuple[Image.Image, int]


class Recording:
    """Screenshots of a page, each with the milliseconds for which it is shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Frame] = []

    def take(self, milliseconds: int) -> None:
        """What the page shows now."""
        shot = Image.open(io.BytesIO(self.page.screenshot()))
        self.frames.append(
            (shot.convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS), milliseconds)
        )

    def thin(self, since: int, most: int) -> None:
        """Keep at most so many of the frames after the first `since`, evenly spread."""
        some = self.frames[since:]
        step = max(1, -(-len(some) // most))
        self.frames[since:] = some[::step]

    def save(self, path: Path) -> None:
        """Write it as an animation, as good as fits."""
        pictures = [picture for picture, _ in self.frames]
        spent = [milliseconds for _, milliseconds in self.frames]
        for quality in QUALITIES:
            file = io.BytesIO()
            pictures[0].save(
                file,
                "WEBP",
                save_all=True,
                append_images=pictures[1:],
                duration=spent,
                loop=0,
                quality=quality,
                method=4,
            )
            if file.tell() <= MAX_BYTES:
                path.write_bytes(file.getvalue())
                return
        raise ValueError(f"{path.name} does not fit into {MAX_BYTES} bytes")


def settle(page: Page) -> None:
    """Wait until every picture in sight is there, and has been faded in."""
    page.wait_for_function(LOADED)
    page.wait_for_timeout(400)


def still(page: Page, name: str) -> None:
    """Keep what the page shows as a picture of the README."""
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").save(IMAGES / name, "WEBP", quality=84, method=6)


def rooms() -> Iterable[Picture]:
    """The example rooms, as somebody would name them."""
    for file, name in NAMES.items():
        yield Picture(f"{name}.jpg", (ROOMS / f"{file}.jpg").read_bytes())


def finished(customer: Customer, many: int) -> None:
    """Wait until so many photos are furnished."""

    def look() -> bool:
        items = customer.read("/v1/projects")["items"]
        return [each["status"] for each in items].count("staged") == many

    eventually(look, PATIENCE_SECONDS, what=f"{many} photos to be furnished")


def furnish(customer: Customer) -> None:
    """The workspace as it is after a week: every room in several styles."""
    for picture, others in zip(rooms(), STYLES, strict=True):
        upload = customer.upload(picture.content, filename=picture.name)
        made = customer.create(upload, style="scandinavian", name=picture.name.removesuffix(".jpg"))
        first = made.raise_for_status().json()["id"]
        customer.finished(first, patience_seconds=PATIENCE_SECONDS)
        for style in others:
            body = {"style": style}
            path = f"/v1/projects/{first}/variations"
            again = customer.http.post(path, json=body, headers={"Idempotency-Key": style})
            again.raise_for_status()
    finished(customer, len(NAMES) + sum(map(len, STYLES)))


def record(person: Person, customer: Customer) -> Recording:
    """From the first photo to the furnished room, as somebody sees it who does it."""
    page = person.page
    film = Recording(page)
    person.open("/", slug=customer.account.slug)
    person.sees("Your first room takes a minute")
    settle(page)
    film.take(1600)
    person.choose([next(iter(rooms()))])
    person.sees("Stage 1 photo")
    settle(page)
    film.take(1400)
    page.get_by_role("dialog").locator("label", has_text="Scandinavian").click()
    film.take(1000)
    person.button("Stage 1 photo").click()
    page.get_by_role("dialog").wait_for(state="detached")
    tile = page.locator("[data-tile]").first
    tile.wait_for()
    film.take(900)
    tile.click()
    begun = len(film.frames)
    while not page.get_by_role("slider").count():
        film.take(220)
        page.wait_for_timeout(400)
    film.thin(begun, 12)
    settle(page)
    film.take(1400)
    handle = page.get_by_role("slider")
    handle.focus()
    for key, steps in (("ArrowRight", 9), ("ArrowLeft", 18), ("ArrowRight", 9)):
        for _ in range(steps):
            page.keyboard.press(key)
            page.wait_for_timeout(30)
            film.take(90)
    film.take(2200)
    return film


def show(platform: Platform, browser: Browser) -> None:
    """Make the pictures."""
    account = new_account(platform.gateway_port, "lakeside")
    customer = Customer(account)
    customer.sign_up("Lakeside Homes", platform.mail_dir)
    customer.log_in()
    customer.browser.patch("/v1/branding", json=BRAND).raise_for_status()
    customer.use_new_key("pictures")
    customer.await_active()
    person = Person(browser, platform.gateway_port, size=DESK, calm=True)
    person.log_in(customer.account)
    record(person, customer).save(IMAGES / "app.webp")
    for project in customer.read("/v1/projects")["items"]:
        customer.http.delete(f"/v1/projects/{project['id']}", params={"permanently": "true"})
    furnish(customer)
    person.open("/", slug=account.slug)
    person.page.locator("[data-tile]").nth(7).wait_for()
    settle(person.page)
    still(person.page, "app_photos.webp")
    person.page.locator("[data-tile]").first.click()
    person.is_at(re.compile("/photos/"))
    person.page.get_by_role("slider").wait_for()
    person.page.mouse.move(0, 0)
    settle(person.page)
    still(person.page, "app_photo.webp")


def main() -> None:
    """Make the pictures with the engine that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["blender", "fast"], default="blender")
    engine: Literal["blender", "fast"] = parser.parse_args().engine
    with running(engine=engine) as platform, chromium() as browser:
        show(platform, browser)


if __name__ == "__main__":
    main()
