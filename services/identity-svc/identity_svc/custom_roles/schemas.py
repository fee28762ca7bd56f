"""The HTTP contract of a tenant's own roles."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Name
from stagify.permissions import Permission

Permissions = Annotated[list[Permission], Field(min_length=1, examples=[["projects:read"]])]


class RoleCreate(BaseModel):
    """A role with some of the permissions of whoever makes it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Photographer"])]
    permissions: Permissions


class RoleUpdate(BaseModel):
    """What is to change about a role; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["Photographer"])] | None = None
    permissions: Permissions | None = None
