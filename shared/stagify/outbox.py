"""The outbox: an event is published by writing it in the transaction of the change it reports.

Column names follow Debezium's outbox event router (`aggregatetype` is the topic), so a team
may switch to Debezium without touching code. The relay (`stagify.relay`) sends the rows.
"""

from typing import Any
from uuid import UUID

import asyncpg
from opentelemetry.trace import SpanKind
from sqlalchemy import LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from stagify import cause, telemetry
from stagify.database import Session
from stagify.events import Event, encode

# Every commit with new rows notifies this channel; the relay listens to it.
NOTIFY_CHANNEL = "outbox"

INSERT = (
    "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload) VALUES ($1, $2, $3, $4, $5)"
)


class _Base(DeclarativeBase):
    """Has metadata of its own: these tables belong to the kit, not to a service's models."""

    metadata = MetaData()


class OutboxMessage(_Base):
    """A row on its way to Kafka.

    The table's key is `seq`, the order of sending; it is not mapped, because reading it back
    would need a privilege the app role does not have.
    """

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    aggregatetype: Mapped[str]
    aggregateid: Mapped[str]
    type: Mapped[str]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


def publish(session: Session, event: Event) -> None:
    """Add `event` to the outbox; it is sent if and only if this transaction commits."""
    _check_tenant(session, event)
    columns = ("id", "aggregatetype", "aggregateid", "type", "payload")
    row = _row(event, session.info["service"])
    session.add(OutboxMessage(**dict(zip(columns, row, strict=True))))


async def publish_on(connection: asyncpg.Connection, service: str, *events: Event) -> None:
    """The same on a bare connection inside a transaction; `service` is the name of the publisher."""
    await connection.executemany(INSERT, [_row(event, service) for event in events])


def _check_tenant(session: Session, event: Event) -> None:
    bound = session.info.get("tenant_id")
    if bound is not None and event.tenant_id is not None and event.tenant_id != bound:
        raise ValueError(f"{type(event).__name__} belongs to another tenant than its transaction")


def _row(event: Event, service: str) -> tuple[Any, ...]:
    # The span is the event's parent, so that a trace shows request → outbox → consumer.
    with telemetry.span(f"outbox {event.event_type}", SpanKind.PRODUCER):
        trace = telemetry.current_traceparent()
        payload = encode(event, service, trace, cause.current.get())
    return event.event_id, event.topic.value, event.key, event.event_type, payload
