"""The HTTP contract of uploads."""

from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import FileName, Opaque, Whole

# The types that are welcome. What the file is decides in the end: a PNG that is declared as a JPEG is
# taken for the PNG it is.
PHOTO_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
)
# Other names that programs have for them.
TYPE_ALIASES = MappingProxyType(
    {
        "image/jpg": "image/jpeg",
        "image/jpe": "image/jpeg",
        "image/jfif": "image/jpeg",
        "image/pjpeg": "image/jpeg",
        "image/pipeg": "image/jpeg",
        "image/x-jpeg": "image/jpeg",
        "image/x-jpg": "image/jpeg",
        "image/x-citrix-jpeg": "image/jpeg",
        "image/x-png": "image/png",
        "image/x-citrix-png": "image/png",
        "image/x-webp": "image/webp",
        "image/heic-sequence": "image/heic",
        "image/heif-sequence": "image/heif",
        "image/avif-sequence": "image/avif",
    }
)

Side = Annotated[int, Whole(1, 2**31 - 1)]


def photo_type(declared: str) -> str | None:
    """The welcome type that `declared` names, or None: without parameters, in lower case (RFC 9110,
    8.3.1), and by its registered name."""
    bare = declared.partition(";")[0].strip().lower()
    known = TYPE_ALIASES.get(bare, bare)
    return known if known in PHOTO_TYPES else None


class UploadCreate(BaseModel):
    """What a client is going to upload."""

    model_config = ConfigDict(extra="forbid")

    filename: Annotated[FileName, Field(examples=["living_room.jpg"])]
    content_type: Annotated[
        Opaque, Field(max_length=255, json_schema_extra={"enum": [*PHOTO_TYPES]})
    ]
    # Above 2**53, not every program reads the same number out of JSON (RFC 8259, section 6).
    size: Annotated[int, Whole(1, 2**53), Field(description="The exact number of bytes.")]
    width: Side | None = Field(
        default=None,
        description="With `height`, in pixels: what is too large or too small is refused before the"
        " upload and not after it.",
    )
    height: Side | None = None


class UploadRead(BaseModel):
    """Where to put the photo: send exactly these headers. If a PUT is answered with 412, an earlier one
    has already stored the photo: go on."""

    id: UUID
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    expires_at: datetime
