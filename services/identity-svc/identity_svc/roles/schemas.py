"""The HTTP contract of roles."""

from typing import Literal

from pydantic import BaseModel, Field

# The roles that every tenant has, from the one that may do most.
BuiltInRole = Literal["owner", "admin", "member", "viewer"]


class RoleRead(BaseModel):
    """A role. `key` names it wherever a role is given: one of the built-in names, or the id of a role that
    the workspace has made."""

    key: str = Field(examples=["admin"])
    name: str
    is_custom: bool
    permissions: list[str]


class RoleList(BaseModel):
    """The roles of the workspace: the built-in ones, then its own by name."""

    items: list[RoleRead]
