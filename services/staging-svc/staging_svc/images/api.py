"""The routes of images."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from stagify.dependencies import SessionDep
from stagify.problems import problems
from staging_svc.images import service
from staging_svc.images.errors import ImageFormNotFoundError, ImageNotFoundError
from staging_svc.parts import PartsDep, ReaderDep

router = APIRouter(tags=["images"])

REDIRECT = {
    "description": "To a link that is valid for five minutes or more, and the same for up to five.",
    "headers": {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}},
}

Width = Annotated[
    Literal["320", "640", "1280"] | None,
    Query(alias="w", description="For screens: a WebP of this width, never wider than the photo."),
]
Label = Annotated[
    bool | None,
    Query(
        description='The staged photo with "Virtually staged" written into it, or without it, whatever'
        " the project's options say; always in full."
    ),
]


@router.get(
    "/v1/images/{image_id}",
    status_code=302,
    response_class=Response,
    responses={302: REDIRECT, **problems(ImageNotFoundError, ImageFormNotFoundError)},
)
async def get_image(
    image_id: UUID,
    _: ReaderDep,
    session: SessionDep,
    parts: PartsDep,
    download: bool = False,
    width: Width = None,
    label: Label = None,
) -> Response:
    """The photo, by a redirect to a short-lived link; with `download=1` as an attachment. Photos that have
    no smaller form are given in full."""
    link = await service.link_to(
        session,
        image_id,
        parts=parts,
        download=download,
        width=None if width is None else int(width),
        label=label,
    )
    headers = {
        "Location": link.url,
        # The link stays valid for longer than this answer is reused.
        "Cache-Control": f"private, max-age={link.seconds}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status_code=302, headers=headers)
