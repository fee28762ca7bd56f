"""The table of subscriptions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from stagify.clock import utc_now
from stagify.personal import Personal
from usage_svc.tables import INSTANT, ServiceTable


class Subscription(ServiceTable, table=True):
    """A tenant's plan."""

    __tablename__ = "subscriptions"

    tenant_id: UUID = Field(primary_key=True)
    slug: Annotated[str, Personal] = Field(sa_type=Text, index=True)
    plan: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now, sa_type=INSTANT)
