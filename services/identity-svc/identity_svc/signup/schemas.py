"""The HTTP contract of sign-up."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from identity_svc.people.schemas import Locale
from stagify.calls.tenant import TenantType
from stagify.inputs import Code, Email, Name, NewPassword, Slug


class SignupTenant(BaseModel):
    """The tenant that is wanted."""

    model_config = ConfigDict(extra="forbid")

    type: TenantType
    name: Annotated[Name, Field(examples=["Acme Homes"])]
    slug: Annotated[Slug, Field(examples=["acme"])]


class SignupCreate(BaseModel):
    """A request for an account and a tenant."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Annotated[Name, Field(examples=["Ada Lovelace"])]
    # The language of the mail, and of the account until its person chooses another.
    locale: Locale | None = None
    tenant: SignupTenant


class SignupRead(BaseModel):
    """The sign-up to confirm, and until when."""

    id: UUID
    expires_at: datetime


class SignupConfirm(BaseModel):
    """The code from the mail, and the password for the account."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    password: NewPassword


class UserRead(BaseModel):
    """A person."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str


class NewTenantRead(BaseModel):
    """The tenant that was created, as tenant-svc describes it."""

    id: UUID
    slug: str
    name: str
    type: TenantType
    status: str
    url: str


class SignupConfirmed(BaseModel):
    """The account and the tenant that a sign-up has created."""

    user: UserRead
    tenant: NewTenantRead
