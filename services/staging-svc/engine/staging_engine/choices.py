"""The choices that both engines offer; anything else is refused."""

from __future__ import annotations

from staging_engine.port import Catalog, CatalogEntry, StagingRefusedError, StagingRequest

CATALOG = Catalog(
    room_types=(
        CatalogEntry("living_room", "Living room", "Sofa, armchairs, coffee table, lamp, rug."),
        CatalogEntry("bedroom", "Bedroom", "Double bed, nightstands, chest, rug."),
        CatalogEntry("dining_room", "Dining room", "Table with chairs, pendant lamp, sideboard."),
    ),
    styles=(
        CatalogEntry("modern", "Modern", "Clean shapes, greys and white, rust and navy accents."),
        CatalogEntry("scandinavian", "Scandinavian", "Oak and wool, light colours, sage accents."),
        CatalogEntry("industrial", "Industrial", "Leather, steel and reclaimed wood."),
    ),
    qualities=(
        CatalogEntry("draft", "Draft", "A quick look; coarse edges."),
        CatalogEntry("standard", "Standard", "For listings on the web."),
        CatalogEntry("high", "High", "For print; takes several times as long."),
    ),
)


def check_choices(request: StagingRequest) -> None:
    """Refuse a room type or a style that is not in the catalogue."""
    room_types = [entry.key for entry in CATALOG.room_types]
    if request.room_type not in room_types:
        raise StagingRefusedError(
            "unsupported_room_type",
            f"The room type {request.room_type!r} is not offered; choose from {_list(room_types)}.",
        )
    styles = [entry.key for entry in CATALOG.styles]
    if request.style not in styles:
        raise StagingRefusedError(
            "unsupported_style",
            f"The style {request.style!r} is not offered; choose from {_list(styles)}.",
        )


def _list(keys: list[str]) -> str:
    return ", ".join(keys)
