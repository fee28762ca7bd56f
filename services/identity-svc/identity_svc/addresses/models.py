"""Changes of addresses."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import LargeBinary, SmallInteger
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.ids import new_id
from stagify.personal import Personal
from stagify.tables import creation_time, instant


class EmailChange(ServiceTable, table=True):
    """A person's wish for another address, until a code of a mail there confirms it; and afterwards, for as
    long as somebody at the old address may take it back."""

    __tablename__ = "email_changes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    # What the person proves themselves with has not changed since, or the wish has ended.
    password_version: int
    old_email: Annotated[str, Personal]
    new_email: Annotated[str, Personal]
    # Written by the worker together with the mail: until then no code is right.
    code_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    failed_attempts: int = Field(default=0, sa_type=SmallInteger)
    expires_at: datetime = instant()
    confirmed_at: datetime | None = instant(default=None)
    # Keyed hash of what the mails to the old address take it back with, and until when.
    undo_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    undo_until: datetime = instant(index=True)
    created_at: datetime = creation_time()
