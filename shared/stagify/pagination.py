"""Lists, newest first, by cursor: stable while rows are added, and no counting."""

import base64
import re
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from pydantic.config import JsonDict

from stagify.errors import InvalidInputError

T = TypeVar("T")

# 16 bytes in unpadded base64.
CURSOR = re.compile(r"[A-Za-z0-9_-]{22}")
# Told to clients, and refused by us, with a code of its own. An empty one asks for the first page.
CURSOR_SCHEMA: JsonDict = {"pattern": f"^({CURSOR.pattern})?$"}


class InvalidCursorError(InvalidInputError):
    """This cursor is not valid: start again without one."""

    code = "invalid_cursor"


class Page(BaseModel, Generic[T]):
    """One page; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


class PageParams(BaseModel, frozen=True):
    """What the caller asked for. `after` is the id the page starts behind."""

    limit: int
    after: UUID | None


def encode_cursor(last_id: UUID) -> str:
    """The cursor that continues behind `last_id`. Ids are UUIDv7, so their order is time's."""
    return base64.urlsafe_b64encode(last_id.bytes).rstrip(b"=").decode()


def decode_cursor(cursor: str) -> UUID:
    """The id inside `cursor`; InvalidCursorError if it is not one."""
    if CURSOR.fullmatch(cursor) is None:
        raise InvalidCursorError
    return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))


def page_params(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(json_schema_extra=CURSOR_SCHEMA)] = None,
) -> PageParams:
    """`?limit=&cursor=` of a list."""
    return PageParams(limit=limit, after=decode_cursor(cursor) if cursor else None)


PageParamsDep = Annotated[PageParams, Depends(page_params)]
