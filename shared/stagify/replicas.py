"""A local copy of facts that another service owns, kept up to date by its events, in whatever order
they arrive.

Facts that come together in one kind of event have a mark in their row: the id of the newest event
that brought them. Ids are UUIDv7, which sort by time, so older and repeated events change nothing,
and every order of the same events ends in the same row. A row may have several such groups of facts,
and also columns of the service's own.

The gateway's directory does not need this: it reads a compacted topic of whole records, with one
partition, from the beginning, so the last record of each key is the newest. It stores none of them.
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
    """Columns of `table` whose values come together in one kind of event; `mark` is the column with
    the id of the newest such event."""

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
    """Take over `values` unless a newer event has brought others, and return whether they were
    taken over.

    `key` identifies the row. A missing row is created, and then gets the service's `own` values as
    well. In any case the row is locked until the end of the transaction.
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
