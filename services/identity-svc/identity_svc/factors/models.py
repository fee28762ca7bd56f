"""Second factors, and log-ins that wait for one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.ids import new_id
from stagify.personal import Personal
from stagify.tables import creation_time, instant


class FactorOwner(ServiceTable, table=True):
    """What holds for all second factors of a person, and outlives them."""

    __tablename__ = "factor_owners"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    # By which authenticators know the person: random, the same for all their passkeys, for ever.
    handle: bytes = Field(sa_type=LargeBinary, unique=True)
    # Whether a log-in with the password asks for a passkey. With an app for codes it always asks.
    is_always_asked: bool = False


class Totp(ServiceTable, table=True):
    """A person's app for codes (RFC 6238)."""

    __tablename__ = "totps"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    # Encrypted under FACTOR_SECRETS, for this person.
    secret: bytes = Field(sa_type=LargeBinary)
    # By how many steps the clock of the app was ahead when it was set up.
    offset: int = Field(default=0, sa_type=SmallInteger)
    # The newest step whose code was used. It only grows.
    last_step: int
    created_at: datetime = creation_time()
    last_used_at: datetime | None = instant(default=None)


class PendingTotp(ServiceTable, table=True):
    """An app for codes that is being set up in a session, and replaces the other one when it works."""

    __tablename__ = "pending_totps"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    session_id: UUID = Field(primary_key=True)
    secret: bytes = Field(sa_type=LargeBinary)
    expires_at: datetime = instant(index=True)


class Passkey(ServiceTable, table=True):
    """A passkey of a person (WebAuthn Level 3)."""

    __tablename__ = "passkeys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(index=True, foreign_key="users.id", ondelete="CASCADE")
    # Of which host it is: authenticators show it to no other.
    rp_id: str = Field(index=True)
    # By which its authenticator knows it.
    credential_id: Annotated[bytes, Personal] = Field(sa_type=LargeBinary, unique=True)
    public_key: bytes = Field(sa_type=LargeBinary)
    sign_count: int = Field(sa_type=BigInteger)
    # How a browser reaches it, in its own words.
    transports: list[str] = Field(sa_type=ARRAY(Text))
    # Whether its authenticator keeps it in more than one place.
    is_backed_up: bool = False
    name: Annotated[str, Personal]
    created_at: datetime = creation_time()
    last_used_at: datetime | None = instant(default=None)


class RecoveryCode(ServiceTable, table=True):
    """A recovery code that was not used yet: whoever uses it deletes the row."""

    __tablename__ = "recovery_codes"

    user_id: UUID = Field(primary_key=True, foreign_key="users.id", ondelete="CASCADE")
    # Keyed hash; 120 random bits need no slow one.
    code_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    created_at: datetime = creation_time()


class Challenge(ServiceTable, table=True):
    """A log-in that waits for a second factor, or a browser that was asked to make a passkey, for a few
    minutes: whoever answers deletes the row. Of a browser that was asked for any passkey (`factors.questions`)
    there is a row once it has answered."""

    __tablename__ = "challenges"
    __table_args__ = (Index(None, "expires_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    purpose: str
    # The host: a tenant's, or without one the platform's.
    tenant_id: UUID | None = None
    # Keyed hash of what only this browser has.
    browser_hash: bytes = Field(sa_type=LargeBinary)
    # Whose log-in it is, with which password, and what they have shown.
    user_id: UUID | None = Field(
        default=None, foreign_key="users.id", ondelete="CASCADE", index=True
    )
    password_version: int | None = None
    amr: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    # What a passkey has to sign.
    nonce: bytes | None = Field(default=None, sa_type=LargeBinary)
    tries: int = Field(default=0, sa_type=SmallInteger)
    expires_at: datetime = instant()
    created_at: datetime = creation_time()
