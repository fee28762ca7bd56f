"""What we change inside libraries: each test fails without its change."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from stagify.kafka import abandon, make_producer
from stagify.patches.aiokafka import steady
from stagify.topology import Topic


class ClosingClient:
    """A client on uvloop whose connection closes under every request."""

    async def _metadata_update(self, *_: Any) -> bool:
        return await self.send()

    async def send(self, *_: Any) -> bool:
        raise RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed")


@pytest.fixture
def client() -> ClosingClient:
    client = ClosingClient()
    owner: Any = SimpleNamespace(_client=client)
    steady(owner)
    return client


async def test_keeping_metadata_outlives_a_connection_that_closes(client: ClosingClient) -> None:
    assert await client._metadata_update() is False


async def test_a_request_fails_as_other_lost_connections_do(client: ClosingClient) -> None:
    with pytest.raises(KafkaConnectionError):
        await client.send()


async def test_an_abandoned_producer_drops_what_no_broker_has_taken(kafka_server: str) -> None:
    producer = make_producer(kafka_server, "abandoned")
    await producer.start()
    await producer.send_and_wait(Topic.TENANT, b"{}")
    back = asyncio.Event()

    async def away(*_: Any, **__: Any) -> None:
        await back.wait()

    producer.client.send = away
    sent = await producer.send(Topic.TENANT, b"{}")
    await abandon(producer)
    assert isinstance(sent.exception(), KafkaError)
    # Nothing of it goes out once the broker is back.
    back.set()
    assert producer._closed
