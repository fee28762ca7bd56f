"""The HTTP contract of service accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from identity_svc.members.schemas import RoleKey
from stagify.inputs import Name

AccountName = Annotated[Name, Field(examples=["Listing importer"])]


class ServiceAccountRead(BaseModel):
    """A member without a person. `role` is the key of a role; the account's API keys may do what it
    allows."""

    id: UUID
    name: str
    role: str = Field(examples=["member"])
    created_by: UUID
    created_at: datetime


class ServiceAccountList(BaseModel):
    """The service accounts of the workspace, by name."""

    items: list[ServiceAccountRead]


class ServiceAccountCreate(BaseModel):
    """A service account with a role that may do no more than the one who makes it."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName
    role: RoleKey


class ServiceAccountUpdate(BaseModel):
    """What is to change about a service account; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    name: AccountName | None = None
    role: RoleKey | None = None
