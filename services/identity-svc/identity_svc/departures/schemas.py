"""The HTTP contract of a member's return."""

from pydantic import BaseModel, ConfigDict

from identity_svc.members.schemas import RoleKey


class MemberRestore(BaseModel):
    """The role of a member who is brought back; without one they get the role that they had."""

    model_config = ConfigDict(extra="forbid")

    role: RoleKey | None = None
