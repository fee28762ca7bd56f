"""Lists, newest first, by cursor: stable while rows are added, and no counting."""

import base64
import binascii
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from stagify.errors import InvalidInputError

T = TypeVar("T")


class InvalidCursorError(InvalidInputError):
    """The cursor is not one of ours: start without it."""

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
    try:
        return UUID(bytes=base64.b64decode(cursor + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursorError from error


def page_params(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> PageParams:
    """`?limit=&cursor=` of a list."""
    return PageParams(limit=limit, after=decode_cursor(cursor) if cursor else None)


PageParamsDep = Annotated[PageParams, Depends(page_params)]
