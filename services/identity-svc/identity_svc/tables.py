"""What the tables of all capabilities share."""

from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from stagify.clock import utc_now
from stagify.database import new_metadata


class IdentityTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables identity-svc owns."""


def instant(**options: Any) -> Any:
    """A column for a moment in time, aware and in UTC."""
    return Field(sa_type=DateTime(timezone=True), **options)


def birth() -> Any:
    """A column for the moment the row was made."""
    return instant(default_factory=utc_now)
