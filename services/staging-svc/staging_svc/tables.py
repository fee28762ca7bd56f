"""The base of staging-svc's tables."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from stagify.database import new_metadata


class ServiceTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables staging-svc owns."""


def instant(**options: Any) -> datetime:
    """A column that holds a point in time."""
    column: datetime = Field(sa_type=DateTime(timezone=True), **options)
    return column
