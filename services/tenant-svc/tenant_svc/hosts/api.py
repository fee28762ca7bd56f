"""The routes of names."""

from typing import Annotated

from fastapi import APIRouter, Depends

from stagify.auth import PlatformDep, service_only
from stagify.calls.tenant import SLUGS, SlugHold, SlugHoldRead
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
@router.put(f"{SLUGS}/{{slug:path}}", tags=["internal"], responses=problems(409))
async def hold_slug(
    slug: Slug, body: SlugHold, _: IdentityDep, session: SystemSessionDep
) -> SlugHoldRead:
    """Keep a slug for a sign-up; the same sign-up may call again."""
    held = await service.hold_slug(
        session, slug=slug, signup_id=body.signup_id, expires_at=body.expires_at
    )
    return SlugHoldRead.model_validate(held.model_dump())
