"""Which plan a tenant is on."""

import logging
from collections.abc import Collection
from uuid import UUID

from stagify.database import Session, driver_connection
from stagify.events.billing import PlanChanged
from stagify.outbox import publish
from usage_svc.plans import queries
from usage_svc.plans.errors import SubscriptionNotFoundError
from usage_svc.plans.models import Subscription
from usage_svc.plans.schemas import PlanCatalog

logger = logging.getLogger(__name__)


async def open_subscription(
    session: Session, *, tenant_id: UUID, slug: str, plan: str, plans: PlanCatalog
) -> None:
    """Put a new tenant on its plan; usage or reservations may have come before it."""
    if plan not in plans.plans:
        logger.warning("subscriptions.unknown_plan", extra={"plan": plan})
        plan = plans.default
    subscription = Subscription(tenant_id=tenant_id, slug=slug, plan=plan)
    await queries.add_subscription(session, subscription)


async def rename_subscription(session: Session, *, tenant_id: UUID, slug: str) -> None:
    """Take over the tenant's new slug; commands find it by that."""
    await queries.set_slug(session, tenant_id, slug)


async def find_tenant_id(session: Session, slug: str) -> UUID:
    """The tenant called `slug`; the session's role must see all of them."""
    found = await queries.find_tenant_called(session, slug)
    if found is None:
        raise SubscriptionNotFoundError
    return found


async def find_plan(session: Session) -> str | None:
    """The plan of the session's tenant; None if we have not heard of it yet."""
    return await queries.find_plan(session)


async def find_plans(session: Session, tenants: Collection[UUID]) -> dict[UUID, str]:
    """The plans of those tenants that we have heard of."""
    return await queries.find_plans(await driver_connection(session), tenants)


async def set_plan(session: Session, *, tenant_id: UUID, plan: str, plans: PlanCatalog) -> bool:
    """Put the tenant on `plan`; False if it is on it already."""
    plans.require(plan)
    subscription = await session.get(Subscription, tenant_id, with_for_update=True)
    if subscription is None:
        raise SubscriptionNotFoundError
    if subscription.plan == plan:
        return False
    previous, subscription.plan = subscription.plan, plan
    publish(session, PlanChanged(tenant_id=tenant_id, plan=plan, previous_plan=previous))
    await session.flush()
    return True
