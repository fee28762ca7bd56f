"""The HTTP contract of lost factors."""

from datetime import datetime

from pydantic import BaseModel


class FactorResetRead(BaseModel):
    """A wish to take second factors away, and when that happens unless their person says no."""

    due_at: datetime


class OwnFactorResets(BaseModel):
    """The wishes to take one's own second factors away, the first due first."""

    items: list[FactorResetRead]
