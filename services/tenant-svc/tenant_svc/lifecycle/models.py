"""The tables of the life cycle."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from stagify.tables import creation_time, instant
from tenant_svc.tables import ServiceTable


class TenantReceipt(ServiceTable, table=True):
    """A service's confirmation that it has carried out a step of a tenant's life cycle."""

    __tablename__ = "tenant_receipts"

    tenant_id: UUID = Field(primary_key=True)
    of_event_id: UUID = Field(primary_key=True)
    service: str = Field(primary_key=True, sa_type=Text)
    action: str = Field(sa_type=Text)
    received_at: datetime = creation_time()


class Provisioning(ServiceTable, table=True):
    """A tenant that is not active yet. `expires_at` is cleared once identity-svc confirms it."""

    __tablename__ = "provisionings"

    tenant_id: UUID = Field(primary_key=True)
    started_at: datetime = instant()
    expires_at: datetime | None = instant(default=None, index=True)
