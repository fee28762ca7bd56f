"""The same journey with the real engine: Blender furnishes a photo of an empty room."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from proof.customers import sign_up
from proof.platforms import running
from stagify_local.customer import Customer, at_link

ROOM = Path(__file__).parents[2] / "examples/rooms/room_a_living.jpg"

pytestmark = pytest.mark.engine


@pytest.fixture
def customer() -> Iterator[Customer]:
    """A customer of a platform of its own, because the shared one has the fast engine."""
    with running(engine="blender", durable=False) as platform, sign_up(platform) as customer:
        yield customer


@pytest.mark.timeout(1_200)
def test_a_room_is_furnished(customer: Customer) -> None:
    upload_id = customer.upload(ROOM.read_bytes())
    answer = customer.create(upload_id, style="scandinavian", options={"quality": "draft"})
    assert answer.status_code == 202, answer.text
    project = customer.finished(answer.json()["id"], patience_seconds=900)
    assert project["failure"] is None

    before, after = (_picture(customer, project[name]["url"]) for name in ("original", "staged"))
    assert before.size == after.size == (1600, 1067)
    changed = ImageChops.difference(before, after).convert("L").point(lambda value: value > 24)
    share = sum(changed.histogram()[1:]) / (changed.width * changed.height)
    # Furniture fills a part of the picture, and most of the room stays as it is.
    assert 0.02 < share < 0.5
    customer.settled(used=1)


def _picture(customer: Customer, path: str) -> Image.Image:
    link = customer.http.get(path).headers["location"]
    return Image.open(io.BytesIO(customer.http.send(at_link(link)).content)).convert("RGB")
