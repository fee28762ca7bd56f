"""The parts of the platform by name: topics, consumers, databases, and the services that send
receipts.

This is the only module of the kit that names services. `stagify bootstrap` creates what it lists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

DAY_MS = 24 * 60 * 60 * 1000


class Topic(StrEnum):
    """The topics, by their names in Kafka."""

    TENANT = "tenant.events"
    IDENTITY = "identity.events"
    STAGING = "staging.events"
    BILLING = "billing.events"
    USAGE = "usage.events"
    DIRECTORY = "tenant.directory"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic is created. `producer` is the owning service, or `*` for any; `readers` are the
    users of Kafka that may read it, besides the operator.

    `has_personal_data` says whether its events may name people. Events on topics that outside
    consumers read never do.
    """

    name: str
    producer: str
    partitions: int
    retention_ms: int
    readers: tuple[str, ...] = ()
    is_compacted: bool = False
    has_personal_data: bool = False

    def config(self) -> dict[str, str]:
        """The topic's configuration for Kafka."""
        if self.is_compacted:
            return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}


TOPICS: tuple[TopicSpec, ...] = (
    TopicSpec(
        Topic.TENANT,
        "tenant-svc",
        6,
        30 * DAY_MS,
        readers=("identity-svc", "staging-svc", "usage-svc"),
        has_personal_data=True,
    ),
    TopicSpec(
        Topic.IDENTITY,
        "identity-svc",
        6,
        30 * DAY_MS,
        readers=("gateway", "tenant-svc"),
        has_personal_data=True,
    ),
    TopicSpec(Topic.STAGING, "staging-svc", 6, 30 * DAY_MS, readers=("tenant-svc", "usage-svc")),
    TopicSpec(Topic.BILLING, "usage-svc", 6, 30 * DAY_MS, readers=("tenant-svc",)),
    TopicSpec(Topic.USAGE, "*", 6, 30 * DAY_MS, readers=("analytics", "usage-svc")),
    # One partition: the gateway reads it whole, in order.
    TopicSpec(
        Topic.DIRECTORY,
        "tenant-svc",
        1,
        -1,
        readers=("gateway", "identity-svc"),
        is_compacted=True,
        has_personal_data=True,
    ),
)

# The consumers that have dead letters; each has the name of its service.
CONSUMERS: tuple[str, ...] = ("tenant-svc", "identity-svc", "staging-svc", "usage-svc")


def dead_letter_topic(consumer: str) -> str:
    """The topic for messages that `consumer` can never handle."""
    return f"{consumer}.dlq"


def all_topics() -> tuple[TopicSpec, ...]:
    """The event topics and every consumer's dead letters."""
    dead = (
        TopicSpec(
            dead_letter_topic(name), name, 1, 90 * DAY_MS, readers=(name,), has_personal_data=True
        )
        for name in CONSUMERS
    )
    return (*TOPICS, *dead)


# The users of Kafka: the operator, who may do everything and creates the topics; one for each deployable;
# and a program of the operator's own that evaluates usage.
KAFKA_OPERATOR = "operator"
KAFKA_ANALYTICS = "analytics"
KAFKA_USERS: tuple[str, ...] = (KAFKA_OPERATOR, *CONSUMERS, "gateway", KAFKA_ANALYTICS)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user of Kafka may do: read or write the topic, or read as a member of the group, `name`.
    With `is_prefix`, of every one whose name begins so."""

    user: str
    resource: Literal["topic", "group"]
    name: str
    operation: Literal["read", "write"]
    is_prefix: bool = False


def kafka_grants() -> Iterator[Grant]:
    """Everything that users of Kafka may do; to read or write includes to ask about it. Nobody may
    create, change or delete anything."""
    for spec in all_topics():
        producers = (*CONSUMERS, "gateway") if spec.producer == "*" else (spec.producer,)
        for user in producers:
            yield Grant(user, "topic", spec.name, "write")
        for user in spec.readers:
            yield Grant(user, "topic", spec.name, "read")
    # The groups of a service begin with its name: those that consume, and that replay dead letters.
    for user in (*CONSUMERS, KAFKA_ANALYTICS):
        yield Grant(user, "group", user, "read", is_prefix=True)


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """A service's database, and the roles it has besides owner, app, relay and tasks."""

    name: str
    extra_roles: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The full names of its roles, the owner first."""
        kinds = ("owner", "app", "relay", "tasks", *self.extra_roles)
        return tuple(f"{self.name}_{kind}" for kind in kinds)


DATABASES: tuple[ServiceDatabase, ...] = (
    ServiceDatabase("tenant"),
    # person: sees what belongs to one person in all tenants.
    ServiceDatabase("identity", ("person",)),
    # claim: takes jobs across tenants.
    ServiceDatabase("staging", ("claim",)),
    # ingest: writes usage of all tenants in batches.
    ServiceDatabase("usage", ("ingest",)),
)

# The services, by their databases, that answer each step of a tenant's life with a receipt;
# a tenant is active once all of them have answered its creation.
RECEIPT_SENDERS: frozenset[str] = frozenset({"identity", "staging", "usage"})
