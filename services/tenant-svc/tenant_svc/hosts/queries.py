"""SQL of names. Slugs have no row-level security: they are read before their tenant is known."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from stagify.database import Session
from tenant_svc.hosts.models import Slug


async def find_taken(session: Session, names: Collection[str]) -> set[str]:
    """Which of `names` a tenant has."""
    query = select(Slug.slug).where(col(Slug.slug).in_(names), col(Slug.tenant_id).is_not(None))
    return set(await session.exec(query))


async def lock_or_make(
    session: Session, *, slug: str, signup_id: UUID, expires_at: datetime
) -> Slug:
    """The locked row of `slug`, created with these values if there is none."""
    values = {"slug": slug, "signup_id": signup_id, "expires_at": expires_at}
    await session.execute(insert(Slug).values(values).on_conflict_do_nothing())
    return (await session.exec(select(Slug).where(Slug.slug == slug).with_for_update())).one()


async def find_tenants_with_lapsed_slug(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Expired tenants whose slug is due to be freed."""
    query = select(Slug.tenant_id).where(
        col(Slug.expires_at) <= now, col(Slug.tenant_id).is_not(None)
    )
    return [tenant_id for tenant_id in await session.exec(query.limit(limit)) if tenant_id]


async def find_tenants_with_slug(session: Session) -> list[UUID]:
    """Every tenant that has a slug."""
    query = select(Slug.tenant_id).where(col(Slug.tenant_id).is_not(None))
    return [tenant_id for tenant_id in await session.exec(query) if tenant_id]


async def drop_lapsed_holds(session: Session, now: datetime) -> None:
    """Delete names that sign-ups held, in the last release, and never used."""
    lapsed = col(Slug.expires_at) <= now, col(Slug.tenant_id).is_(None)
    await session.execute(delete(Slug).where(*lapsed))
