"""The HTTP contract of API keys."""

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Instant, Name, Network, Secret, Whole
from stagify.pagination import Page

# What a program may be allowed; the other permissions are for people alone.
Scope = Literal[
    "tenant:read",
    "tenant:manage",
    "projects:read",
    "projects:write",
    "usage:read",
    "billing:manage",
    "api_keys:manage",
    "members:manage",
]
SCOPES: frozenset[str] = frozenset(get_args(Scope))

MAX_NETWORKS = 50
# Longer than any key; bounds what is looked at.
MAX_KEY_CHARACTERS = 256
DAY_HOURS, MONTH_HOURS = 24, 24 * 30

Networks = Annotated[list[Network], Field(max_length=MAX_NETWORKS)]


class ApiKeyCreate(BaseModel):
    """A key for a program. It acts for the one who makes it, and without scopes may do what is needed to
    stage photos; or it acts for a service account, and without scopes may do what that one's role allows
    of what programs may do."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Listing importer"])]
    scopes: Annotated[list[Scope], Field(min_length=1)] | None = None
    service_account_id: UUID | None = None
    expires_at: Instant | None = None
    addresses: Annotated[
        Networks, Field(description="From where it may be used; empty: from everywhere.")
    ] = []


class ApiKeyUpdate(BaseModel):
    """What shall change; what is left out stays as it is. With null for `expires_at` a key does not
    expire, with an empty list for `addresses` it may be used from everywhere."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Listing importer"])] = Field(default_factory=str)
    expires_at: Instant | None = None
    addresses: Networks = []


class ApiKeyRotate(BaseModel):
    """For how many hours the old key goes on working beside the new one; with 0 it ends at once."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Annotated[int, Whole(0, MONTH_HOURS)] = DAY_HOURS


class ApiKeyReport(BaseModel):
    """A key that somebody has found where it should not be."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[
        Secret,
        Field(
            min_length=1, max_length=MAX_KEY_CHARACTERS, examples=["stg_live_7QxV2mLp_0000000000"]
        ),
    ]


class ApiKeyRead(BaseModel):
    """A key without its secret. `scopes` are those that it was given; at each use it may do no more than
    the role of its creator, or of its service account, allows at that time. A service account's key
    without scopes follows the role of the account."""

    id: UUID
    name: str
    start: str = Field(examples=["stg_live_7QxV2mLp"])
    last4: str
    scopes: list[str]
    created_by: UUID
    # The service account that it acts for; null: it acts for its creator.
    service_account_id: UUID | None = None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    # Since when it is refused because its creator was removed.
    suspended_at: datetime | None = None
    # From where it may be used, as CIDR; empty: from everywhere.
    addresses: list[str] = []
    # The key that has replaced it; until it expires, both work.
    successor_id: UUID | None = None


class ApiKeyPage(Page[ApiKeyRead]):
    """Keys, newest first; `next_cursor` is null on the last page."""


class ApiKeyCreated(ApiKeyRead):
    """A key with its secret, which only this answer shows. A repeated request gets null."""

    key: str | None = None
