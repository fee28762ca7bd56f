"""A local copy of another service's facts, kept from its events in whatever order they come.

The facts that one kind of event tells together have a mark in their row: the id of the newest
event that told them. Ids are UUIDv7, which sort by time, so an older event changes nothing and a
repeated one neither: every order of the same events ends in the same row. A row may have several
groups of facts, and columns of the service's own beside them.

The gateway's directory is no such copy: it is a compacted topic of whole records, in one
partition, read from its beginning, so the last record of a key is the newest, and none is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel

from stagify.database import Session


@dataclass(frozen=True, slots=True)
class Facts:
    """Columns of `table` that one kind of event tells together; `mark` names the column that
    holds the id of the newest such event."""

    table: type[SQLModel]
    mark: str


async def keep(
    session: Session,
    facts: Facts,
    event_id: UUID,
    *,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    own: Mapping[str, Any] | None = None,
) -> bool:
    """Take `values` over unless a newer event has told others; whether they were taken over.

    `key` is the row's, which is made if it is missing, then with the service's `own` values too.
    Locks the row until the end of the transaction either way.
    """
    told = {**values, facts.mark: event_id}
    mark = inspect(facts.table).columns[facts.mark]
    statement = (
        insert(facts.table)
        .values(**key, **told, **(own or {}))
        .on_conflict_do_update(
            index_elements=list(key),
            set_=told,
            where=or_(mark.is_(None), mark < event_id),
        )
        .returning(mark)
    )
    return (await session.execute(statement)).first() is not None
