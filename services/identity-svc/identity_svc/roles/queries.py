"""SQL of the roles that tenants make."""

from sqlmodel import col, select

from identity_svc.roles.models import CustomRole
from stagify.database import Session


async def find_all(session: Session) -> list[CustomRole]:
    """The tenant's own roles, by name."""
    return list(await session.exec(select(CustomRole).order_by(col(CustomRole.name))))
