"""The settings that tenant-svc reads from its environment."""

from datetime import timedelta

from pydantic import Field

from stagify.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of tenant-svc, besides those of every service."""

    # Region of new tenants; staging-svc and `stagify bootstrap` find its bucket in S3_BUCKETS.
    default_region: str = Field(default="eu", pattern=r"^[a-z0-9-]{2,16}$")
    # Plan a new tenant starts on; usage-svc owns plans and confirms it.
    default_plan: str = "free"
    # Minutes after which a tenant expires if identity-svc never confirmed it.
    provisioning_timeout_minutes: int = Field(default=60, ge=1)
    # Minutes in provisioning after which a tenant counts as stuck in the metric that alerts.
    provisioning_alert_minutes: int = Field(default=10, ge=1)
    # Hours that an expired tenant keeps its slug, in case its confirmation is only late.
    slug_grace_hours: int = Field(default=24, ge=0)
    # Seconds between two rounds of upkeep, which ends expired holds and unconfirmed tenants.
    upkeep_interval_seconds: float = Field(default=30, gt=0)

    @property
    def provisioning_timeout(self) -> timedelta:
        """How long a tenant may wait for identity-svc."""
        return timedelta(minutes=self.provisioning_timeout_minutes)

    @property
    def provisioning_alert(self) -> timedelta:
        """How long a tenant may be in provisioning before it counts as stuck."""
        return timedelta(minutes=self.provisioning_alert_minutes)

    @property
    def slug_grace(self) -> timedelta:
        """How long the slug of an expired tenant stays taken."""
        return timedelta(hours=self.slug_grace_hours)
