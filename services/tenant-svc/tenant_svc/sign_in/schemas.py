"""The rules of signing in, over HTTP."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Flag, Whole

MOST_GRACE_DAYS, USUAL_GRACE_DAYS = 60, 14


class SignInRead(BaseModel):
    """How people sign in to the workspace. From `mfa_due_at` on, sessions without a second factor may do
    nothing but show one or set one up."""

    mfa_required: bool
    mfa_due_at: datetime | None


class SignInUpdate(BaseModel):
    """Whether the workspace asks for a second factor, and how many days people have until then to set one
    up."""

    model_config = ConfigDict(extra="forbid")

    mfa_required: Annotated[Flag, Field(examples=[False])]
    grace_days: Annotated[int, Whole(0, MOST_GRACE_DAYS)] = USUAL_GRACE_DAYS
