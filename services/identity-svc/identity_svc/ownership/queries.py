"""SQL of ownership on its way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select

from identity_svc.ownership.models import OwnershipTransfer
from stagify.database import Session


async def expire(session: Session, now: datetime) -> None:
    """Write of a transfer that was not confirmed in time that it was not."""
    await session.execute(
        update(OwnershipTransfer)
        .where(col(OwnershipTransfer.state) == "open", col(OwnershipTransfer.expires_at) <= now)
        .values(state="expired", decided_at=now)
    )


async def find_open(session: Session, now: datetime) -> OwnershipTransfer | None:
    """The tenant's open transfer."""
    query = select(OwnershipTransfer).where(
        col(OwnershipTransfer.state) == "open", col(OwnershipTransfer.expires_at) > now
    )
    return (await session.exec(query)).one_or_none()


async def lock_transfer(session: Session, transfer_id: UUID) -> OwnershipTransfer | None:
    """The tenant's transfer with this id, which nobody else changes until the transaction ends."""
    return await session.get(
        OwnershipTransfer, (session.info["tenant_id"], transfer_id), with_for_update=True
    )


async def delete_old(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` of the tenant's transfers that were due `before`."""
    old = (
        select(OwnershipTransfer.id).where(col(OwnershipTransfer.expires_at) <= before).limit(limit)
    )
    await session.execute(delete(OwnershipTransfer).where(col(OwnershipTransfer.id).in_(old)))
