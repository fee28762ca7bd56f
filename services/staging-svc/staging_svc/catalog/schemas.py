"""The HTTP contract of the catalog."""

from pydantic import BaseModel


class EntryRead(BaseModel):
    """Something to choose: send the key, show the name."""

    key: str
    name: str
    description: str
    preview_url: str | None = None


class OptionsRead(BaseModel):
    """What may go into a project's options."""

    quality: list[EntryRead]


class CatalogRead(BaseModel):
    """What can be asked for."""

    room_types: list[EntryRead]
    styles: list[EntryRead]
    options: OptionsRead
