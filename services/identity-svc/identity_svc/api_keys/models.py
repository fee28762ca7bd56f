"""API keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import TenantTable, instant


class ApiKeyTenant(ServiceTable, table=True):
    """Whose key has this public id: for those who report a key, and do not say where it belongs."""

    __tablename__ = "api_key_tenants"

    public_id: str = Field(primary_key=True)
    tenant_id: UUID = Field(primary_key=True)


class ApiKey(TenantTable, ServiceTable, table=True):
    """A program's credential. Revoked keys are kept for a while, so that refused calls can be
    explained."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("tenant_id", "public_id"),)

    name: Annotated[str, Personal]
    # The readable part of the key, by which it is found.
    public_id: str
    last4: str
    # Keyed hash of the whole key.
    key_hash: bytes
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    # Who made it; it acts for them, unless it is a service account's.
    created_by: UUID = Field(foreign_key="users.id")
    # The service account that it acts for. Without scopes it may do what that one's role allows.
    service_account_id: UUID | None = None
    expires_at: datetime | None = instant(default=None)
    last_used_at: datetime | None = instant(default=None)
    revoked_at: datetime | None = instant(default=None)
    # The networks from which it may be used; none means from everywhere.
    addresses: Annotated[list[str], Personal] = Field(default_factory=list, sa_type=ARRAY(Text))
    # The key that it was replaced with.
    successor_id: UUID | None = None
    # Since when the key is refused because its creator was removed; the same moment as that.
    suspended_at: datetime | None = instant(default=None)
