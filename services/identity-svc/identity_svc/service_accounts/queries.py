"""SQL of service accounts."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from identity_svc.service_accounts.models import ServiceAccount
from stagify.database import Session


async def find_all(session: Session) -> Sequence[ServiceAccount]:
    """The tenant's service accounts, by name."""
    return (await session.exec(select(ServiceAccount).order_by(col(ServiceAccount.name)))).all()


async def find_holders(session: Session, custom_role_id: UUID) -> Sequence[ServiceAccount]:
    """Those that have this role of the tenant's own."""
    query = select(ServiceAccount).where(col(ServiceAccount.custom_role_id) == custom_role_id)
    return (await session.exec(query)).all()
