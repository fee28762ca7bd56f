"""Mail that is due."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from identity_svc.tables import IdentityTable, birth, instant
from stagify.ids import new_id


class Mail(IdentityTable, table=True):
    """The intent to send one mail of `kind` about `subject_id`; deleted once it is sent.

    It holds no text and no address: both are made when it is sent.
    """

    __tablename__ = "mails"
    __table_args__ = (Index(None, "kind", "subject_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    subject_id: UUID
    attempts: int = 0
    due_at: datetime = instant(index=True)
    give_up_at: datetime = instant()
    created_at: datetime = birth()
