"""The HTTP contract of handing over ownership."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class TransferCreate(BaseModel):
    """The member who is to be the owner."""

    model_config = ConfigDict(extra="forbid")

    member_id: UUID


class TransferRead(BaseModel):
    """A transfer that waits for the other side until `expires_at`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    from_user_id: UUID
    to_user_id: UUID
    created_at: datetime
    expires_at: datetime


class TransferList(BaseModel):
    """The transfer that is open, if there is one."""

    items: list[TransferRead]
