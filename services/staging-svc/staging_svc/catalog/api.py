"""The route of the catalog."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Header, Response

from stagify.auth import TenantHostDep
from stagify.inputs import Opaque
from stagify.unchanged import ETAG_HEADER, NOT_MODIFIED, Kept
from staging_engine.port import Catalog, CatalogEntry
from staging_svc.catalog.schemas import CatalogRead, EntryRead, OptionsRead
from staging_svc.parts import PartsDep

router = APIRouter(tags=["catalog"])


@router.get(
    "/v1/catalog",
    response_model=CatalogRead,
    responses={200: {"headers": ETAG_HEADER}, 304: NOT_MODIFIED},
)
async def get_catalog(
    _: TenantHostDep,
    parts: PartsDep,
    if_none_match: Annotated[Opaque | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """Room types, styles and options; no credential needed."""
    return _rendered(parts.catalog).answer(if_none_match)


@lru_cache(maxsize=1)
def _rendered(catalog: Catalog) -> Kept:
    return Kept(read(catalog).model_dump_json().encode(), "private, max-age=300")


def read(catalog: Catalog) -> CatalogRead:
    """The catalog as clients see it."""
    return CatalogRead(
        room_types=_entries(catalog.room_types),
        styles=_entries(catalog.styles),
        options=OptionsRead(quality=_entries(catalog.qualities)),
    )


def _entries(entries: Sequence[CatalogEntry]) -> list[EntryRead]:
    return [
        EntryRead(key=entry.key, name=entry.name, description=entry.description)
        for entry in entries
    ]
