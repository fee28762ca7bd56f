"""What staging-svc does as a tenant comes, stops and goes on."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from stagify.clock import utc_now
from stagify.database import Session
from staging_svc.queue import service as queue
from staging_svc.tenants.models import Tenant

Status = Literal["active", "suspended"]


async def set_status(
    session: Session, tenant_id: UUID, status: Status, *, changed_at: datetime
) -> bool:
    """Note a tenant's status; False if something newer is known."""
    row = insert(Tenant).values(
        tenant_id=tenant_id,
        id=tenant_id,
        created_at=utc_now(),
        status=status,
        changed_at=changed_at,
    )
    changed = await session.execute(
        row.on_conflict_do_update(
            index_elements=["tenant_id", "id"],
            set_={"status": row.excluded.status, "changed_at": row.excluded.changed_at},
            where=col(Tenant.changed_at) <= row.excluded.changed_at,
        ).returning(col(Tenant.id))
    )
    return changed.scalar_one_or_none() is not None


async def suspend(session: Session, tenant_id: UUID, *, changed_at: datetime) -> None:
    """Keep waiting jobs from being taken; one that runs is finished."""
    if await set_status(session, tenant_id, "suspended", changed_at=changed_at):
        await queue.hold_all(session)


async def reactivate(session: Session, tenant_id: UUID, *, changed_at: datetime) -> None:
    """Let the waiting jobs be taken again."""
    if await set_status(session, tenant_id, "active", changed_at=changed_at):
        await queue.release_all(session)
