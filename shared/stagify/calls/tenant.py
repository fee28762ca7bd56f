"""The calls that identity-svc makes to tenant-svc during a sign-up. Each may be repeated."""

from typing import Any, Literal, Self
from urllib.parse import quote
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from stagify.calls.client import InternalClient
from stagify.errors import ConflictError, InvalidInputError, Members, StagifyError
from stagify.inputs import Instant, Name, Slug

SLUGS = "/internal/slugs"
TENANTS = "/internal/tenants"

TenantType = Literal["individual", "organization"]


class SlugWish(BaseModel):
    """The slug that a sign-up asks for, and until when it can be confirmed.

    Nothing is kept under these two: only the last release, in which a sign-up held its slug, reads
    them.
    """

    model_config = ConfigDict(extra="forbid")

    signup_id: UUID
    expires_at: Instant


class SlugWishRead(BaseModel):
    """A slug that no tenant has."""

    slug: str
    expires_at: AwareDatetime


class TenantCreate(BaseModel):
    """The tenant that a confirmed sign-up asks for."""

    model_config = ConfigDict(extra="forbid")

    signup_id: UUID
    slug: Slug
    name: Name
    type: TenantType
    owner_user_id: UUID


class TenantSummary(BaseModel):
    """What a new customer is told about the tenant."""

    id: UUID
    slug: str
    name: str
    type: str
    status: str
    url: str


class _Suggestion(BaseModel):
    """The member of these refusals that the caller passes on to customers."""

    suggestion: str | None = None


class _SlugError(StagifyError):
    """This name cannot be had; `suggestion` is one near it that can, if there is one."""

    example = Members(suggestion="acme-homes")

    def __init__(self, *, suggestion: str | None = None) -> None:
        super().__init__(suggestion=suggestion)

    @classmethod
    def from_problem(cls, problem: dict[str, Any]) -> Self:
        """See the base class."""
        return cls(**dict(_Suggestion.model_validate(problem)))


class SlugInvalidError(_SlugError, InvalidInputError):
    """The name of a workspace has 3 to 40 characters: a-z, 0-9 and single hyphens, with a letter
    at the start."""

    code = "slug_invalid"


class SlugReservedError(_SlugError, InvalidInputError):
    """This name is reserved: choose another one."""

    code = "slug_reserved"


class SlugTakenError(_SlugError, ConflictError):
    """This name is taken: choose another one."""

    code = "slug_taken"


class TenantExpiredError(ConflictError):
    """The sign-up behind this tenant was not finished in time."""

    code = "tenant_expired"


# What is wrong with a name that somebody wants.
SLUG_ERRORS = (SlugInvalidError, SlugReservedError, SlugTakenError)


async def ask_for_slug(tenant: InternalClient, slug: str, wish: SlugWish) -> None:
    """Return if a tenant could be called `slug` now; else raise one of the slug errors above."""
    path = f"{SLUGS}/{quote(slug, safe='')}"
    await tenant.call("PUT", path, body=wish, refusals=SLUG_ERRORS)


async def create_tenant(
    tenant: InternalClient, tenant_id: UUID, wanted: TenantCreate
) -> TenantSummary:
    """The tenant of a confirmed sign-up, which is created if it does not exist yet;
    TenantExpiredError if it waited too long for its owner."""
    return await tenant.ask(
        TenantSummary,
        "PUT",
        f"{TENANTS}/{tenant_id}",
        body=wanted,
        refusals=(*SLUG_ERRORS, TenantExpiredError),
    )
