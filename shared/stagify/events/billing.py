"""Events of usage-svc about plans and quotas."""

from datetime import datetime

from stagify.events.base import TenantEvent
from stagify.topology import Topic


class PlanChanged(TenantEvent):
    """The tenant is on another plan from now on. `mfa_required` says whether that plan asks people for a
    second factor unless the tenant decides otherwise."""

    event_type = "stagify.plan.changed.v1"
    topic = Topic.BILLING
    plan: str
    previous_plan: str | None = None
    mfa_required: bool = False


class QuotaThresholdReached(TenantEvent):
    """Use of a meter has passed a share of its limit in this period."""

    event_type = "stagify.quota.threshold_reached.v1"
    topic = Topic.BILLING
    meter: str
    threshold_percent: int
    used: int
    limit: int
    period_start: datetime
