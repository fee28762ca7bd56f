"""What we change inside aiokafka 0.14, because it has no settings or calls for this.

`shared/pyproject.toml` requires that version. `shared/tests/test_patches.py` fails if one of these
functions does nothing, so with a newer version it shows which of them are still needed.
"""

import asyncio
import itertools
import logging
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.admin import CreateAclsRequest

from stagify.topology import Grant

logger = logging.getLogger(__name__)

METADATA_PAUSE_SECONDS = 0.25

# How passwords are sent is a setting, and need not be said again at each connection.
logging.getLogger("aiokafka.conn").addFilter(lambda record: "in the clear" not in record.msg)


def steady(owner: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Make a client survive the absence of brokers, and not ask for them without a pause.

    As long as no broker answers, aiokafka asks up to thousands of times a second: producers that
    have something to send, and consumers that wait for a leader. And on uvloop a write to a
    connection that has just closed raises RuntimeError; that ends the task that keeps the metadata
    up to date, and the client waits for it for ever.
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
    """Drop what `producer` has not sent yet: its own `stop` would wait until Kafka has taken it."""
    held = producer._message_accumulator
    batches = [*itertools.chain.from_iterable(held._batches.values()), *held._pending_batches]
    # If a request that is being sent fails, it is not sent again.
    held.reenqueue = lambda batch: None
    held.fail_all(KafkaError("the producer was abandoned"))
    for batch in batches:
        sent = [future for future, _ in batch._msg_futures]
        for future in (batch.future, batch._drain_waiter, *sent):
            # Read the errors, because asyncio reports those that nobody has read.
            if not future.cancelled():
                future.exception()


async def stop_sending(producer: AIOKafkaProducer) -> None:
    """End the sending task, whatever it is waiting for."""
    await producer._sender.close()


# The numbers of Kafka's protocol.
_RESOURCES = {"topic": 2, "group": 3}
_OPERATIONS = {"read": 3, "write": 4}
_LITERAL, _PREFIXED = 3, 4
_ALLOW = 3


async def allow(admin: AIOKafkaAdminClient, grant: Grant) -> None:
    """Allow what `grant` says, from any host; KafkaError if the brokers refuse that. aiokafka knows the
    request, but its admin client has no call for it."""
    request = CreateAclsRequest(
        _RESOURCES[grant.resource],
        grant.name,
        _PREFIXED if grant.is_prefix else _LITERAL,
        f"User:{grant.user}",
        "*",
        _OPERATIONS[grant.operation],
        _ALLOW,
    )
    response = await admin._send_to_controller(request)
    for code, message in response.creation_responses:
        if code != 0:
            raise KafkaError(f"{grant} was refused: {message}")
