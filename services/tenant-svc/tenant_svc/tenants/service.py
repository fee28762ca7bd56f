"""Creating, reading and locking tenants. What happens to them afterwards is in `lifecycle`."""

from uuid import UUID

from stagify.calls.tenant import SLUG_ERRORS, TenantCreate, TenantExpiredError
from stagify.database import Session
from stagify.events.tenant import TenantCreated
from stagify.outbox import publish
from tenant_svc.brands import service as brands
from tenant_svc.directory.service import publish_entry
from tenant_svc.hosts import service as hosts
from tenant_svc.parts import Parts
from tenant_svc.tenants.errors import TenantConflictError, TenantNotFoundError
from tenant_svc.tenants.models import Tenant

# The refusal where a host has no tenant, and those of creating one.
LOOK_UP_ERRORS = (TenantNotFoundError,)
CREATION_ERRORS = (TenantConflictError, TenantExpiredError, *SLUG_ERRORS)


async def create_tenant(
    session: Session,
    *,
    tenant_id: UUID,
    wanted: TenantCreate,
    plan: str,
    region: str,
) -> Tenant:
    """Create the tenant of a confirmed sign-up, or return it if it is there already.

    The row of the slug is locked first, so that of two equal calls the second sees the first.
    """
    slug = await hosts.lock_slug(session, slug=wanted.slug, signup_id=wanted.signup_id)
    existing = await session.get(Tenant, tenant_id)
    if existing is not None:
        return _same_tenant(existing, wanted)
    hosts.give_slug(slug, tenant_id=tenant_id, signup_id=wanted.signup_id)
    tenant = Tenant(
        id=tenant_id,
        slug=wanted.slug,
        name=wanted.name,
        type=wanted.type,
        plan=plan,
        region=region,
        owner_user_id=wanted.owner_user_id,
        signup_id=wanted.signup_id,
    )
    session.add(tenant)
    publish(session, _created(tenant))
    await publish_entry(session, tenant)
    return tenant


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


async def get_tenant(session: Session, tenant_id: UUID) -> Tenant:
    """The tenant, or TenantNotFoundError."""
    tenant = await session.get(Tenant, tenant_id)
    if tenant is None:
        raise TenantNotFoundError
    return tenant


async def lock_tenant(session: Session, tenant_id: UUID) -> Tenant:
    """The tenant, locked, so that changes of one tenant happen one after the other."""
    tenant = await session.get(Tenant, tenant_id, with_for_update=True, populate_existing=True)
    if tenant is None:
        raise TenantNotFoundError
    return tenant


async def find_tenant_id(session: Session, slug: str) -> UUID:
    """The id of the tenant called `slug`; slugs can be read without knowing the tenant."""
    found = await hosts.find_tenant_id(session, slug)
    if found is None:
        raise TenantNotFoundError
    return found


async def republish_tenants(parts: Parts) -> int:
    """Publish the directory entry of every tenant with a name again, with the colours that this release
    shows for those it has chosen; returns how many."""
    async with parts.database.system() as session:
        tenant_ids = await hosts.named_tenants(session)
    for tenant_id in tenant_ids:
        async with parts.database.tenant(tenant_id) as session:
            tenant = await lock_tenant(session, tenant_id)
            await brands.renew_tokens(session, tenant_id=tenant_id)
            await publish_entry(session, tenant)
    return len(tenant_ids)
