"""The HTTP contract of a member's return."""

from pydantic import BaseModel, ConfigDict

from identity_svc.members.schemas import RoleKey
from stagify.inputs import Flag


class MemberRestore(BaseModel):
    """The role of a member who is brought back; without one they get the role that they had. With
    `resume_keys` the API keys that their removal has suspended work again, as far as their role allows."""

    model_config = ConfigDict(extra="forbid")

    role: RoleKey | None = None
    resume_keys: Flag | None = None
