"""The routes of the life cycle."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from stagify.auth import service_only
from stagify.calls.tenant import TENANTS, TenantCreate, TenantSummary
from stagify.database import Session
from stagify.dependencies import DatabaseDep
from stagify.principal import Principal
from stagify.problems import problems
from tenant_svc.lifecycle import service
from tenant_svc.parts import PartsDep
from tenant_svc.tenants.service import CREATION_ERRORS

router = APIRouter()

IdentityDep = Annotated[Principal, Depends(service_only("identity-svc"))]


async def path_tenant_session(
    tenant_id: UUID, _: IdentityDep, database: DatabaseDep
) -> AsyncIterator[Session]:
    """The transaction of the tenant named in the path: it does not exist in any token yet."""
    async with database.tenant(tenant_id) as session:
        yield session


PathTenantSessionDep = Annotated[Session, Depends(path_tenant_session, scope="function")]


@router.put(f"{TENANTS}/{{tenant_id}}", tags=["internal"], responses=problems(*CREATION_ERRORS))
async def create_tenant(
    tenant_id: UUID, body: TenantCreate, session: PathTenantSessionDep, parts: PartsDep
) -> TenantSummary:
    """Create the tenant of a confirmed sign-up; the same call again has the same answer."""
    settings = parts.settings
    tenant = await service.provision_tenant(
        session,
        tenant_id=tenant_id,
        wanted=body,
        plan=settings.default_plan,
        region=settings.default_region,
        confirm_within=settings.provisioning_timeout,
    )
    return TenantSummary.model_validate(
        {**tenant.model_dump(), "url": settings.tenant_url(tenant.slug)}
    )
