"""Counted attempts, and failures that make the next attempt wait."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import LargeBinary
from sqlmodel import Field

from identity_svc.tables import ServiceTable
from stagify.personal import Personal
from stagify.tables import instant


class Throttle(ServiceTable, table=True):
    """One counted subject in one scope."""

    __tablename__ = "throttles"

    scope: str = Field(primary_key=True)
    # Keyed hash of what is counted, so that no address is stored here.
    subject: Annotated[bytes, Personal] = Field(primary_key=True, sa_type=LargeBinary)
    period_started_at: datetime = instant(index=True)
    count: int = 1
    previous_count: int = 0


class Backoff(ServiceTable, table=True):
    """How often a guesser has failed at one account since it was last right."""

    __tablename__ = "backoffs"

    # Keyed hash of guesser and account, so that no address is stored here.
    subject: Annotated[bytes, Personal] = Field(primary_key=True, sa_type=LargeBinary)
    failures: int = 0
    last_failed_at: datetime = instant(index=True)
