"""The HTTP contract of the catalog."""

from pydantic import BaseModel


class EntryRead(BaseModel):
    """Something to choose: send the key, show the name. `preview_url` is a path on this host that never
    changes what it shows; qualities have none."""

    key: str
    name: str
    description: str
    preview_url: str | None


class OptionsRead(BaseModel):
    """What a project's options may be."""

    quality: list[EntryRead]


class LimitsRead(BaseModel):
    """What a photo may be: the size of its file, its pixels, its shorter side, and the types that an
    upload may declare."""

    max_bytes: int
    max_megapixels: int
    min_side: int
    content_types: list[str]


class CatalogRead(BaseModel):
    """What customers can choose, and which photos they can upload."""

    room_types: list[EntryRead]
    styles: list[EntryRead]
    options: OptionsRead
    limits: LimitsRead
