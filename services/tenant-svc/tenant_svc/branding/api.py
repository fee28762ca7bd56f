"""The routes of branding."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from stagify.auth import TenantHostDep, requires
from stagify.dependencies import SessionDep
from stagify.events.tenant import Branding
from stagify.inputs import Opaque
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from stagify.unchanged import ETAG_HEADER, NOT_MODIFIED, Kept
from tenant_svc.branding import service
from tenant_svc.branding.schemas import BrandingRead, BrandingUpdate
from tenant_svc.tenants.service import LOOK_UP_ERRORS

router = APIRouter(prefix="/v1/branding", tags=["tenant"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires("tenant:manage"))]


@router.get(
    "",
    response_model=BrandingRead,
    responses=problems(*LOOK_UP_ERRORS) | {200: {"headers": ETAG_HEADER}, 304: NOT_MODIFIED},
)
async def get_branding(
    principal: TenantHostDep,
    session: SessionDep,
    if_none_match: Annotated[Opaque | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """How the tenant of this host presents itself; no credential needed."""
    branding = await service.get_branding(session, principal.tenant_id)
    return _rendered(branding).answer(if_none_match)


@router.patch(
    "",
    response_model=BrandingRead,
    responses=problems(*service.CHANGE_ERRORS) | {200: {"headers": ETAG_HEADER}},
)
async def change_branding(
    body: BrandingUpdate,
    principal: ManagerDep,
    session: SessionDep,
    if_match: Annotated[Opaque | None, Header(alias="If-Match")] = None,
) -> Response:
    """Change the name that is shown, or the colours. Colours that could not be read are adjusted:
    `tokens` in the answer are those that are shown. With If-Match, nothing is changed if somebody else
    was faster."""
    branding = await service.change_branding(
        session,
        tenant_id=principal.tenant_id,
        wanted=body,
        is_expected=lambda now: if_match is None or _rendered(now).is_meant_by(if_match),
    )
    return _rendered(branding).answer()


def _rendered(branding: Branding) -> Kept:
    # Browsers keep it, and ask each time whether it is still the newest.
    body = BrandingRead.model_validate(branding).model_dump_json().encode()
    return Kept(body, "no-cache")
