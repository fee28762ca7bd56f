"""The routes of tenant-svc."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.auth import PlatformDep, TenantHostDep, requires, service_only
from stagify.database import DatabaseDep, SessionDep, SystemSessionDep
from stagify.principal import Principal, TenantPrincipal
from stagify.problems import problems
from tenant_svc import service
from tenant_svc.directory import Directory
from tenant_svc.models import Slug, Tenant
from tenant_svc.schemas import (
    BrandingRead,
    SlugHold,
    SlugHoldRead,
    SlugRead,
    TenantCreate,
    TenantRead,
    TenantSummary,
)
from tenant_svc.settings import Settings

router = APIRouter()

ReaderDep = Annotated[TenantPrincipal, Depends(requires("tenant:read"))]
IdentityDep = Annotated[Principal, Depends(service_only("identity-svc"))]


async def request_settings(request: Request) -> Settings:
    """The settings this app was composed with."""
    settings: Settings = request.app.state.settings
    return settings


async def request_directory(request: Request) -> Directory:
    """The directory this app was composed with."""
    directory: Directory = request.app.state.directory
    return directory


SettingsDep = Annotated[Settings, Depends(request_settings)]
DirectoryDep = Annotated[Directory, Depends(request_directory)]


async def path_tenant_session(
    tenant_id: UUID, _: IdentityDep, database: DatabaseDep
) -> AsyncIterator[AsyncSession]:
    """The transaction of the tenant named in the path: it does not exist in any token yet."""
    async with database.tenant(tenant_id) as session:
        yield session


PathTenantSessionDep = Annotated[AsyncSession, Depends(path_tenant_session, scope="function")]


@router.get("/v1/tenant", tags=["tenant"], responses=problems(404))
async def get_tenant(
    principal: ReaderDep, session: SessionDep, settings: SettingsDep
) -> TenantRead:
    """The tenant of this host."""
    tenant = await service.get_tenant(session, principal.tenant_id)
    return TenantRead.model_validate(
        {**tenant.model_dump(), "url": settings.tenant_url(tenant.slug)}
    )


@router.get("/v1/branding", tags=["tenant"], responses=problems(404))
async def get_branding(principal: TenantHostDep, session: SessionDep) -> BrandingRead:
    """How the tenant of this host presents itself; no credential needed."""
    return await service.get_branding(session, principal.tenant_id)


@router.get("/v1/slugs/{slug}", tags=["sign-up"])
async def look_up_slug(slug: str, _: PlatformDep, session: SystemSessionDep) -> SlugRead:
    """Whether a tenant may be called this."""
    return await service.look_up_slug(session, slug)


@router.put("/internal/slugs/{slug}", tags=["internal"], responses=problems(409))
async def hold_slug(
    slug: str, body: SlugHold, _: IdentityDep, session: SystemSessionDep
) -> SlugHoldRead:
    """Keep a slug for a sign-up; the same sign-up may call again."""
    held = await service.hold_slug(
        session, slug=slug, signup_id=body.signup_id, expires_at=body.expires_at
    )
    return _hold_read(held)


@router.put("/internal/tenants/{tenant_id}", tags=["internal"], responses=problems(409))
async def create_tenant(
    tenant_id: UUID,
    body: TenantCreate,
    session: PathTenantSessionDep,
    settings: SettingsDep,
    directory: DirectoryDep,
) -> TenantSummary:
    """Create the tenant of a confirmed sign-up; the same call again has the same answer."""
    tenant = await service.create_tenant(
        session,
        tenant_id=tenant_id,
        wanted=body,
        plan=settings.default_plan,
        default_region=settings.default_region,
        confirm_within=settings.provisioning_timeout,
        directory=directory,
    )
    return _summary(tenant, settings)


def _hold_read(slug: Slug) -> SlugHoldRead:
    return SlugHoldRead.model_validate(slug.model_dump())


def _summary(tenant: Tenant, settings: Settings) -> TenantSummary:
    return TenantSummary.model_validate(
        {**tenant.model_dump(), "url": settings.tenant_url(tenant.slug)}
    )
