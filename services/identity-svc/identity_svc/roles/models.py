"""The roles that tenants make."""

from typing import Annotated

from sqlalchemy import Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import TenantTable


class CustomRole(TenantTable, ServiceTable, table=True):
    """A named set of permissions."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    name: Annotated[str, Personal]
    permissions: list[str] = Field(sa_type=ARRAY(Text))
