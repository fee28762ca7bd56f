"""The routes of images."""

from uuid import UUID

from fastapi import APIRouter, Response

from stagify.dependencies import SessionDep
from stagify.problems import problems
from staging_svc.images import service
from staging_svc.images.errors import ImageNotFoundError
from staging_svc.parts import PartsDep, ReaderDep

router = APIRouter(tags=["images"])

# The redirect may be reused for this long; the link it leads to is valid for longer.
CACHE_SECONDS = 60

REDIRECT = {
    "description": "To a link that is valid for five minutes.",
    "headers": {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}},
}


@router.get(
    "/v1/images/{image_id}",
    status_code=302,
    response_class=Response,
    responses={302: REDIRECT, **problems(ImageNotFoundError)},
)
async def get_image(
    image_id: UUID,
    _: ReaderDep,
    session: SessionDep,
    parts: PartsDep,
    download: bool = False,
) -> Response:
    """The photo, by a redirect to a short-lived link; with `download=1` as an attachment."""
    link = await service.link_to(session, image_id, parts=parts, download=download)
    headers = {
        "Location": link,
        "Cache-Control": f"private, max-age={CACHE_SECONDS}",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(status_code=302, headers=headers)
