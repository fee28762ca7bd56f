"""SQL of names. Slugs have no row-level security: they are read before their tenant is known."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from stagify.database import Session
from tenant_svc.hosts.models import Slug


async def find_taken(session: Session, names: Collection[str], now: datetime) -> set[str]:
    """Which of `names` a tenant has or a sign-up holds."""
    query = select(Slug.slug).where(
        col(Slug.slug).in_(names),
        or_(col(Slug.tenant_id).is_not(None), col(Slug.expires_at) > now),
    )
    return set(await session.exec(query))


async def hold(
    session: Session, *, slug: str, signup_id: UUID, expires_at: datetime, now: datetime
) -> Slug | None:
    """Hold `slug` for a sign-up; None if a tenant has it or another sign-up still holds it."""
    values = {"slug": slug, "signup_id": signup_id, "expires_at": expires_at}
    free = col(Slug.tenant_id).is_(None) & (
        (col(Slug.signup_id) == signup_id) | (col(Slug.expires_at) <= now)
    )
    statement = (
        insert(Slug)
        .values(values)
        .on_conflict_do_update(index_elements=["slug"], set_=values, where=free)
        .returning(Slug)
    )
    held: Slug | None = (await session.execute(statement)).scalar_one_or_none()
    return held


async def drop_other_holds(session: Session, *, signup_id: UUID, kept: str) -> None:
    """Release every slug that the sign-up holds, except `kept`."""
    held = col(Slug.signup_id) == signup_id, col(Slug.tenant_id).is_(None)
    await session.execute(delete(Slug).where(*held, col(Slug.slug) != kept))


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
    """Delete names that sign-ups held and never used."""
    lapsed = col(Slug.expires_at) <= now, col(Slug.tenant_id).is_(None)
    await session.execute(delete(Slug).where(*lapsed))
