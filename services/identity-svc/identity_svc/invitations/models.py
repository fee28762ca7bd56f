"""Invitations, and the links by which several people may come in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import TenantTable, creation_time, instant


class Invitation(TenantTable, ServiceTable, table=True):
    """Somebody at an address is asked to become a member. An address has one that is pending."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'revoked', 'expired')", name="state"
        ),
        Index(
            "uq_invitations_tenant_id_email_key_pending",
            "tenant_id",
            "email_key",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        # For the person's own look at all of them.
        Index(None, "email_key"),
        Index(None, "tenant_id", "invited_by"),
        Index(None, "tenant_id", "sent_at"),
    )

    email: Annotated[str, Personal]
    email_key: Annotated[str, Personal]
    # The key of a role.
    role: str
    invited_by: UUID = Field(foreign_key="users.id")
    # The link by which its person asked for it themselves, if it was so.
    link_id: UUID | None = None
    message: Annotated[str | None, Personal] = None
    # The language of the mail for somebody who has not chosen one.
    locale: str | None = None
    state: str = "pending"
    # How many mails were asked for, and when the last one was.
    sends: int = Field(default=1, sa_type=SmallInteger)
    sent_at: datetime = creation_time()
    expires_at: datetime = instant()
    accepted_by: UUID | None = None
    decided_at: datetime | None = instant(default=None)


class InvitationLink(TenantTable, ServiceTable, table=True):
    """Whoever has its secret may become a member, within its limits."""

    __tablename__ = "invitation_links"
    __table_args__ = (CheckConstraint("uses BETWEEN 0 AND max_uses", name="uses"),)

    role: str
    created_by: UUID = Field(foreign_key="users.id")
    # Only for people with an address of these; of any, if there are none.
    domains: Annotated[list[str], Personal] = Field(sa_type=ARRAY(Text))
    max_uses: int
    uses: int = 0
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(default=None)


class InvitationAsk(TenantTable, ServiceTable, table=True):
    """Somebody at an address, who has shown the secret of a link, wants an invitation; deleted by the worker
    that answers."""

    __tablename__ = "invitation_asks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "link_id"],
            ["invitation_links.tenant_id", "invitation_links.id"],
            ondelete="CASCADE",
        ),
    )

    link_id: UUID
    email: Annotated[str, Personal]


class InvitationToken(ServiceTable, table=True):
    """Which invitation, or which link, a secret belongs to. Whoever shows one is in no tenant yet."""

    __tablename__ = "invitation_tokens"
    __table_args__ = (
        CheckConstraint("(invitation_id IS NULL) <> (link_id IS NULL)", name="subject"),
        ForeignKeyConstraint(
            ["tenant_id", "invitation_id"],
            ["invitations.tenant_id", "invitations.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["tenant_id", "link_id"],
            ["invitation_links.tenant_id", "invitation_links.id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "invitation_id"),
        Index(None, "tenant_id", "link_id"),
    )

    # Keyed hash of the secret.
    token_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    tenant_id: UUID
    invitation_id: UUID | None = None
    link_id: UUID | None = None
    # With which of an invitation's mails it went out: those of earlier ones are dead, those of several
    # tries to send the same one all live.
    send: int = Field(default=1, sa_type=SmallInteger)
