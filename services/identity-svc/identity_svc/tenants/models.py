"""The local copy of a tenant."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import creation_time, instant


class Tenant(ServiceTable, table=True):
    """What identity-svc knows about a tenant, from the sign-up and from tenant-svc's events.

    Either may come first, so most columns may still be unknown. `*_event_id` is the newest event
    that told the columns before it (`stagify.replicas`).
    """

    __tablename__ = "tenants"

    id: UUID = Field(primary_key=True)
    slug: Annotated[str | None, Personal] = None
    name: Annotated[str | None, Personal] = None
    type: str | None = None
    plan: str | None = None
    region: str | None = None
    details_event_id: UUID | None = None
    # How it presents itself, which the gateway's directory tells.
    brand_name: Annotated[str | None, Personal] = None
    brand_tokens: dict[str, JsonValue] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    logo_url: Annotated[str | None, Personal] = None
    brand_event_id: UUID | None = None
    status: str = "provisioning"
    status_event_id: UUID | None = None
    # From when on sessions without a second factor may do nothing but set one up; None asks for none.
    mfa_due_at: datetime | None = instant(default=None)
    sign_in_event_id: UUID | None = None
    # Since when nobody but owners gets in without their company's log-in; None if anybody does.
    sso_enforced_at: datetime | None = instant(default=None)
    # The receipt for `TenantCreated` needs both: the event, and the owner's membership.
    created_event_id: UUID | None = None
    has_owner: bool = False
    created_at: datetime = creation_time()
