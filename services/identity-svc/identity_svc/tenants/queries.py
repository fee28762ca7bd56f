"""SQL of the copies of tenants."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, inspect
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from identity_svc.tenants.models import Tenant
from stagify.database import Session


async def find_after(session: Session, last_id: UUID, limit: int) -> list[UUID]:
    """Ids of the next `limit` tenants in order."""
    query = select(Tenant.id).where(col(Tenant.id) > last_id)
    return list(await session.exec(query.order_by(col(Tenant.id)).limit(limit)))


async def find_all(session: Session, ids: Collection[UUID]) -> list[Tenant]:
    """The tenants with these ids."""
    return list(await session.exec(select(Tenant).where(col(Tenant.id).in_(ids))))


async def mark_owner(
    session: Session, known: dict[str, Any], now: datetime
) -> tuple[str, UUID | None]:
    """Note that the owner is a member, and what sign-up knows about the tenant where no event has told it
    yet: the first to come may have told something else.

    Locks the row; the tenant's status, and the event that told of its creation if it has come.
    """
    statement = insert(Tenant).values(**known, has_owner=True, created_at=now)
    columns = inspect(Tenant).columns
    missing = {name: func.coalesce(columns[name], statement.excluded[name]) for name in known}
    statement = statement.on_conflict_do_update(
        index_elements=[col(Tenant.id)], set_={**missing, "has_owner": True}
    )
    found = await session.execute(
        statement.returning(col(Tenant.status), col(Tenant.created_event_id))
    )
    status, created_event_id = found.one()
    return status, created_event_id


async def has_owner(session: Session, tenant_id: UUID) -> bool:
    """Whether the tenant's owner is a member yet."""
    return (await session.exec(select(Tenant.has_owner).where(Tenant.id == tenant_id))).one()
