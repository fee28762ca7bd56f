"""The HTTP contract of another address."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from stagify.inputs import Code, Email, Token


class EmailChangeCreate(BaseModel):
    """The new address."""

    model_config = ConfigDict(extra="forbid")

    email: Email


class EmailChangeRead(BaseModel):
    """A change that waits for the code of a mail to the new address."""

    id: str
    expires_at: datetime


class EmailChangeConfirm(BaseModel):
    """The code of the mail."""

    model_config = ConfigDict(extra="forbid")

    code: Code


class EmailChangeUndo(BaseModel):
    """The token of the link in a mail to the old address."""

    model_config = ConfigDict(extra="forbid")

    token: Token
