"""The table of what tenants look like."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from stagify.clock import utc_now
from stagify.personal import Personal
from stagify.tables import instant
from tenant_svc.tables import ServiceTable


class Brand(ServiceTable, table=True):
    """What a tenant has chosen to look like; a tenant without a row has chosen nothing.

    Without `name` it is shown under its own name, without colours in those of the platform. `tokens` is
    what the contrast guard has made of the colours.
    """

    __tablename__ = "brands"
    __table_args__ = (
        CheckConstraint("num_nulls(primary_color, accent_color, tokens) IN (0, 3)", name="colors"),
    )

    tenant_id: UUID = Field(primary_key=True)
    name: Annotated[str | None, Personal] = Field(default=None, sa_type=Text)
    primary_color: str | None = Field(default=None, sa_type=Text)
    accent_color: str | None = Field(default=None, sa_type=Text)
    tokens: dict[str, JsonValue] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    updated_at: datetime = instant(default_factory=utc_now)
