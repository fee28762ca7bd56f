"""The HTTP contract of invitations and their links."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from identity_svc.members.schemas import RoleKey
from identity_svc.people.schemas import Locale
from stagify.events.tenant import BrandTokens
from stagify.inputs import Domain, Email, Instant, Name, NewPassword, Note, Opaque, Token, Whole
from stagify.pagination import Page

# How many addresses one call may name.
MAX_ADDRESSES = 500
MAX_USES = 1_000
MAX_DOMAINS = 20
# Longer than any address may be; the rule of addresses judges each by itself.
MAX_ADDRESS_CHARACTERS = 1_024

InvitationState = Literal["pending", "accepted", "declined", "revoked", "expired"]
Outcome = Literal["invited", "already_invited", "already_member", "invalid_address"]
# One of a list that may come from anywhere: it is judged alone, so that one mistake does not refuse all.
Address = Annotated[Opaque, Field(max_length=MAX_ADDRESS_CHARACTERS)]


class InvitationsCreate(BaseModel):
    """Whom to invite, as what, and in which language if they have not chosen one. `message` is plain text
    without links."""

    model_config = ConfigDict(extra="forbid")

    emails: Annotated[
        list[Address],
        Field(min_length=1, max_length=MAX_ADDRESSES, examples=[["grace@example.com"]]),
    ]
    role: RoleKey
    message: Note | None = None
    locale: Locale | None = None


class InvitationOutcome(BaseModel):
    """What became of one address; `invitation_id` is that of the one that is pending."""

    email: str
    outcome: Outcome
    invitation_id: UUID | None = None


class InvitationsCreated(BaseModel):
    """What became of each address, in their order."""

    items: list[InvitationOutcome]


class InvitationRead(BaseModel):
    """An invitation, without the secret that its mail has."""

    id: UUID
    email: str
    role: str
    state: InvitationState
    invited_by: UUID
    message: str | None
    created_at: datetime
    sent_at: datetime
    expires_at: datetime


class InvitationPage(Page[InvitationRead]):
    """Invitations, newest first; `next_cursor` is null on the last page."""


class InvitationLookUp(BaseModel):
    """The secret of an invitation's mail, or of a link."""

    model_config = ConfigDict(extra="forbid")

    token: Token


class InvitingTenant(BaseModel):
    """The workspace that invites."""

    id: UUID
    slug: str
    name: str
    url: str


class InvitingBrand(BaseModel):
    """How the workspace presents itself to visitors."""

    name: str
    tokens: BrandTokens


class OfferRead(BaseModel):
    """What the holder of a secret is offered: by an `invitation` to the address `email`, or by a `link` for
    addresses of `domains` (of any, if there are none)."""

    kind: Literal["invitation", "link"]
    tenant: InvitingTenant
    brand: InvitingBrand
    role: str
    invited_by: str = Field(description="The name of whoever invites.")
    email: str | None
    message: str | None
    domains: list[str]
    expires_at: datetime


class InvitationAccept(InvitationLookUp):
    """The secret; and for somebody without an account, how they want to be called, and their password.

    Without a password it is whoever is logged in on the platform's host who accepts.
    """

    name: Annotated[Name, Field(examples=["Grace Hopper"])] | None = None
    password: NewPassword | None = None
    locale: Locale | None = None

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.name is None) != (self.password is None):
            raise ValueError("give a name and a password, or none of them")
        return self


class JoinedRead(BaseModel):
    """The workspace that one belongs to now, and as what."""

    tenant: InvitingTenant
    role: str


class OwnInvitationRead(BaseModel):
    """An invitation to one's own address."""

    id: UUID
    tenant: InvitingTenant
    role: str
    message: str | None
    created_at: datetime
    expires_at: datetime


class OwnInvitations(BaseModel):
    """The pending invitations to one's address, newest first; of more than a hundred the first hundred."""

    items: list[OwnInvitationRead]


class InvitationLinkCreate(BaseModel):
    """A link for several people: of certain domains, if any are named, and so many of them, until then."""

    model_config = ConfigDict(extra="forbid")

    role: RoleKey
    domains: Annotated[list[Domain], Field(max_length=MAX_DOMAINS)] = []
    max_uses: Annotated[int, Whole(1, MAX_USES), Field(examples=[10])]
    expires_at: Instant | None = None


class InvitationLinkRead(BaseModel):
    """A link, without its secret. It works until `expires_at` for `max_uses` people, unless it is revoked."""

    id: UUID
    role: str
    domains: list[str]
    max_uses: int
    uses: int
    created_by: UUID
    created_at: datetime
    expires_at: datetime


class InvitationLinkPage(Page[InvitationLinkRead]):
    """Links that were not revoked, newest first; `next_cursor` is null on the last page."""


class InvitationLinkCreated(InvitationLinkRead):
    """A link with its address, which only this answer shows. A repeated request gets null."""

    url: str | None = None


class InvitationAsk(InvitationLookUp):
    """The secret of a link, and the address that a mail is to go to."""

    email: Email
