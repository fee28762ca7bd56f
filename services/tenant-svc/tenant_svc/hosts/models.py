"""The table of names."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from stagify.personal import Personal
from stagify.tables import instant
from tenant_svc.tables import ServiceTable


class Slug(ServiceTable, table=True):
    """A name under the base domain, and the tenant that has it.

    `expires_at` is when the slug of an expired tenant becomes free again. A row without a tenant is one
    that the last release held for a sign-up, and takes the name from nobody.
    """

    __tablename__ = "slugs"
    __table_args__ = (
        Index("ix_slugs_expires_at", "expires_at", postgresql_where="expires_at IS NOT NULL"),
    )

    slug: Annotated[str, Personal] = Field(primary_key=True, sa_type=Text)
    signup_id: UUID = Field(index=True)
    tenant_id: UUID | None = Field(default=None, index=True)
    expires_at: datetime | None = instant(default=None)
