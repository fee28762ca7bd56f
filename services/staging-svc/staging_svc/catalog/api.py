"""The routes of the catalog."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from stagify.auth import TenantHostDep
from stagify.inputs import Opaque
from stagify.problems import problems
from stagify.unchanged import ETAG_HEADER, NOT_MODIFIED, Kept
from staging_engine.port import Catalog, CatalogEntry
from staging_svc.catalog.errors import PreviewNotFoundError
from staging_svc.catalog.previews import Kind, preview_url, previews
from staging_svc.catalog.schemas import CatalogRead, EntryRead, LimitsRead, OptionsRead
from staging_svc.parts import PartsDep
from staging_svc.photos.service import LIMITS, MEGAPIXEL
from staging_svc.uploads.schemas import PHOTO_TYPES

router = APIRouter(tags=["catalog"])

# Without its type: not every generator of clients knows one for pictures.
PICTURE = {"description": "A small WebP, which never changes under this name."}


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
    """Room types, styles and options, and what a photo may be; no credential needed."""
    rendered = _rendered(parts.catalog, parts.settings.upload_max_bytes)
    return rendered.answer(if_none_match)


@router.get(
    "/v1/catalog/previews/{preview}",
    response_class=Response,
    responses={200: PICTURE, **problems(PreviewNotFoundError)},
)
async def get_preview(
    _: TenantHostDep, preview: Annotated[Opaque, Path(examples=[next(iter(previews()))])]
) -> Response:
    """A picture that the catalog names; no credential needed."""
    content = previews().get(preview)
    if content is None:
        raise PreviewNotFoundError
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="image/webp", headers=headers)


@lru_cache(maxsize=1)
def _rendered(catalog: Catalog, max_bytes: int) -> Kept:
    body = read(catalog, max_bytes).model_dump_json().encode()
    return Kept(body, "private, max-age=300")


def read(catalog: Catalog, max_bytes: int) -> CatalogRead:
    """The catalog as clients see it; `max_bytes` is what an upload may have here."""
    return CatalogRead(
        room_types=_entries(catalog.room_types, "room_type"),
        styles=_entries(catalog.styles, "style"),
        options=OptionsRead(quality=_entries(catalog.qualities)),
        limits=LimitsRead(
            max_bytes=max_bytes,
            max_megapixels=LIMITS.max_pixels // MEGAPIXEL,
            min_side=LIMITS.min_side,
            content_types=[*PHOTO_TYPES],
        ),
    )


def _entries(entries: Sequence[CatalogEntry], kind: Kind | None = None) -> list[EntryRead]:
    return [
        EntryRead(
            key=entry.key,
            name=entry.name,
            description=entry.description,
            preview_url=preview_url(kind, entry.key) if kind else None,
        )
        for entry in entries
    ]
