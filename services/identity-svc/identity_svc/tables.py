"""What the tables of all capabilities share."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from stagify.tables import new_metadata


class IdentityTable(SQLModel, registry=registry(metadata=new_metadata())):
    """Base of the tables identity-svc owns."""
