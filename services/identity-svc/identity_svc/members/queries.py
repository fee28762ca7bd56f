"""SQL of memberships."""

from uuid import UUID

from sqlmodel import col, select

from identity_svc.members.models import Membership
from stagify.database import Session


async def find_own(session: Session, user_id: UUID) -> dict[UUID, str]:
    """The person's role in each tenant that the transaction sees, by the tenant's id."""
    query = select(Membership.tenant_id, Membership.role).where(col(Membership.user_id) == user_id)
    return {tenant_id: role for tenant_id, role in await session.exec(query)}


async def find_role(session: Session, user_id: UUID) -> str | None:
    """The person's role in the tenant."""
    found = await session.exec(select(Membership.role).where(col(Membership.user_id) == user_id))
    return found.one_or_none()
