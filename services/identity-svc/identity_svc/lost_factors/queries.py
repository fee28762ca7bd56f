"""SQL of wishes to take second factors away."""

from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from identity_svc.lost_factors.models import FactorReset
from stagify.database import Session


async def find_of(session: Session, user_id: UUID) -> FactorReset | None:
    """The wish about this person in the session's tenant."""
    query = select(FactorReset).where(col(FactorReset.user_id) == user_id)
    return (await session.exec(query.with_for_update())).one_or_none()


async def list_own(session: Session, user_id: UUID) -> list[FactorReset]:
    """The wishes about the person in all tenants, the first due first."""
    query = select(FactorReset).where(col(FactorReset.user_id) == user_id)
    return list(await session.exec(query.order_by(col(FactorReset.due_at))))


async def delete_own(session: Session, user_id: UUID) -> list[UUID]:
    """Delete the wishes about the person in all tenants; the tenants whose they were."""
    gone = await session.execute(
        delete(FactorReset)
        .where(col(FactorReset.user_id) == user_id)
        .returning(col(FactorReset.tenant_id))
    )
    return list(gone.scalars())


async def delete_reset(session: Session, reset_id: UUID) -> None:
    """Delete a wish of the session's tenant."""
    await session.execute(delete(FactorReset).where(col(FactorReset.id) == reset_id))
