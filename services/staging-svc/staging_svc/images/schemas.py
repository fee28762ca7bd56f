"""The HTTP contract of images."""

from uuid import UUID

from pydantic import BaseModel


class ImageRead(BaseModel):
    """A stored photo. `url` is a stable path on this host that redirects to a short-lived link."""

    id: UUID
    url: str
    width: int
    height: int
    content_type: str
    size: int
    sha256: str


def image_url(image_id: UUID | str) -> str:
    """The stable path of an image."""
    return f"/v1/images/{image_id}"
