"""SQL of the life cycle. Provisionings have no row-level security: upkeep looks at all of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from stagify.database import Session
from tenant_svc.lifecycle.models import Provisioning, TenantReceipt


async def start_provisioning(
    session: Session, tenant_id: UUID, *, started_at: datetime, expires_at: datetime | None
) -> None:
    """Note that the tenant is in provisioning, if that is not known yet."""
    values = {"tenant_id": tenant_id, "started_at": started_at, "expires_at": expires_at}
    await session.execute(insert(Provisioning).values(values).on_conflict_do_nothing())


async def end_provisioning(session: Session, tenant_id: UUID) -> None:
    """Note that the tenant is no longer in provisioning."""
    await session.execute(delete(Provisioning).where(col(Provisioning.tenant_id) == tenant_id))


async def find_overdue(session: Session, now: datetime, limit: int) -> list[UUID]:
    """Tenants in provisioning that are past their time, the oldest first."""
    query = (
        select(Provisioning.tenant_id)
        .where(col(Provisioning.expires_at) <= now)
        .order_by(col(Provisioning.expires_at))
        .limit(limit)
    )
    return list(await session.exec(query))


async def count_started_before(session: Session, moment: datetime) -> int:
    """How many tenants have been in provisioning since before `moment`."""
    query = select(func.count()).where(col(Provisioning.started_at) < moment)
    return (await session.exec(query)).one()


async def add_receipt(session: Session, receipt: TenantReceipt) -> None:
    """Store the receipt; storing it a second time changes nothing."""
    values = receipt.model_dump()
    await session.execute(insert(TenantReceipt).values(values).on_conflict_do_nothing())


async def find_creation_receipts(session: Session, tenant_id: UUID) -> set[str]:
    """The services that have sent the receipt of the tenant's creation."""
    query = select(TenantReceipt.service).where(
        TenantReceipt.tenant_id == tenant_id, TenantReceipt.action == "created"
    )
    return set(await session.exec(query))
