"""The same journey with the real engine: Blender furnishes a photo of an empty room."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageChops

from proof.customers import Tenant, sign_up
from stagify_local.platform import Platform

ROOM = Path(__file__).parents[2] / "examples/rooms/room_a_living.jpg"

pytestmark = pytest.mark.engine


@pytest.fixture
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """A tenant of a platform of its own, because the shared one has the fast engine."""
    folder = tmp_path_factory.mktemp("real-platform")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    platform = Platform(folder, engine="blender", durable=False)
    platform.start()
    try:
        with contextlib.closing(sign_up(platform)) as tenant:
            yield tenant
    finally:
        platform.stop()


@pytest.mark.timeout(600)
def test_a_room_is_furnished(tenant: Tenant) -> None:
    upload_id = tenant.upload(ROOM.read_bytes())
    answer = tenant.create(upload_id, style="scandinavian", options={"quality": "draft"})
    assert answer.status_code == 202, answer.text
    project = tenant.finished(answer.json()["id"], patience_seconds=300)
    assert project["failure"] is None

    before, after = (_picture(tenant, project[name]["url"]) for name in ("original", "staged"))
    assert before.size == after.size == (1600, 1067)
    changed = ImageChops.difference(before, after).convert("L").point(lambda value: value > 24)
    share = sum(changed.histogram()[1:]) / (changed.width * changed.height)
    # Furniture fills a part of the picture, and leaves most of the room as it is.
    assert 0.02 < share < 0.5
    tenant.settled(used=1)


def _picture(tenant: Tenant, path: str) -> Image.Image:
    link = tenant.http.get(path).headers["location"]
    return Image.open(io.BytesIO(httpx.get(link).content)).convert("RGB")
