"""SQL of memberships."""

from uuid import UUID

from sqlmodel import col, select

from identity_svc.members.models import Membership
from stagify.database import Session


async def find_role(session: Session, user_id: UUID) -> str | None:
    """The person's role in the tenant."""
    found = await session.exec(select(Membership.role).where(col(Membership.user_id) == user_id))
    return found.one_or_none()
