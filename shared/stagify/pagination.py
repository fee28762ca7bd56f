"""Lists, newest first, with cursors: pages stay stable while rows are added, and nothing is counted."""

import base64
import re
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from pydantic.config import JsonDict

from stagify.errors import InvalidInputError
from stagify.inputs import Opaque

T = TypeVar("T")

# 16 bytes in unpadded base64.
CURSOR = re.compile(r"[A-Za-z0-9_-]{22}")
# For clients to read. We check cursors ourselves, so that a wrong one has a code of its own. An empty
# cursor asks for the first page.
CURSOR_SCHEMA: JsonDict = {"pattern": f"^({CURSOR.pattern})?$"}


class InvalidCursorError(InvalidInputError):
    """This cursor is not valid: start again without one."""

    code = "invalid_cursor"


class Page(BaseModel, Generic[T]):
    """One page; `next_cursor` is null on the last. Derive a class for each kind of item: its name is
    that of the schema."""

    items: list[T]
    next_cursor: str | None


class PageParams(BaseModel, frozen=True):
    """What the caller asked for; the page starts after the item with the id `after`."""

    limit: int
    after: UUID | None


def encode_cursor(last_id: UUID) -> str:
    """The cursor for the page after `last_id`. Ids are UUIDv7, so they are in the order of time."""
    return base64.urlsafe_b64encode(last_id.bytes).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> UUID:
    """The id in `cursor`; InvalidCursorError if there is none."""
    if CURSOR.fullmatch(cursor) is None:
        raise InvalidCursorError
    return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))


def page_params(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[Opaque | None, Query(json_schema_extra=CURSOR_SCHEMA)] = None,
) -> PageParams:
    """The parameters `limit` and `cursor` of a list."""
    return PageParams(limit=limit, after=decode_cursor(cursor) if cursor else None)


PageParamsDep = Annotated[PageParams, Depends(page_params)]
