"""The HTTP contract of a new password by mail."""

from pydantic import BaseModel, ConfigDict

from stagify.inputs import Email, NewPassword, Token


class PasswordResetCreate(BaseModel):
    """The address of the account that is to get a new password."""

    model_config = ConfigDict(extra="forbid")

    email: Email


class PasswordResetConfirm(BaseModel):
    """The token from the link of the mail, and the new password."""

    model_config = ConfigDict(extra="forbid")

    token: Token
    password: NewPassword
