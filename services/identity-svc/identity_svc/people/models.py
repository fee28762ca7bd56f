"""People."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.ids import new_id
from stagify.personal import Personal
from stagify.tables import creation_time, instant


class User(ServiceTable, table=True):
    """A person with a password; belongs to tenants by memberships."""

    __tablename__ = "users"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # As typed, for sending mail; `email_key` is the form that is compared.
    email: Annotated[str, Personal]
    email_key: Annotated[str, Personal] = Field(unique=True)
    name: Annotated[str, Personal]
    password_hash: str
    # Counts the passwords that the person has had, and the changes of their factors and their address: what
    # was begun at another count has ended. A newer hash of the same password changes nothing here.
    password_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    # The language of mails and pages, and light or dark; None leaves both to the browser.
    locale: str | None = None
    theme: str | None = None
    created_at: datetime = creation_time()


class RestingAddress(ServiceTable, table=True):
    """An address that an account has left, which nobody else gets for a while."""

    __tablename__ = "resting_addresses"

    email_key: Annotated[str, Personal] = Field(primary_key=True)
    # Who may have it back.
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    until: datetime = instant(index=True)
