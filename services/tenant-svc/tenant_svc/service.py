"""The use cases around names and tenants; `lifecycle` has what happens to a tenant afterwards."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from stagify.events.tenant import TenantCreated
from stagify.outbox import publish
from tenant_svc import slugs
from tenant_svc.directory import Directory
from tenant_svc.errors import (
    SlugInvalidError,
    SlugReservedError,
    SlugTakenError,
    TenantConflictError,
    TenantExpiredError,
    TenantNotFoundError,
)
from tenant_svc.models import Provisioning, Slug, Tenant
from tenant_svc.schemas import BrandingColors, BrandingRead, SlugRead, TenantCreate

# A hold outlives no sign-up code, whatever the caller asks for.
MAX_HOLD = timedelta(hours=24)
# The platform's own colours: what a tenant shows until it has chosen others.
DEFAULT_COLORS = BrandingColors(primary="#1f4d3a", accent="#c98a3c")


async def look_up_slug(session: AsyncSession, slug: str) -> SlugRead:
    """Whether `slug` may be had now; if not, why, and the nearest one that may."""
    try:
        slugs.check_slug(slug)
    except (SlugInvalidError, SlugReservedError) as error:
        reason = error.code
    else:
        if not await _taken(session, [slug]):
            return SlugRead(available=True)
        reason = SlugTakenError.code
    return SlugRead.model_validate(
        {"available": False, "reason": reason, "suggestion": await _suggestion(session, slug)}
    )


async def _suggestion(session: AsyncSession, slug: str) -> str | None:
    near = list(slugs.candidates(slug))
    taken = await _taken(session, near)
    return next((name for name in near if name not in taken), None)


async def _taken(session: AsyncSession, names: list[str]) -> set[str]:
    """Those of `names` that a tenant has or a sign-up holds."""
    query = select(Slug.slug).where(
        col(Slug.slug).in_(names),
        or_(col(Slug.tenant_id).is_not(None), col(Slug.expires_at) > utc_now()),
    )
    return set(await session.exec(query))


async def hold_slug(
    session: AsyncSession, *, slug: str, signup_id: UUID, expires_at: datetime
) -> Slug:
    """Keep `slug` for a sign-up until `expires_at`; again for the same sign-up moves the time.

    A sign-up holds one name: another one it held before is free again.
    """
    slugs.check_slug(slug)
    values = {
        "slug": slug,
        "signup_id": signup_id,
        "expires_at": min(expires_at, utc_now() + MAX_HOLD),
    }
    free = col(Slug.tenant_id).is_(None) & (
        (col(Slug.signup_id) == signup_id) | (col(Slug.expires_at) <= utc_now())
    )
    statement = (
        insert(Slug)
        .values(values)
        .on_conflict_do_update(index_elements=["slug"], set_=values, where=free)
        .returning(Slug)
    )
    held: Slug | None = (await session.execute(statement)).scalar_one_or_none()
    if held is None:
        raise SlugTakenError(slug=slug)
    other = col(Slug.signup_id) == signup_id, col(Slug.slug) != slug, col(Slug.tenant_id).is_(None)
    await session.execute(delete(Slug).where(*other))
    return held


async def create_tenant(
    session: AsyncSession,
    *,
    tenant_id: UUID,
    wanted: TenantCreate,
    plan: str,
    default_region: str,
    confirm_within: timedelta,
    directory: Directory,
) -> Tenant:
    """Create the tenant of a confirmed sign-up, or return it if it is there already.

    The row of the slug is locked first, so that of two equal calls the second sees the first.
    """
    slugs.check_slug(wanted.slug)
    slug = await _lock_slug(session, wanted.slug, wanted.signup_id)
    existing = await session.get(Tenant, tenant_id)
    if existing is not None:
        return _same_tenant(existing, wanted)
    if slug.tenant_id is not None or slug.signup_id != wanted.signup_id:
        raise SlugTakenError(slug=wanted.slug)
    slug.tenant_id = tenant_id
    slug.expires_at = None
    tenant = Tenant(
        id=tenant_id,
        slug=wanted.slug,
        name=wanted.name,
        type=wanted.type,
        plan=plan,
        region=wanted.region or default_region,
        owner_user_id=wanted.owner_user_id,
        signup_id=wanted.signup_id,
    )
    session.add(tenant)
    session.add(
        Provisioning(
            tenant_id=tenant_id,
            started_at=tenant.created_at,
            expires_at=tenant.created_at + confirm_within,
        )
    )
    publish(session, _created(tenant))
    directory.publish(session, tenant)
    return tenant


async def _lock_slug(session: AsyncSession, slug: str, signup_id: UUID) -> Slug:
    """The locked row of `slug`, made if the hold has been swept away in the meantime."""
    values = {"slug": slug, "signup_id": signup_id, "expires_at": utc_now()}
    await session.execute(insert(Slug).values(values).on_conflict_do_nothing())
    query = select(Slug).where(Slug.slug == slug).with_for_update()
    found = (await session.exec(query)).one()
    if found.tenant_id is None and found.expires_at is not None and found.expires_at <= utc_now():
        found.signup_id = signup_id
    return found


def _same_tenant(tenant: Tenant, wanted: TenantCreate) -> Tenant:
    if tenant.status == "expired":
        raise TenantExpiredError
    for name in ("signup_id", "slug", "name", "type", "owner_user_id"):
        if getattr(tenant, name) != getattr(wanted, name):
            raise TenantConflictError
    return tenant


def _created(tenant: Tenant) -> TenantCreated:
    return TenantCreated.model_validate(
        {
            "tenant_id": tenant.id,
            "slug": tenant.slug,
            "name": tenant.name,
            "type": tenant.type,
            "plan": tenant.plan,
            "region": tenant.region,
            "owner_user_id": tenant.owner_user_id,
        }
    )


async def get_tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """The tenant, or TenantNotFoundError."""
    tenant = await session.get(Tenant, tenant_id)
    if tenant is None:
        raise TenantNotFoundError
    return tenant


async def lock_tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """The tenant, locked: what happens to one tenant happens one after the other."""
    tenant = await session.get(Tenant, tenant_id, with_for_update=True, populate_existing=True)
    if tenant is None:
        raise TenantNotFoundError
    return tenant


async def find_tenant_id(session: AsyncSession, slug: str) -> UUID:
    """The id of the tenant called `slug`; slugs can be read without knowing the tenant."""
    found = await session.get(Slug, slug)
    if found is None or found.tenant_id is None:
        raise TenantNotFoundError
    return found.tenant_id


async def get_branding(session: AsyncSession, tenant_id: UUID) -> BrandingRead:
    """How the tenant presents itself to visitors."""
    tenant = await get_tenant(session, tenant_id)
    return BrandingRead(name=tenant.name, colors=DEFAULT_COLORS)


async def named_tenants(session: AsyncSession) -> list[UUID]:
    """Every tenant that has a name, and so a host."""
    query = select(Slug.tenant_id).where(col(Slug.tenant_id).is_not(None))
    return [tenant_id for tenant_id in await session.exec(query) if tenant_id is not None]
