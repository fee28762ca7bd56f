"""Every table of usage-svc, collected for migrations and for the architecture test."""

from usage_svc.metering.models import UsageCounter, UsageRecord
from usage_svc.plans.models import Subscription
from usage_svc.quotas.models import Quota, Reservation
from usage_svc.tables import ServiceTable

__all__ = ["Quota", "Reservation", "Subscription", "UsageCounter", "UsageRecord"]

METADATA = ServiceTable.metadata

# Tables without row-level security, each with its reason. The architecture test reads this.
NOT_TENANT_TABLES: dict[str, str] = {}
