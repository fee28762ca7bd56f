"""The base of usage-svc's tables."""

from sqlalchemy import DateTime
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from stagify.database import new_metadata

INSTANT = DateTime(timezone=True)


class ServiceTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables usage-svc owns."""
