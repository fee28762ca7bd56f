"""What we change inside aiokafka 0.14, which has neither settings nor calls for it.

`shared/pyproject.toml` names that version; `shared/tests/test_patches.py` fails without each of
these functions, so a newer one shows what is still needed.
"""

import asyncio
import itertools
import logging
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

logger = logging.getLogger(__name__)

METADATA_PAUSE_SECONDS = 0.25


def steady(owner: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Let a client outlive brokers that are away.

    By itself aiokafka asks up to thousands of times a second for as long as no broker answers:
    producers with something to send, and consumers that wait for a leader. And on uvloop, where a
    write to a connection that has just closed is a RuntimeError, the task that keeps its metadata
    dies of that, and the client waits for it for ever.
    """
    client = owner.client if isinstance(owner, AIOKafkaProducer) else owner._client
    update, send = client._metadata_update, client.send

    async def update_and_pause(*args: Any) -> bool:
        try:
            is_updated: bool = await update(*args)
        except RuntimeError as error:
            logger.info("kafka.connection_closed", extra={"error": str(error)})
            is_updated = False
        if not is_updated:
            await asyncio.sleep(METADATA_PAUSE_SECONDS)
        return is_updated

    async def send_or_fail(*args: Any, **options: Any) -> Any:
        try:
            return await send(*args, **options)
        except RuntimeError as error:
            raise KafkaConnectionError(str(error)) from error

    client._metadata_update, client.send = update_and_pause, send_or_fail


def drop_unsent(producer: AIOKafkaProducer) -> None:
    """Fail what `producer` holds and has not sent: its own `stop` would wait for Kafka to take it."""
    held = producer._message_accumulator
    batches = [*itertools.chain.from_iterable(held._batches.values()), *held._pending_batches]
    # A request on the wire that fails is not repeated.
    held.reenqueue = lambda batch: None
    held.fail_all(KafkaError("the producer was abandoned"))
    for batch in batches:
        sent = [future for future, _ in batch._msg_futures]
        for future in (batch.future, batch._drain_waiter, *sent):
            # Known to be lost, also where nobody waits for it: asyncio would report that.
            if not future.cancelled():
                future.exception()


async def stop_sending(producer: AIOKafkaProducer) -> None:
    """End the task that sends, whatever it waits for."""
    await producer._sender.close()
