"""The pictures of the catalog: small files that come with the service (`make previews` makes them).

The name that clients see contains a hash of the content, so an answer never changes.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).with_name("previews")
MAX_BYTES = 12_000

Kind = Literal["room_type", "style"]


@cache
def previews() -> Mapping[str, bytes]:
    """All pictures by the names that clients see."""
    files = sorted(FOLDER.glob("*.webp"))
    return {_name(path.stem, content): content for path in files for content in [path.read_bytes()]}


def preview_url(kind: Kind, key: str) -> str | None:
    """Where the picture of a room type or a style is, if it has one."""
    for name in previews():
        if name.startswith(f"{kind}-{key}."):
            return f"/v1/catalog/previews/{name}"
    return None


def _name(stem: str, content: bytes) -> str:
    return f"{stem}.{sha256(content).hexdigest()[:12]}.webp"
