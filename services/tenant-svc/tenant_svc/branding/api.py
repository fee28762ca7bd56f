"""The routes of branding."""

from fastapi import APIRouter

from stagify.auth import TenantHostDep
from stagify.dependencies import SessionDep
from stagify.problems import problems
from tenant_svc.branding import service
from tenant_svc.branding.schemas import BrandingRead
from tenant_svc.tenants.service import LOOK_UP_ERRORS

router = APIRouter()


@router.get("/v1/branding", tags=["tenant"], responses=problems(*LOOK_UP_ERRORS))
async def get_branding(principal: TenantHostDep, session: SessionDep) -> BrandingRead:
    """How the tenant of this host presents itself; no credential needed."""
    return await service.get_branding(session, principal.tenant_id)
