"""The names of services, topics and databases fit together, and fit the events."""

import inspect

from stagify.events import receipts, registered_events
from stagify.events.receipts import ReceiptIssued
from stagify.topology import (
    CONSUMERS,
    DATABASES,
    KAFKA_ANALYTICS,
    KAFKA_USERS,
    RECEIPT_SENDERS,
    TOPICS,
    Grant,
    all_topics,
    kafka_grants,
)

SERVICES = {f"{database.name}-svc" for database in DATABASES}


def test_consumers_and_owners_of_topics_are_services_with_a_database() -> None:
    assert set(CONSUMERS) <= SERVICES
    assert {spec.producer for spec in TOPICS} - {"*"} <= SERVICES


def test_every_sender_of_receipts_has_an_event_for_them() -> None:
    classes = {
        name.removesuffix("ReceiptIssued").lower()
        for name, cls in inspect.getmembers(receipts, inspect.isclass)
        if issubclass(cls, ReceiptIssued) and cls is not ReceiptIssued
    }
    assert classes == RECEIPT_SENDERS
    assert {f"{name}-svc" for name in RECEIPT_SENDERS} <= SERVICES


def test_every_topic_is_created_once() -> None:
    names = [spec.name for spec in all_topics()]
    assert len(names) == len(set(names))
    assert {cls.topic for cls in registered_events().values()} <= set(names)


def test_what_a_user_of_kafka_may_do() -> None:
    grants = set(kafka_grants())
    analytics = {grant for grant in grants if grant.user == KAFKA_ANALYTICS}
    assert analytics == {
        Grant("analytics", "topic", "usage.events", "read"),
        Grant("analytics", "group", "analytics", "read", is_prefix=True),
    }
    gateway = {(grant.name, grant.operation) for grant in grants if grant.user == "gateway"}
    assert gateway == {
        ("tenant.directory", "read"),
        ("identity.events", "read"),
        ("usage.events", "write"),
    }
    writers = {
        grant.user
        for grant in grants
        if (grant.name, grant.operation) == ("tenant.events", "write")
    }
    assert writers == {"tenant-svc"}
    # The operator needs no grants, and nobody may do anything to everything.
    assert all(grant.user in KAFKA_USERS[1:] and grant.name not in ("", "*") for grant in grants)
