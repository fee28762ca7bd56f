"""How people sign in to a tenant: decided here, enforced by identity-svc."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.tenant import SignInRulesChanged
from stagify.outbox import publish
from tenant_svc.sign_in.schemas import USUAL_GRACE_DAYS, SignInRead, SignInUpdate
from tenant_svc.tenants import service as tenants

if TYPE_CHECKING:
    from tenant_svc.tenants.models import Tenant

CHANGE_ERRORS = tenants.LOOK_UP_ERRORS


async def read_rules(session: Session, tenant_id: UUID) -> SignInRead:
    """The rules of the tenant."""
    return _read(await tenants.get_tenant(session, tenant_id))


async def change_rules(session: Session, tenant_id: UUID, wanted: SignInUpdate) -> SignInRead:
    """Change them. Whoever asks for a second factor already, and does so again, may give people more days
    or fewer, counted from now; what changes nothing is not told."""
    tenant = await tenants.lock_tenant(session, tenant_id)
    due_at = None
    if wanted.mfa_required:
        due_at = utc_now() + timedelta(days=wanted.grace_days)
    is_over = tenant.mfa_due_at is not None and tenant.mfa_due_at <= utc_now()
    if tenant.mfa_due_at is None and due_at is None:
        return _read(tenant)
    # What is in force already does not go out of force by being asked for again.
    if due_at is not None and is_over:
        return _read(tenant)
    tenant.mfa_due_at = due_at
    publish(session, SignInRulesChanged(tenant_id=tenant_id, mfa_due_at=due_at))
    return _read(tenant)


async def require_by_default(session: Session, tenant_id: UUID) -> None:
    """Ask for a second factor because the plan does so; what the tenant asks for already stays as it is."""
    tenant = await tenants.get_tenant(session, tenant_id)
    if tenant.mfa_due_at is None:
        await change_rules(
            session, tenant_id, SignInUpdate(mfa_required=True, grace_days=USUAL_GRACE_DAYS)
        )


def _read(tenant: "Tenant") -> SignInRead:
    return SignInRead(mfa_required=tenant.mfa_due_at is not None, mfa_due_at=tenant.mfa_due_at)
