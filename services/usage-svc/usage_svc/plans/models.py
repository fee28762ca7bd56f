"""The table of subscriptions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from stagify.personal import Personal
from stagify.tables import creation_time
from usage_svc.tables import ServiceTable


class Subscription(ServiceTable, table=True):
    """A tenant's plan, and the name that tenant-svc gives the tenant."""

    __tablename__ = "subscriptions"

    tenant_id: UUID = Field(primary_key=True)
    slug: Annotated[str, Personal] = Field(sa_type=Text, index=True)
    # The newest event that contained the slug.
    slug_event_id: UUID | None = None
    plan: str = Field(sa_type=Text)
    created_at: datetime = creation_time()
