"""The base of identity-svc's tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from stagify.tables import new_metadata


class ServiceTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables identity-svc owns."""
