"""A gateway on an event loop in a thread of its own, without Kafka."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from uuid import UUID, uuid4

from gateway.app import Gateway
from gateway.callers.revocations import MemberOf
from gateway.testing.client import Answer, Client
from stagify.events import encode
from stagify.events.tenant import TenantDirectoryEntry


class Running:
    """A gateway without Kafka: the test applies the records that topics would bring."""

    def __init__(self, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
        self.gateway = gateway
        self.loop = loop

    @property
    def port(self) -> int:
        """The public port."""
        return self.gateway.listener.port

    async def run(self, call: Callable[[], Any]) -> Any:
        """The result of `call()` on the gateway's loop; awaited there if it is a coroutine."""
        done: Future[Any] = asyncio.run_coroutine_threadsafe(_call(call), self.loop)
        return await asyncio.wrap_future(done)

    async def stop(self) -> None:
        """Stop it at once."""
        await self.run(lambda: self.gateway.listener.drain(0))
        await self.run(self.gateway.close)

    async def add_tenant(self, slug: str = "acme", **changes: Any) -> UUID:
        """Put a tenant into the directory, and return its id."""
        tenant_id: UUID = changes.pop("tenant_id", None) or uuid4()
        fields = {
            "slug": slug,
            "name": slug.title(),
            "type": "organization",
            "status": "active",
            "plan": "free",
            "region": "eu",
            "hosts": [f"{slug}.stagify.test"],
            **changes,
        }
        entry = TenantDirectoryEntry(tenant_id=tenant_id, **fields)
        key = str(tenant_id).encode()
        await self.run(lambda: self.gateway.directory.apply(key, encode(entry, "tenant-svc")))
        return tenant_id

    async def revoke(self, credential_id: str) -> None:
        """Let the revocation of a credential arrive."""
        await self.run(lambda: self.gateway.credentials.revoke(UUID(credential_id)))

    async def reconsider(self, tenant_id: UUID, member_id: str) -> None:
        """Let the change of a member arrive."""
        member = MemberOf(tenant_id, UUID(member_id))
        await self.run(lambda: self.gateway.credentials.reconsider(member))

    async def connect(self, source: str = "127.0.0.1") -> Client:
        """A new client connection, from an address of loopback."""
        return Client(
            *await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        )

    async def get(self, data: bytes, source: str = "127.0.0.1") -> Answer:
        """The answer to `data` on a connection of its own."""
        client = await self.connect(source)
        await client.send(data)
        answer = await client.answer(to_head=data.startswith(b"HEAD"))
        await client.close()
        return answer


async def _call(call: Callable[[], Any]) -> Any:
    result = call()
    return await result if asyncio.iscoroutine(result) else result
