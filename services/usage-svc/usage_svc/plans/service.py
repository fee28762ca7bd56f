"""Which plan a tenant is on."""

import logging
from collections.abc import Collection
from uuid import UUID

from stagify import replicas
from stagify.calls.usage import EntitlementsRead
from stagify.database import Session, driver_connection
from stagify.events.billing import PlanChanged
from stagify.events.tenant import TenantCreated, TenantUpdated
from stagify.outbox import publish
from usage_svc.plans import queries
from usage_svc.plans.errors import SubscriptionNotFoundError
from usage_svc.plans.models import Subscription
from usage_svc.plans.schemas import PlanCatalog

logger = logging.getLogger(__name__)

NAMES = replicas.Facts(Subscription, mark="slug_event_id")


async def follow_tenant(
    session: Session, event: TenantCreated | TenantUpdated, plans: PlanCatalog
) -> None:
    """Store the tenant's slug, by which commands find it; a tenant that is not known yet is put
    on the plan that the event names. Usage or reservations may have come before it."""
    plan = event.plan
    if plan not in plans.plans:
        logger.warning("subscriptions.unknown_plan", extra={"plan": plan})
        plan = plans.default
    await replicas.keep(
        session,
        NAMES,
        event.event_id,
        key={"tenant_id": event.tenant_id},
        values={"slug": event.slug},
        own={"plan": plan},
    )


async def find_tenant_id(session: Session, slug: str) -> UUID:
    """The tenant called `slug`; the session's role must see all of them."""
    found = await queries.find_tenant_called(session, slug)
    if found is None:
        raise SubscriptionNotFoundError
    return found


async def find_plans(session: Session, tenants: Collection[UUID]) -> dict[UUID, str]:
    """The plans of those of the tenants that are known here."""
    return await queries.find_plans(await driver_connection(session), tenants)


async def read_entitlements(
    session: Session, tenant_id: UUID, plans: PlanCatalog
) -> EntitlementsRead:
    """What the tenant's plan includes; if the tenant is not known here yet, what the default plan does."""
    return plans.entitlements((await find_plans(session, [tenant_id])).get(tenant_id))


async def set_plan(session: Session, *, tenant_id: UUID, plan: str, plans: PlanCatalog) -> bool:
    """Put the tenant on `plan`; False if it is on it already."""
    plans.require(plan)
    subscription = await session.get(Subscription, tenant_id, with_for_update=True)
    if subscription is None:
        raise SubscriptionNotFoundError
    if subscription.plan == plan:
        return False
    previous, subscription.plan = subscription.plan, plan
    publish(
        session,
        PlanChanged(
            tenant_id=tenant_id,
            plan=plan,
            previous_plan=previous,
            mfa_required=plans.plans[plan].mfa_required,
        ),
    )
    await session.flush()
    return True
