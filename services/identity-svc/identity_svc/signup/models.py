"""Sign-ups that may become people."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.ids import new_id
from stagify.personal import Personal
from stagify.tables import creation_time, instant


class Signup(ServiceTable, table=True):
    """One request for an account and a tenant, until it is confirmed or deleted.

    Nothing but its code confirms it, and it never changes what it asks for: another request, even of
    the same address for the same slug, is a row of its own. The ids of the person and the tenant are
    minted at the first confirmation and kept here, so that a retry goes on with the same ones.
    """

    __tablename__ = "signups"
    __table_args__ = (
        # Of the last release, which still runs while this one starts. To be dropped with `email_key`.
        Index(
            "uq_signups_email_key_slug_open",
            "email_key",
            "slug",
            unique=True,
            postgresql_where=text("confirmed_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: Annotated[str, Personal]
    # Only the last release reads it, and takes rows with the same value and slug for one sign-up.
    email_key: Annotated[str, Personal] = Field(default_factory=lambda: str(new_id()))
    name: Annotated[str, Personal]
    tenant_type: str
    tenant_name: Annotated[str, Personal]
    slug: Annotated[str, Personal]
    # The language of the page on which it began, if it told.
    locale: str | None = None
    # Written by the worker together with the mail: until then no code is right.
    code_hash: bytes | None = None
    failed_attempts: int = Field(default=0, sa_type=SmallInteger)
    # How often the right code has come; each time may cost a password hash.
    confirmations: int = Field(
        default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"}
    )
    expires_at: datetime = instant(index=True)
    user_id: UUID | None = None
    tenant_id: UUID | None = None
    confirmed_at: datetime | None = instant(default=None)
    # Keyed hash of the code and the password that have confirmed it, to recognize a repetition.
    answer_hash: bytes | None = None
    # The answer of tenant-svc, for repeated confirmations.
    tenant: Annotated[dict[str, JsonValue] | None, Personal] = Field(default=None, sa_type=JSONB)
    created_at: datetime = creation_time()
