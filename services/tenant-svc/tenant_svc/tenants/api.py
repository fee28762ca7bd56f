"""The routes of tenants."""

from typing import Annotated

from fastapi import APIRouter, Depends

from stagify.auth import requires
from stagify.dependencies import SessionDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from tenant_svc.parts import PartsDep
from tenant_svc.tenants import service
from tenant_svc.tenants.errors import TenantNotFoundError
from tenant_svc.tenants.schemas import TenantRead

router = APIRouter()

ReaderDep = Annotated[TenantPrincipal, Depends(requires("tenant:read"))]


@router.get("/v1/tenant", tags=["tenant"], responses=problems(TenantNotFoundError))
async def get_tenant(principal: ReaderDep, session: SessionDep, parts: PartsDep) -> TenantRead:
    """The tenant of this host."""
    tenant = await service.get_tenant(session, principal.tenant_id)
    return TenantRead.model_validate(
        {**tenant.model_dump(), "url": parts.settings.tenant_url(tenant.slug)}
    )
