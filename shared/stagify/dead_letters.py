"""Dead letters: messages that a consumer can never handle, kept with the reason until they are
replayed."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from stagify.brokers import Brokers, client_options
from stagify.clock import utc_now
from stagify.topology import dead_letter_topic

MAX_REASON = 1_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message, where it came from, and why it is here. `position` is its offset in the dead-letter
    topic."""

    position: int
    topic: str
    partition: int
    offset: int
    reason: str
    failed_at: str
    key: bytes | None
    value: bytes | None


async def bury(
    producer: AIOKafkaProducer, consumer: str, record: ConsumerRecord, reason: str
) -> None:
    """Put `record` into the consumer's dead-letter topic; returns once Kafka has it."""
    origin = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "reason": reason[:MAX_REASON],
        "failed_at": utc_now().isoformat(),
    }
    await producer.send_and_wait(
        dead_letter_topic(consumer),
        record.value,
        key=record.key,
        headers=[("stagify-origin", json.dumps(origin).encode())],
    )


async def read(
    brokers: Brokers | str, consumer: str, *, group: str | None = None
) -> AsyncIterator[DeadLetter]:
    """The dead letters that exist now, oldest first.

    With a `group`, only those that it has not committed yet. Each one is committed when the caller
    asks for the next, so after a crash in between it is read again.
    """
    partition = TopicPartition(dead_letter_topic(consumer), 0)
    client = AIOKafkaConsumer(
        **client_options(brokers),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await client.start()
    try:
        client.assign([partition])
        end = (await client.end_offsets([partition]))[partition]
        while await client.position(partition) < end:
            record = await client.getone(partition)
            yield _letter(record)
            if group is not None:
                await client.commit({partition: record.offset + 1})
    finally:
        await client.stop()


def _letter(record: ConsumerRecord) -> DeadLetter:
    origin = json.loads(dict(record.headers)["stagify-origin"])
    return DeadLetter(position=record.offset, key=record.key, value=record.value, **origin)
