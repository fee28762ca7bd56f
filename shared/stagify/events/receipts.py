"""Receipts: how a service says that it has carried out a step of the tenant life cycle."""

from uuid import UUID

from stagify.events.base import TenantEvent
from stagify.topology import Topic


class ReceiptIssued(TenantEvent):
    """Base of the receipts, one class per service because each has its own topic."""

    # created, suspended, reactivated.
    action: str
    # The event that this answers.
    of_event_id: UUID


class IdentityReceiptIssued(ReceiptIssued):
    """identity-svc has carried out a step of the tenant's life cycle."""

    event_type = "stagify.identity.receipt_issued.v1"
    topic = Topic.IDENTITY


class StagingReceiptIssued(ReceiptIssued):
    """staging-svc has carried out a step of the tenant's life cycle."""

    event_type = "stagify.staging.receipt_issued.v1"
    topic = Topic.STAGING


class UsageReceiptIssued(ReceiptIssued):
    """usage-svc has carried out a step of the tenant's life cycle."""

    event_type = "stagify.usage.receipt_issued.v1"
    topic = Topic.BILLING
