"""SQL of subscriptions."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select

from stagify.database import Connection, Session
from usage_svc.plans.models import Subscription


async def find_tenant_called(session: Session, slug: str) -> UUID | None:
    """The tenant that has `slug`; the newest, if an older one had it before."""
    query = select(Subscription.tenant_id).where(Subscription.slug == slug)
    return (await session.exec(query.order_by(col(Subscription.created_at).desc()))).first()


_FIND_PLANS = "SELECT tenant_id, plan FROM subscriptions WHERE tenant_id = ANY ($1::uuid[])"


async def find_plans(connection: Connection, tenants: Collection[UUID]) -> dict[UUID, str]:
    """The plans of those of the tenants that are known here."""
    return dict(await connection.fetch(_FIND_PLANS, list(tenants)))
