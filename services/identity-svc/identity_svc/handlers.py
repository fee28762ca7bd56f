"""What identity-svc does about the events of a tenant."""

from identity_svc.sessions.service import reconsider_single_factor
from identity_svc.tenants import service
from stagify.consumer import Handlers
from stagify.database import Session
from stagify.events.tenant import (
    SignInRulesChanged,
    TenantActivated,
    TenantCreated,
    TenantDirectoryEntry,
    TenantExpired,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)


async def on_tenant_created(session: Session, event: TenantCreated) -> None:
    """Record the tenant; the receipt is issued as soon as its owner is a member too."""
    await service.record_created(session, event)


async def on_tenant_updated(session: Session, event: TenantUpdated) -> None:
    """Record the new details."""
    await service.record_details(session, event)


async def on_directory_entry(session: Session, event: TenantDirectoryEntry) -> None:
    """Record how the tenant presents itself, for its mails."""
    await service.record_brand(session, event)


async def on_tenant_activated(session: Session, event: TenantActivated) -> None:
    """Record that the tenant is active: all receipts have arrived."""
    await service.record_status(session, event, "active")


async def on_tenant_suspended(session: Session, event: TenantSuspended) -> None:
    """Record it. Sessions and keys stay: the gateway lets no one in until the tenant is reactivated."""
    await service.record_status(session, event, "suspended")
    service.issue_receipt(session, event.tenant_id, "suspended", event.event_id)


async def on_tenant_reactivated(session: Session, event: TenantReactivated) -> None:
    """Record it. Credentials from before the suspension work again."""
    await service.record_status(session, event, "active")
    service.issue_receipt(session, event.tenant_id, "reactivated", event.event_id)


async def on_tenant_expired(session: Session, event: TenantExpired) -> None:
    """Record it. A confirmation that is still in progress sees this and creates no account."""
    await service.record_status(session, event, "expired")


async def on_sign_in_rules_changed(session: Session, event: SignInRulesChanged) -> None:
    """Record them, and have the gateway ask again what open sessions without a second factor are worth."""
    await service.record_sign_in_rules(session, event)
    await reconsider_single_factor(session, event.tenant_id)


HANDLERS: Handlers = {
    TenantCreated: on_tenant_created,
    TenantUpdated: on_tenant_updated,
    TenantDirectoryEntry: on_directory_entry,
    TenantActivated: on_tenant_activated,
    TenantSuspended: on_tenant_suspended,
    TenantReactivated: on_tenant_reactivated,
    TenantExpired: on_tenant_expired,
    SignInRulesChanged: on_sign_in_rules_changed,
}
