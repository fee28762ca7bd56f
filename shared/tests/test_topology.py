"""The names of services, topics and databases fit together, and fit the events."""

import inspect

from stagify.events import receipts, registered_events
from stagify.events.receipts import ReceiptIssued
from stagify.topology import CONSUMERS, DATABASES, RECEIPT_SENDERS, TOPICS, all_topics

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
