"""The HTTP contract of single sign-on."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from identity_svc.members.schemas import RoleKey
from stagify.inputs import Domain, Flag, Name, Password, Secret, Token, Url, Word

MAX_GROUPS, MAX_DOMAINS = 100, 20

GROUPS = [{"group": "photographers", "role": "member"}]


class GroupRole(BaseModel):
    """A group of the provider's, and the role of those who are in it."""

    model_config = ConfigDict(extra="forbid")

    group: Annotated[Word, Field(examples=["photographers"])]
    role: RoleKey


class GroupRoleRead(BaseModel):
    """The same, as it is kept."""

    group: str
    role: str


Groups = Annotated[list[GroupRole], Field(max_length=MAX_GROUPS, examples=[GROUPS])]
Issuer = Annotated[Url, Field(examples=["https://login.example.com"])]
ClientId = Annotated[Word, Field(examples=["stagify"])]
ClientSecret = Annotated[Secret, Field(min_length=1, max_length=1_024)]


class SsoConnectionCreate(BaseModel):
    """A provider, and us as its client."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Lakeside"])]
    issuer: Issuer
    client_id: ClientId
    client_secret: ClientSecret | None = None


class SsoConnectionUpdate(BaseModel):
    """What is to change; what is not named stays. Another issuer or client begins anew: nobody is known by
    it until they have logged in again, and it is off until it was tested."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Lakeside"])] | None = None
    issuer: Issuer | None = None
    client_id: ClientId | None = None
    client_secret: ClientSecret | None = None
    is_enabled: Flag | None = None
    is_enforced: Flag | None = None
    is_just_in_time: Flag | None = None
    default_role: RoleKey | None = None
    group_claim: Annotated[Word, Field(examples=["groups"])] | None = None
    group_roles: Groups | None = None
    logs_out_there: Flag | None = None


class SsoDomainRead(BaseModel):
    """A domain, and the record by which its DNS proves that it is the workspace's. The record is looked at once
    a day: if it is missing, the domain is not proved any more from `lapses_at` on."""

    domain: str
    record_name: str
    record_value: str
    proved_at: datetime | None
    lapses_at: datetime | None


class SsoConnectionRead(BaseModel):
    """A connection. Its secret is never shown. `redirect_uri` is what the provider has to know of us, and
    `log_out_uri` where it can tell us of log-outs there (back-channel)."""

    id: UUID
    name: str
    issuer: str
    client_id: str
    has_client_secret: bool
    redirect_uri: str
    log_out_uri: str
    is_enabled: bool
    is_enforced: bool
    is_just_in_time: bool
    default_role: str
    group_claim: str
    group_roles: list[GroupRoleRead]
    # Whether a log-out here leads on to the provider's.
    logs_out_there: bool
    domains: list[SsoDomainRead]
    # How many people it knows.
    people: int
    # When it was last logged in with for a test.
    tested_at: datetime | None
    created_at: datetime


class SsoConnectionList(BaseModel):
    """The workspace's connections, the oldest first."""

    items: list[SsoConnectionRead]


class SsoDomainCreate(BaseModel):
    """A domain whose addresses the connection is to speak for."""

    model_config = ConfigDict(extra="forbid")

    domain: Domain


class SsoOption(BaseModel):
    """A way to log in."""

    id: UUID
    name: str


class SsoOptions(BaseModel):
    """How people of this workspace can log in at their company; with `is_enforced`, they must, and only its
    owners can do without."""

    items: list[SsoOption]
    is_enforced: bool


class SsoStart(BaseModel):
    """With which connection to log in. With `is_test`, somebody who is logged in here stays so, and is known
    to the connection from then on."""

    model_config = ConfigDict(extra="forbid")

    connection_id: UUID
    is_test: Flag = False


class SsoStarted(BaseModel):
    """Where the browser has to go."""

    url: str


class SsoFinish(BaseModel):
    """What the provider has sent back with the browser."""

    model_config = ConfigDict(extra="forbid")

    state: Token
    code: Annotated[Secret, Field(min_length=1, max_length=4_096)] | None = None
    iss: Issuer | None = None
    error: Annotated[Word, Field(examples=["access_denied"])] | None = None


class SsoLoggedIn(BaseModel):
    """Whoever has come back is logged in; only the cookie names the session."""

    outcome: Literal["log_in"] = "log_in"


class SsoLoggedOut(BaseModel):
    """The session here has ended. At `url` its person logs out at their company too; null if the workspace
    does not want that, there is nothing to end, or no place for it."""

    url: str | None


class SsoLogOutTaken(BaseModel):
    """What the provider has told us of has ended here too."""


class SsoTestRead(BaseModel):
    """What the provider says of whoever has tested it, and what would follow for somebody new."""

    outcome: Literal["test"] = "test"
    connection_id: UUID
    email: str | None
    # Whether the connection may speak for this address.
    is_email_trusted: bool
    # Null if the provider has left open which they are.
    groups: list[str] | None
    role: str


class SsoProofAsked(BaseModel):
    """There is an account with the address that the provider names: whoever knows its password connects
    both, with this token, in this browser, within ten minutes."""

    outcome: Literal["proof"] = "proof"
    email: str
    confirmation: str
    expires_at: datetime


class SsoConfirm(BaseModel):
    """The password of the account that a log-in is to be connected with."""

    model_config = ConfigDict(extra="forbid")

    confirmation: Annotated[
        Secret, Field(min_length=1, max_length=8_192, examples=["eyJhbGciOiJkaXIifQ"])
    ]
    password: Password
