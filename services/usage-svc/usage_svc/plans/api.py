"""The routes of what a tenant's plan includes."""

from typing import Annotated

from fastapi import APIRouter, Depends

from stagify.auth import requires, service_for_tenant
from stagify.calls.usage import ENTITLEMENTS, EntitlementsRead
from stagify.dependencies import SessionDep
from stagify.principal import TenantPrincipal
from usage_svc.parts import PartsDep
from usage_svc.plans import service

router = APIRouter()

ReaderDep = Annotated[TenantPrincipal, Depends(requires("tenant:read"))]
IdentityDep = Annotated[TenantPrincipal, Depends(service_for_tenant("identity-svc"))]


@router.get("/v1/entitlements", tags=["plans"])
async def read_entitlements(
    caller: ReaderDep, session: SessionDep, parts: PartsDep
) -> EntitlementsRead:
    """The workspace's plan, and the features and quantities that it includes."""
    return await service.read_entitlements(session, caller.tenant_id, parts.plans)


@router.get(ENTITLEMENTS, tags=["internal"])
async def tell_entitlements(
    caller: IdentityDep, session: SessionDep, parts: PartsDep
) -> EntitlementsRead:
    """The same, for the sessions that identity-svc shows."""
    return await service.read_entitlements(session, caller.tenant_id, parts.plans)
