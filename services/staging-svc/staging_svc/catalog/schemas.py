"""The HTTP contract of the catalog."""

from pydantic import BaseModel


class EntryRead(BaseModel):
    """Something to choose: send the key, show the name."""

    key: str
    name: str
    description: str
    preview_url: str | None = None


class OptionsRead(BaseModel):
    """What a project's options may be."""

    quality: list[EntryRead]


class CatalogRead(BaseModel):
    """What customers can choose."""

    room_types: list[EntryRead]
    styles: list[EntryRead]
    options: OptionsRead
