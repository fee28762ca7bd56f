"""HTTP to servers that customers name, such as their identity provider: never into our own network.

A name is looked up here, and the connection goes to the very address that was checked: one that changes
in between leads nowhere. A redirect is an answer like any other, and is not followed. Time, size and the
calls to one server at a time are bounded.
"""

import asyncio
import functools
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import urlencode, urlsplit

import httpcore

SECONDS = 5.0
MAX_BYTES = 256 * 1024
# A server that does not answer holds so many of our calls, and no more.
CALLS_TO_ONE = 8
CALLS = 64
# Of a name with many addresses.
ADDRESSES_TRIED = 3

# All IPv6 addresses that are in use outside of networks; those in which an IPv4 address is hidden are
# elsewhere (mapped, NAT64) or named here (Teredo, 6to4).
_UNICAST = IPv6Network("2000::/3")
_HIDING = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Iterable[str]]]
Reason = Literal["address", "busy", "slow", "too_large", "unreachable", "url"]


class StrangerError(Exception):
    """There is no answer: the address is `url`, no server may be called at it (`address`), it answers
    nothing (`unreachable`), is `slow` or `too_large`, or too many calls to it are under way (`busy`)."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StrangerAnswer:
    """What the server answered."""

    status: int
    body: bytes


def is_public(address: Address) -> bool:
    """Whether an address leads to the internet, and to nothing nearer."""
    if isinstance(address, IPv6Address):
        is_hiding = any(address in network for network in _HIDING)
        return address in _UNICAST and address.is_global and not is_hiding
    return address.is_global and not address.is_multicast


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates count. Reading them takes longer than a call, so it is done once in a process."""
    return ssl.create_default_context()


async def resolve(host: str, port: int) -> Iterable[str]:
    """The addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Strangers:
    """Calls strangers' servers. Make one for each process, and close it at the end.

    With `is_local_allowed`, for tests and laptops alone, it also calls this very machine, without TLS.
    """

    def __init__(
        self,
        *,
        is_local_allowed: bool = False,
        seconds: float = SECONDS,
        look_up: Resolve = resolve,
    ) -> None:
        self._is_local_allowed = is_local_allowed
        self._seconds = seconds
        self._under_way: Counter[str] = Counter()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trusted(),
            network_backend=_Checked(look_up, is_local_allowed=is_local_allowed),
            max_connections=CALLS,
            # Nothing is kept: the next call looks the name up again.
            max_keepalive_connections=0,
        )

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> StrangerAnswer:
        """What the server answers to GET; StrangerError if it does not."""
        return await self._call("GET", url, {"accept": "application/json", **(headers or {})}, None)

    async def post_form(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> StrangerAnswer:
        """The same for a form that is posted."""
        sent = {
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        return await self._call("POST", url, sent, urlencode(fields).encode())

    def is_allowed(self, url: str) -> bool:
        """Whether a server at `url` could be called, as far as the address itself says."""
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            return False
        schemes = ("https", "http") if self._is_local_allowed else ("https",)
        is_plain = parts.username is None and parts.password is None and not parts.fragment
        return parts.scheme in schemes and bool(parts.hostname) and is_plain and url.isascii()

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> StrangerAnswer:
        if not self.is_allowed(url):
            raise StrangerError("url")
        host = urlsplit(url).netloc
        if self._under_way[host] >= CALLS_TO_ONE or self._under_way.total() >= CALLS:
            raise StrangerError("busy")
        self._under_way[host] += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(method, url, headers, content)
        except (TimeoutError, httpcore.TimeoutException):
            raise StrangerError("slow") from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
        ) as error:
            raise StrangerError("unreachable") from error
        finally:
            self._under_way[host] -= 1
            if not self._under_way[host]:
                del self._under_way[host]

    async def _read(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> StrangerAnswer:
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        body = bytearray()
        async with self._pool.stream(method, url, headers=sent, content=content) as answer:
            async for part in answer.aiter_stream():
                body += part
                if len(body) > MAX_BYTES:
                    raise StrangerError("too_large")
            return StrangerAnswer(answer.status, bytes(body))


class _Checked(httpcore.AsyncNetworkBackend):
    """Connects to addresses that lead to the internet, and to no others."""

    def __init__(self, look_up: Resolve, *, is_local_allowed: bool) -> None:
        self._look_up = look_up
        self._is_local_allowed = is_local_allowed
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the host's addresses, all of which lead to the internet."""
        addresses = await self._addresses(host, port)
        for position, address in enumerate(addresses):
            try:
                return await self._inner.connect_tcp(
                    str(address), port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError:
                if position == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore has it
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """None: no stranger is a file of ours."""
        raise StrangerError("address")

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> Sequence[Address]:
        try:
            found = [ip_address(each.partition("%")[0]) for each in await self._look_up(host, port)]
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError from error
        # One that is not public among them is a trap, or a mistake that would be hard to find.
        if not all(is_public(each) or self._is_here(each) for each in found):
            raise StrangerError("address")
        return list(dict.fromkeys(found))[:ADDRESSES_TRIED]

    def _is_here(self, address: Address) -> bool:
        return self._is_local_allowed and address.is_loopback
