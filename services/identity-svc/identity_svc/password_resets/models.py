"""Wishes for a new password."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.ids import new_id
from stagify.personal import Personal
from stagify.tables import creation_time, instant


class PasswordReset(ServiceTable, table=True):
    """Somebody has asked for a new password for an address, which may be nobody's."""

    __tablename__ = "password_resets"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email_key: Annotated[str, Personal] = Field(index=True)
    # Whose it is, and the keyed hash of the link's token: written with the mail, so until then no link
    # works.
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    token_hash: bytes | None = Field(default=None, unique=True)
    expires_at: datetime = instant(index=True)
    created_at: datetime = creation_time()
