"""People."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from identity_svc.tables import IdentityTable, birth
from stagify.ids import new_id


class User(IdentityTable, table=True):
    """A person with a password; belongs to tenants by memberships."""

    __tablename__ = "users"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # As typed, for writing to; `email_key` is what is compared.
    email: str
    email_key: str = Field(unique=True)
    name: str
    password_hash: str
    created_at: datetime = birth()
