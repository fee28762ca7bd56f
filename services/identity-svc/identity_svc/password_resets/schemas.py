"""The HTTP contract of a new password by mail."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Email, NewPassword, Secret

# Longer than any token of ours; bounds what is hashed.
MAX_TOKEN_CHARACTERS = 256


class PasswordResetCreate(BaseModel):
    """The address of the account that is to get a new password."""

    model_config = ConfigDict(extra="forbid")

    email: Email


class PasswordResetConfirm(BaseModel):
    """The token from the link of the mail, and the new password."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[
        Secret,
        Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS, examples=["3gVc1mKbWq0pXh2T7nYd9uLf"]),
    ]
    password: NewPassword
