"""Events on their way from an outbox to a topic. One that is lost is named at once: once its row is gone
it is on the topic, or it never will be."""

import contextlib
from collections.abc import Collection, Iterator
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from stagify.brokers import Brokers, client_options
from stagify.events import Event, UndecodableEventError, decode
from stagify.testing.waiting import PATIENCE_SECONDS, eventually
from stagify.topology import TOPICS

# A relay that runs sends within a fraction of this.
SEND_SECONDS = PATIENCE_SECONDS

LEFT = "SELECT id FROM outbox WHERE id = ANY ($1)"
# Those of other tests, thousands of them, are not even read.
NAMING = (
    "SELECT payload FROM outbox WHERE aggregateid = $1 OR position($2 IN payload) > 0 ORDER BY seq"
)


async def in_outbox(relay_url: str, about: UUID | str) -> list[Event]:
    """The events about a tenant or another aggregate, in the order in which they will be sent."""
    relay = await asyncpg.connect(relay_url)
    try:
        rows = await relay.fetch(NAMING, str(about), str(about).encode())
    finally:
        await relay.close()
    events = [decode(row["payload"]) for row in rows]
    return [
        event
        for event in events
        if isinstance(event, Event) and str(about) in (str(event.tenant_id), event.key)
    ]


async def sent(relay_url: str, *event_ids: UUID) -> None:
    """Return when none of these events is in the outbox any more; AssertionError with the ids of those
    that are after SEND_SECONDS. They have been committed."""
    relay = await asyncpg.connect(relay_url)
    left = [*event_ids]

    async def are_gone() -> bool:
        left[:] = [row["id"] for row in await relay.fetch(LEFT, event_ids)]
        return not left

    try:
        await eventually(are_gone, SEND_SECONDS)
    except TimeoutError as error:
        raise AssertionError(f"still in the outbox: {_named(left)}") from error
    finally:
        await relay.close()


async def arrived(
    relay_url: str, brokers: Brokers | str, topic: str, event_ids: Collection[UUID]
) -> list[Event]:
    """These events in the order of the topic, each as often as it is there, once the relay has sent
    them all; AssertionError with the ids of those that were lost."""
    await sent(relay_url, *event_ids)
    everything = await on_topics(brokers, topic)
    found = [each for each in everything if each.event_id in event_ids]
    lost = set(event_ids) - {each.event_id for each in found}
    assert not lost, f"lost between the outbox and {topic}: {_named(lost)}"
    return found


async def on_topics(brokers: Brokers | str, *topics: str) -> list[Event]:
    """Every event that is on these topics now, each partition in its order."""
    partitions = {str(spec.name): spec.partitions for spec in TOPICS}
    places = [TopicPartition(name, n) for name in topics for n in range(partitions[name])]
    client = AIOKafkaConsumer(**client_options(brokers), enable_auto_commit=False)
    await client.start()
    found: list[Event] = []
    try:
        client.assign(places)
        await client.seek_to_beginning(*places)
        ends = await client.end_offsets(places)
        while unread := [each for each in places if await client.position(each) < ends[each]]:
            records = await client.getmany(*unread, timeout_ms=1_000)
            found += [event for part in records.values() for each in part for event in _event(each)]
    finally:
        await client.stop()
    return found


def _event(record: ConsumerRecord) -> Iterator[Event]:
    """The event in a record, unless it has none that is known here."""
    with contextlib.suppress(UndecodableEventError):
        event = decode(record.value)
        if isinstance(event, Event):
            yield event


def _named(event_ids: Collection[UUID]) -> str:
    return ", ".join(sorted(map(str, event_ids)))
