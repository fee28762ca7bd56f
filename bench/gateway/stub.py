"""The service behind the gateway while it is measured: `python stub.py PORT`.

It answers every request at once with the same 200 bytes, a path that ends in a number with that
many bytes, and the look-up of a credential with the tenant whose key it is.
"""

import asyncio
import json
import sys
from typing import cast

import httptools
import uvloop
from tenants import tenant_of_key

_BODY = json.dumps({"items": [], "next_cursor": None, "filler": "x" * 153}).encode()


def _answer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


ANSWER = _answer(_BODY)


class Stub(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        # A cast: the transports of uvloop are no subclasses of asyncio.Transport.
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)
        self._url = self._content = b""

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """See httptools."""
        self._url = url

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        self._content += body

    def on_message_complete(self) -> None:
        """See httptools."""
        if self._url == b"/internal/credentials":
            self._transport.write(_answer(_credential(self._content)))
        elif self._url.startswith(b"/v1/images/"):
            self._transport.write(_answer(b"x" * int(self._url[11:])))
        else:
            self._transport.write(ANSWER)
        self._content = b""


def _credential(content: bytes) -> bytes:
    tenant = tenant_of_key(json.loads(content)["value"])
    found = {
        "kind": "api_key",
        "subject": str(tenant.key_id),
        "user_id": str(tenant.tenant_id),
        "credential_id": str(tenant.key_id),
        "role": "member",
        "permissions": ["projects:read", "projects:write", "usage:read", "tenant:read"],
        "organization_id": None,
        "expires_at": None,
    }
    return json.dumps(found).encode()


async def main(port: int) -> None:
    """Serve for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stub, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
