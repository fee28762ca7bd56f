"""What the platform's Kafka clients outlive."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from stagify.kafka import steady


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
