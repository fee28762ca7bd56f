"""The other end of a client connection, and what the services are told about it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from gateway.wire.sources import Source, SourceLimits, Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.wire.request import Request

# How many proxies a request may have come through; a longer chain is not read.
_MOST_HOPS = 16


class Peer:
    """The address a connection comes from. Only a trusted proxy may name another one.

    `holder` is the source whose limit the connection counts for. That of a trusted proxy counts for
    nobody's: many clients share it.
    """

    __slots__ = ("_address", "_is_trusted", "_lines", "_peers", "_source", "holder")

    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._address = address
        self._is_trusted = peers.is_trusted(address)
        self._lines = peers.lines(address)
        self._source = peers.sources.of(address)
        self.holder: Source | None = None if self._is_trusted else self._source

    def source_of(self, request: Request) -> Source:
        """The source of the client itself."""
        if self._is_trusted and request.forwarded_for is not None:
            return self._peers.sources.of(self.client_address(request))
        return self._source

    def client_address(self, request: Request) -> str:
        """The address of the client itself."""
        if self._is_trusted and request.forwarded_for is not None:
            return self._peers.client_of(self._address, request.forwarded_for)
        return self._address

    def scheme(self, request: Request) -> bytes:
        """The scheme by which the client has called."""
        proto = request.forwarded_proto
        if self._is_trusted and proto in (b"http", b"https"):
            return proto
        return self._peers.scheme

    def forwarded_lines(self, request: Request) -> bytes:
        """The header lines that say where a request came from, up to the value of the host."""
        if self._is_trusted and request.forwarded_for is not None:
            return self._peers.lines(self.client_address(request))
        return self._lines


class Peers:
    """Knows which addresses are trusted proxies, and the scheme of the public URLs."""

    def __init__(
        self,
        trusted: Sequence[IPv4Network | IPv6Network],
        public_scheme: str,
        sources: Sources | None = None,
    ) -> None:
        self._trusted = tuple(trusted)
        self.scheme = public_scheme.encode()
        self.sources = Sources(SourceLimits()) if sources is None else sources

    def of(self, peername: Any) -> Peer:
        """The peer of a transport's `peername`."""
        return Peer(self, str(peername[0]) if peername else "unknown")

    def is_trusted(self, address: str) -> bool:
        """Whether `address` is a configured proxy."""
        if not self._trusted:
            return False
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        # A socket that accepts both families shows addresses of IPv4 in this form.
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._trusted)

    def client_of(self, peer: str, forwarded_for: bytes) -> str:
        """The last address in the chain that is not a trusted proxy; `peer` if there is none."""
        hops = forwarded_for.decode("latin-1").rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]
        for hop in reversed(hops):
            address = hop.strip()
            try:
                ip_address(address)
            except ValueError:
                break
            if not self.is_trusted(address):
                return address
        return peer

    def lines(self, address: str) -> bytes:
        """See `Peer.forwarded_lines`."""
        return (
            f"\r\nx-forwarded-for: {address}\r\n"
            f"x-forwarded-proto: {self.scheme.decode()}\r\nx-forwarded-host: "
        ).encode()
