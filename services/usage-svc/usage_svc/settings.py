"""The settings that usage-svc reads from its environment."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from stagify.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of usage-svc, besides those of every service."""

    # The database as the ingest role: it writes usage of all tenants in batches.
    ingest_database_url: SecretStr
    # TOML file with the plans and their limits; by default the one in the package.
    plans_file: Path | None = None
    # Seconds that a reservation lasts, unless a project takes it over or the caller asks for less.
    reservation_ttl_seconds: int = Field(default=900, ge=1, le=3600)
    # Hours after which a project's reservation expires if its outcome was never reported.
    attached_reservation_hours: int = Field(default=24, ge=1)
    # Seconds between two looks for expired reservations.
    expiry_interval_seconds: float = Field(default=5, gt=0)
    # Months ahead for which partitions of the ledger are made.
    partition_months_ahead: int = Field(default=3, ge=1, le=24)

    @property
    def reservation_ttl(self) -> timedelta:
        """How long a reservation lasts by itself."""
        return timedelta(seconds=self.reservation_ttl_seconds)

    @property
    def attached_ttl(self) -> timedelta:
        """How long a reservation lasts after a project has taken it over."""
        return timedelta(hours=self.attached_reservation_hours)
