"""The HTTP contract of images."""

from uuid import UUID

from pydantic import BaseModel, Field


class ImageRead(BaseModel):
    """A stored photo. `url` is a stable path on this host that redirects to a short-lived link;
    `placeholder` is a ThumbHash of the photo in base64, null for photos that were stored without one."""

    id: UUID
    url: str
    width: int
    height: int
    content_type: str
    size: int
    sha256: str
    placeholder: str | None = Field(examples=["1QcSHQRnh493V4dIh4eXh1h4kJUI"])


def image_url(image_id: UUID | str) -> str:
    """The stable path of an image."""
    return f"/v1/images/{image_id}"
