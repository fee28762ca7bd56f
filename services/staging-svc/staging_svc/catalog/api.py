"""The route of the catalog."""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from stagify.auth import TenantHostDep
from staging_engine.port import Catalog, CatalogEntry
from staging_svc.catalog.schemas import CatalogRead, EntryRead, OptionsRead
from staging_svc.parts import PartsDep

router = APIRouter(tags=["catalog"])


@router.get("/v1/catalog")
async def get_catalog(_: TenantHostDep, parts: PartsDep, response: Response) -> CatalogRead:
    """Room types, styles and options; no credential needed."""
    response.headers["Cache-Control"] = "private, max-age=300"
    return read(parts.catalog)


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
