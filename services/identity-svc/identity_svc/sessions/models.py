"""Sessions, and what leads from one host to another."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.clock import utc_now
from stagify.ids import new_id
from stagify.personal import Personal
from stagify.tables import TenantTable, creation_time, instant


class Session(TenantTable, ServiceTable, table=True):
    """A log-in that has not been ended: to end it deletes the row."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "token_hash"),
        # A session belongs to a membership, and ends with it.
        ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["memberships.tenant_id", "memberships.user_id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "user_id"),
        # For the person's own look at all of them.
        Index(None, "user_id"),
        Index(None, "tenant_id", "expires_at"),
    )

    user_id: UUID
    # Keyed hash of the cookie's value.
    token_hash: bytes
    # The browser and system that it was opened with, in a few words; None if they are not known.
    device: Annotated[str | None, Personal] = None
    # The session on the platform's host that this one comes from, by a hand-off; it may be over.
    parent_id: UUID | None = None
    # The connection for single sign-on that let the person in; a session that has one is worth something in
    # this tenant alone.
    sso_connection_id: UUID | None = None
    # Keyed hash of the name that the provider's own session has there, if it told us one.
    sso_session_hash: bytes | None = None
    # How the person has proved who they are (RFC 8176), and when: a hand-off changes neither. The last
    # release does not write these two.
    amr: list[str] = Field(
        sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{pwd}'")}
    )
    auth_time: datetime = instant(
        default_factory=utc_now, sa_column_kwargs={"server_default": text("now()")}
    )
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()


class PersonSession(ServiceTable, table=True):
    """A person's log-in on the platform's host, in no tenant: to end it deletes the row."""

    __tablename__ = "person_sessions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", index=True)
    token_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    # These three as in `sessions`.
    device: Annotated[str | None, Personal] = None
    amr: list[str] = Field(sa_type=ARRAY(Text))
    auth_time: datetime = instant()
    created_at: datetime = creation_time()
    last_seen_at: datetime = instant()
    expires_at: datetime = instant(index=True)


class Handoff(TenantTable, ServiceTable, table=True):
    """A person's way from the platform's host into one of their tenants, for a minute: whoever uses it
    deletes the row, so it is used once."""

    __tablename__ = "handoffs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code_hash"),
        Index(None, "tenant_id", "expires_at"),
    )

    # No foreign keys: using it, and ending the membership or the session on the platform's host that it
    # comes from, would wait for each other. Whoever uses it looks at both.
    user_id: UUID
    parent_id: UUID
    # Keyed hash of the code.
    code_hash: bytes
    # The hash of the nonce that the browser has on the tenant's host.
    challenge: str
    # The id of the browser in its device cookie, if it is known.
    device_id: Annotated[bytes | None, Personal] = None
    expires_at: datetime = instant()
