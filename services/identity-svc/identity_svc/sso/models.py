"""The providers of a tenant, whom they have told us of, and log-ins that are under way at them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import TenantTable, instant


class SsoConnection(TenantTable, ServiceTable, table=True):
    """A provider at which people of the tenant may log in, and what it decides about them."""

    __tablename__ = "sso_connections"

    # What the button says.
    name: Annotated[str, Personal]
    # As the provider's own metadata writes it, to the last slash.
    issuer: Annotated[str, Personal]
    client_id: Annotated[str, Personal]
    # Encrypted; None for a client without one.
    client_secret: bytes | None = None
    # Counts the providers and clients that this connection has had: what was begun with another one, and
    # whoever was known by another one, is worth nothing.
    version: int = 1
    is_enabled: bool = False
    # Whether nobody but owners gets in without it.
    is_enforced: bool = False
    # Whether people may become members by logging in, and with which role, if their groups say nothing.
    is_just_in_time: bool = False
    default_role: str = "member"
    # The claim that names a person's groups, and the roles that those lead to: the first that fits counts.
    group_claim: Annotated[str, Personal] = "groups"
    group_roles: Annotated[list[dict[str, str]], Personal] = Field(
        default_factory=list, sa_type=JSONB
    )
    # Whether a log-out here leads on to the provider's, which ends the session there too.
    logs_out_there: bool = False
    # Who has last logged in with it for a test, and when.
    proved_at: datetime | None = instant(default=None)
    proved_by: UUID | None = None


class SsoDomain(TenantTable, ServiceTable, table=True):
    """A domain whose addresses a connection may speak for, once the tenant has proved that it is theirs."""

    __tablename__ = "sso_domains"
    __table_args__ = (
        UniqueConstraint("tenant_id", "connection_id", "domain"),
        ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["sso_connections.tenant_id", "sso_connections.id"],
            ondelete="CASCADE",
        ),
    )

    connection_id: UUID
    domain: Annotated[str, Personal]
    proved_at: datetime | None = instant(default=None)
    # When the record was last seen, and since when it is missing from a domain that is proved.
    seen_at: datetime | None = instant(default=None)
    missing_since: datetime | None = instant(default=None)


class SsoIdentity(TenantTable, ServiceTable, table=True):
    """Whom a connection means by a subject. It may outlive the membership: whoever was removed is known, and
    stays out."""

    __tablename__ = "sso_identities"
    __table_args__ = (
        UniqueConstraint("tenant_id", "connection_id", "issuer", "subject"),
        UniqueConstraint("tenant_id", "connection_id", "user_id"),
        ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["sso_connections.tenant_id", "sso_connections.id"],
            ondelete="CASCADE",
        ),
        # For the end of an account.
        Index(None, "user_id"),
    )

    connection_id: UUID
    issuer: Annotated[str, Personal]
    subject: Annotated[str, Personal]
    user_id: UUID = Field(foreign_key="users.id")
    # The role that the person's groups have led to; None if somebody has given them theirs by hand.
    mapped_role: str | None = None
    last_used_at: datetime = instant()


class SsoLogOut(TenantTable, ServiceTable, table=True):
    """A log-out that a provider has told us. It is kept for as long as the provider's word from before it could
    still let somebody in, or the same log-out be told again."""

    __tablename__ = "sso_log_outs"
    __table_args__ = (
        UniqueConstraint("tenant_id", "connection_id", "token_hash"),
        ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["sso_connections.tenant_id", "sso_connections.id"],
            ondelete="CASCADE",
        ),
        Index(None, "tenant_id", "expires_at"),
    )

    connection_id: UUID
    # Keyed hashes of the token's id, and of what it names: a subject, a session, or both.
    token_hash: bytes
    subject_hash: bytes | None = None
    session_hash: bytes | None = None
    # When the provider said so, by its own clock.
    issued_at: datetime = instant()
    expires_at: datetime = instant()


class SsoAttempt(ServiceTable, table=True):
    """A log-in under way at a provider. Whoever finishes it deletes the row, so it is finished once."""

    __tablename__ = "sso_attempts"

    # Keyed hash of the state, from which also what proves this attempt to the provider follows.
    state_hash: bytes = Field(sa_type=LargeBinary, primary_key=True)
    tenant_id: UUID
    connection_id: UUID
    version: int
    # Keyed hash of what the browser has in its cookie on the tenant's host.
    browser_hash: bytes = Field(sa_type=LargeBinary)
    # Who is logged in and wants to be known by the provider, and their session; None for a log-in.
    user_id: UUID | None = None
    session_id: UUID | None = None
    expires_at: datetime = instant(index=True)
