"""Facts on Kafka: the envelope, every event class, and the topics they travel on."""

from stagify.events import billing, identity, receipts, sso, staging, tenant, usage
from stagify.events.base import (
    Event,
    TenantEvent,
    UndecodableEventError,
    UnknownEvent,
    decode,
    encode,
    registered_events,
)
from stagify.topology import Topic

__all__ = [
    "Event",
    "TenantEvent",
    "Topic",
    "UndecodableEventError",
    "UnknownEvent",
    "billing",
    "decode",
    "encode",
    "identity",
    "receipts",
    "registered_events",
    "sso",
    "staging",
    "tenant",
    "usage",
]
