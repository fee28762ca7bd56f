"""Copies of other services' facts: every order of the same events has the same result."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from stagify.database import Database
from stagify.ids import new_id
from stagify.replicas import Facts, keep
from stagify.testing import DatabaseUrls

CREATE = """
CREATE TABLE IF NOT EXISTS copies (
    tenant_id uuid PRIMARY KEY, name text, name_event_id uuid, status text NOT NULL,
    status_event_id uuid, seen integer NOT NULL)
"""


class CopyTable(SQLModel, registry=registry(metadata=MetaData())):
    """Base of the copy."""


class Copy(CopyTable, table=True):
    """A tenant as its events describe it, and a column of our own."""

    __tablename__ = "copies"

    tenant_id: UUID = Field(primary_key=True)
    name: str | None = None
    name_event_id: UUID | None = None
    status: str = "new"
    status_event_id: UUID | None = None
    seen: int = 0


GROUPS = {"name": Facts(Copy, "name_event_id"), "status": Facts(Copy, "status_event_id")}


@dataclass(frozen=True)
class Told:
    """An event with one group of facts."""

    group: str
    value: str
    event_id: UUID


@pytest.fixture(scope="module")
async def copies(kit_urls: DatabaseUrls) -> DatabaseUrls:
    owner = await asyncpg.connect(kit_urls.owner)
    await owner.execute(CREATE)
    await owner.execute("GRANT SELECT, INSERT, UPDATE ON copies TO staging_app")
    await owner.close()
    return kit_urls


async def tell(database: Database, tenant_id: UUID, event: Told) -> bool:
    """Keep the facts of one event, as its handler would."""
    async with database.tenant(tenant_id) as session:
        return await keep(
            session,
            GROUPS[event.group],
            event.event_id,
            key={"tenant_id": tenant_id},
            values={event.group: event.value},
            own={"seen": 1},
        )


async def kept(database: Database, tenant_id: UUID) -> dict[str, Any]:
    """The copy."""
    (row,) = await database.fetch(
        tenant_id, "SELECT name, status, seen FROM copies WHERE tenant_id = $1", tenant_id
    )
    return dict(row)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Told], list[Told]]:
    """Events in the order in which they happened, and the same events as they are delivered: in any
    order, some of them more than once."""
    groups = draw(st.lists(st.sampled_from(sorted(GROUPS)), min_size=1, max_size=6))
    happened = [Told(group, f"{group} {i}", new_id()) for i, group in enumerate(groups)]
    repeated = draw(st.lists(st.sampled_from(happened), max_size=4))
    return happened, draw(st.permutations([*happened, *repeated]))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=deliveries())
async def test_every_order_ends_the_same(
    copies: DatabaseUrls, database: Database, events: tuple[list[Told], list[Told]]
) -> None:
    happened, delivered = events
    tenant_id = new_id()
    for event in delivered:
        await tell(database, tenant_id, event)
    newest = {event.group: event.value for event in happened}
    assert await kept(database, tenant_id) == {
        "name": newest.get("name"),
        "status": newest.get("status", "new"),
        "seen": 1,
    }


async def test_it_says_whether_anything_was_new(
    copies: DatabaseUrls, database: Database, tenant_id: UUID
) -> None:
    older, newer = (Told("name", value, new_id()) for value in ("older", "newer"))
    assert await tell(database, tenant_id, newer)
    assert not await tell(database, tenant_id, older)
    assert not await tell(database, tenant_id, newer)


async def test_our_own_columns_stay_as_they_are(
    copies: DatabaseUrls, database: Database, tenant_id: UUID
) -> None:
    await tell(database, tenant_id, Told("name", "first", new_id()))
    async with database.tenant_connection(tenant_id) as connection:
        await connection.execute("UPDATE copies SET seen = 7 WHERE tenant_id = $1", tenant_id)
    await tell(database, tenant_id, Told("name", "second", new_id()))
    assert await kept(database, tenant_id) == {"name": "second", "status": "new", "seen": 7}
