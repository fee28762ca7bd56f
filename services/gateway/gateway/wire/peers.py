"""The other end of a client connection, and what the services are told about it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.wire.request import Request


class Peer:
    """The address a connection comes from. Only a trusted proxy may name another one."""

    __slots__ = ("_address", "_is_trusted", "_lines", "_peers")

    def __init__(self, peers: Peers, address: str) -> None:
        self._peers = peers
        self._address = address
        self._is_trusted = peers.is_trusted(address)
        self._lines = peers.lines(address)

    def client_address(self, request: Request) -> str:
        """The address of the client itself."""
        if self._is_trusted and request.forwarded_for is not None:
            return self._peers.client_of(self._address, request.forwarded_for)
        return self._address

    def forwarded_lines(self, request: Request) -> bytes:
        """The header lines that say where a request came from, up to the value of the host."""
        if self._is_trusted and request.forwarded_for is not None:
            return self._peers.lines(self.client_address(request))
        return self._lines


class Peers:
    """Knows which addresses are trusted proxies, and the scheme of the public URLs."""

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network], public_scheme: str) -> None:
        self._trusted = tuple(trusted)
        self._scheme = public_scheme

    def of(self, peername: Any) -> Peer:
        """The peer of a transport's `peername`."""
        return Peer(self, str(peername[0]) if peername else "unknown")

    def is_trusted(self, address: str) -> bool:
        """Whether `address` is a configured proxy."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def client_of(self, peer: str, forwarded_for: bytes) -> str:
        """The last address in the chain that is not a trusted proxy; `peer` if there is none."""
        for hop in reversed(forwarded_for.decode("latin-1").split(",")):
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
            f"x-forwarded-proto: {self._scheme}\r\nx-forwarded-host: "
        ).encode()
