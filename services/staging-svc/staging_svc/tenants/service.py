"""What staging-svc does as a tenant comes, stops, goes on and goes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from staging_svc.projects import service as projects
from staging_svc.queue import service as queue
from staging_svc.tenants.models import Tenant
from staging_svc.uploads import service as uploads

Status = Literal["active", "suspended", "deleted"]


async def set_status(
    session: AsyncSession, tenant_id: UUID, status: Status, *, changed_at: datetime
) -> bool:
    """Note a tenant's status; False if something newer is known, or it is deleted for good."""
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
            where=(col(Tenant.changed_at) <= row.excluded.changed_at)
            & (col(Tenant.status) != "deleted"),
        ).returning(col(Tenant.id))
    )
    return changed.scalar_one_or_none() is not None


async def suspend(session: AsyncSession, tenant_id: UUID, *, changed_at: datetime) -> None:
    """Keep waiting jobs from being taken; one that runs is finished."""
    if await set_status(session, tenant_id, "suspended", changed_at=changed_at):
        await queue.hold_all(session)


async def reactivate(session: AsyncSession, tenant_id: UUID, *, changed_at: datetime) -> None:
    """Let the waiting jobs be taken again."""
    if await set_status(session, tenant_id, "active", changed_at=changed_at):
        await queue.release_all(session)


async def purge(session: AsyncSession, tenant_id: UUID, *, changed_at: datetime) -> None:
    """Erase everything of the tenant; its objects follow by their intents."""
    await set_status(session, tenant_id, "deleted", changed_at=changed_at)
    for project_id in await projects.all_ids(session):
        await projects.delete_project(session, project_id)
    await uploads.discard_all(session)
