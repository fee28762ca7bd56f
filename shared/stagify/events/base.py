"""The envelope: CloudEvents 1.0 in structured JSON.

An event class is a fact in the past tense. It is frozen and only grows: optional fields may be
added, but none renamed, retyped or removed; for that, a `v2` is added beside the `v1`. Readers ignore
fields and types that they do not know.

Vocabularies are open: a role, reason, plan, type, status or action is a string here and never a
closed list. Events outlive the code that wrote them, and a value that a reader does not know must not
make the event unreadable: its handler decides what to do about it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from stagify.cause import NOBODY, Cause
from stagify.clock import utc_now
from stagify.ids import new_id
from stagify.topology import Topic

ENVELOPE_FIELDS = {
    "event_id",
    "occurred_at",
    "tenant_id",
    "traceparent",
    "source",
    "actor",
    "request_id",
}


_registry: "dict[str, type[Event]]" = {}


class UndecodableEventError(ValueError):
    """The bytes are not an event, or not a valid event of the type that they name."""


class Event(BaseModel):
    """Base of all events. Nearly all belong to a tenant and derive from `TenantEvent`.

    A subclass names its `event_type`, its `topic`, and in `key_field` the field that holds the
    id of the aggregate it is about: the Kafka key, so that one aggregate's events stay in order.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_type: ClassVar[str]
    topic: ClassVar[Topic]
    key_field: ClassVar[str] = "tenant_id"

    event_id: UUID = Field(default_factory=new_id)
    occurred_at: AwareDatetime = Field(default_factory=utc_now)
    # Events about a person alone belong to no tenant.
    tenant_id: UUID | None = None
    traceparent: str | None = None
    # Who caused it, and by which request; usually filled in by the outbox. Events from before these
    # fields existed have none.
    actor: str | None = None
    request_id: str | None = None
    # Set when decoded; the publisher fills in its own name when it encodes.
    source: str | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        # Abstract bases name no type of their own.
        if "event_type" not in cls.__dict__:
            return
        if _registry.setdefault(cls.event_type, cls).__qualname__ != cls.__qualname__:
            raise TypeError(f"two event classes of type {cls.event_type!r}")

    @property
    def key(self) -> str:
        """The id of the aggregate: subject of the event and key in Kafka."""
        return str(getattr(self, self.key_field))


class TenantEvent(Event):
    """Base of the events that belong to a tenant."""

    tenant_id: UUID


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A well-formed event of a type this code does not know; consumers skip it."""

    event_id: UUID
    event_type: str


def encode(
    event: Event, source: str, traceparent: str | None = None, caused_by: Cause = NOBODY
) -> bytes:
    """The CloudEvent in the form that Kafka carries. `source` is the name of the publishing service,
    which is also the actor if neither the event nor `caused_by` names one."""
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.event_id),
        "source": f"/{source}",
        "type": event.event_type,
        "subject": event.key,
        "time": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
    }
    if event.tenant_id is not None:
        envelope["tenantid"] = str(event.tenant_id)
    if trace := traceparent or event.traceparent:
        envelope["traceparent"] = trace
    envelope["actor"] = event.actor or caused_by.actor or f"service:{source}"
    if request_id := event.request_id or caused_by.request_id:
        envelope["requestid"] = request_id
    envelope["data"] = event.model_dump(mode="json", exclude=ENVELOPE_FIELDS)
    return orjson.dumps(envelope)


class _Envelope(BaseModel):
    """The CloudEvents attributes we read."""

    specversion: str
    id: UUID
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    time: datetime
    tenantid: UUID | None = None
    traceparent: str | None = None
    actor: str | None = None
    requestid: str | None = None
    data: dict[str, Any]


def decode(value: bytes) -> Event | UnknownEvent:
    """The event in `value`; UndecodableEventError if it is not one."""
    try:
        envelope = _Envelope.model_validate(orjson.loads(value))
        cls = _registry.get(envelope.type)
        if cls is None:
            return UnknownEvent(envelope.id, envelope.type)
        event = cls.model_validate(
            {
                **envelope.data,
                "event_id": envelope.id,
                "occurred_at": envelope.time,
                "tenant_id": envelope.tenantid,
                "traceparent": envelope.traceparent,
                "actor": envelope.actor,
                "request_id": envelope.requestid,
                "source": envelope.source.removeprefix("/"),
            }
        )
    except (orjson.JSONDecodeError, ValidationError) as error:
        raise UndecodableEventError(_reason(error)) from error
    return event


def _reason(error: ValueError) -> str:
    """Where the event is wrong, without its values, which may be personal."""
    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['type']}"
            for item in error.errors(include_input=False, include_url=False)
        )
    return "not JSON"


def registered_events() -> dict[str, type[Event]]:
    """Every known event class by its type on the wire."""
    return dict(_registry)
