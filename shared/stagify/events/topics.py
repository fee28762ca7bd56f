"""Every topic in one place: its producer, partitions and retention.

`stagify bootstrap` creates them. A consumer's dead letters go to `<consumer>.dlq`.
"""

from dataclasses import dataclass
from enum import StrEnum

DAY_MS = 24 * 60 * 60 * 1000


class Topic(StrEnum):
    """The topics by the name they have in Kafka."""

    TENANT = "tenant.events"
    IDENTITY = "identity.events"
    STAGING = "staging.events"
    BILLING = "billing.events"
    USAGE = "usage.events"
    DIRECTORY = "tenant.directory"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic is created. `producer` is the owning service, or `*` for any."""

    name: str
    producer: str
    partitions: int
    retention_ms: int
    is_compacted: bool = False

    def config(self) -> dict[str, str]:
        """Topic configuration as Kafka wants it."""
        if self.is_compacted:
            return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}


TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(Topic.TENANT, "tenant-svc", 6, 30 * DAY_MS),
    TopicSpec(Topic.IDENTITY, "identity-svc", 6, 30 * DAY_MS),
    TopicSpec(Topic.STAGING, "staging-svc", 6, 30 * DAY_MS),
    TopicSpec(Topic.BILLING, "usage-svc", 6, 30 * DAY_MS),
    TopicSpec(Topic.USAGE, "*", 6, 30 * DAY_MS),
    # One partition: the gateway reads it whole, in order.
    TopicSpec(Topic.DIRECTORY, "tenant-svc", 1, -1, is_compacted=True),
)

CONSUMERS: tuple[str, ...] = ("tenant-svc", "identity-svc", "staging-svc", "usage-svc")


def dead_letter_topic(consumer: str) -> str:
    """Where `consumer` puts messages it can never handle."""
    return f"{consumer}.dlq"


def all_topics() -> tuple[TopicSpec, ...]:
    """The event topics and every consumer's dead letters."""
    dead = (TopicSpec(dead_letter_topic(name), name, 1, 90 * DAY_MS) for name in CONSUMERS)
    return (*TOPICS, *dead)
