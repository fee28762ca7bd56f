"""The routes of names."""

from typing import Annotated

from fastapi import APIRouter, Depends

from stagify.auth import PlatformDep, service_only
from stagify.calls.tenant import SLUG_ERRORS, SLUGS, SlugWish, SlugWishRead
from stagify.dependencies import SystemSessionDep
from stagify.inputs import Slug
from stagify.principal import Principal
from stagify.problems import problems
from tenant_svc.hosts import service
from tenant_svc.hosts.schemas import SlugRead

router = APIRouter()

IdentityDep = Annotated[Principal, Depends(service_only("identity-svc"))]


@router.get("/v1/slugs/{slug}", tags=["sign-up"])
async def look_up_slug(slug: Slug, _: PlatformDep, session: SystemSessionDep) -> SlugRead:
    """Whether this name is available for a new tenant."""
    return await service.look_up_slug(session, slug)


# With a slash in it, what was asked for is not a slug, and the answer has to say so.
@router.put(f"{SLUGS}/{{slug:path}}", tags=["internal"], responses=problems(*SLUG_ERRORS))
async def ask_for_slug(
    slug: Slug, body: SlugWish, _: IdentityDep, session: SystemSessionDep
) -> SlugWishRead:
    """Whether a sign-up may go on with this slug. Nothing is kept for it: the sign-up that is confirmed
    first gets the name."""
    await service.require_free_slug(session, slug)
    return SlugWishRead(slug=slug, expires_at=body.expires_at)
