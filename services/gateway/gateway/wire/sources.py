"""The sources of requests, and what each may hold before anything is a tenant's work.

A source is an IPv4 address, or an IPv6 network of 64 bits, which is what one customer of a network
gets. Connections, requests that are still arriving, and everything that is done for somebody who
has shown no valid credential are limited by source, so that they cost their sender something and
the tenants nothing. Where too much is held, the oldest gives way to the newest: people who share an
address with somebody who connects and does nothing are still served.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from ipaddress import IPv6Address
from time import monotonic
from typing import Protocol, TypeVar

from gateway.wire.bucket import Bucket

# To make room, one in this many connections is closed, so that the slow search is rarely needed.
_ROOM_SHARE = 100
# How many sources in use are passed over to find one that can be forgotten.
_MOST_PASSED_OVER = 8


class Connection(Protocol):
    """A client's connection, as its source sees it."""

    @property
    def deadline(self) -> float:
        """The time (monotonic) at which `on_deadline` is called."""

    @property
    def is_idle(self) -> bool:
        """Whether it has no request under way."""

    def on_deadline(self) -> None:
        """It took too long."""

    def close(self) -> None:
        """Close when everything written has been sent."""

    def abort(self) -> None:
        """Close at once."""


_SomeConnection = TypeVar("_SomeConnection", bound=Connection)


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What one source may have at a time. A rate is requests a second; a burst is how many may come
    at once."""

    rate: float = 100.0
    burst: float = 300.0
    # Bytes of assets, a second and at once.
    bytes_rate: float = 4.0 * 1024 * 1024
    bytes_burst: float = 64.0 * 1024 * 1024
    max_connections: int = 1024
    # Requests of which a part is missing.
    max_arriving: int = 64
    # Requests without a valid credential.
    max_in_flight: int = 32
    # Bodies of more than 64 KiB that are kept until they are complete: of one source, and of all.
    max_large: int = 8
    max_large_of_all: int = 64
    # How many sources are remembered that hold nothing.
    max_sources: int = 20_000


class Source:
    """One source. Its buckets are for what it is answered, for the bytes of assets, and for the refusals
    of more."""

    __slots__ = (
        "_all",
        "_arriving",
        "_bytes",
        "_refusals",
        "_requests",
        "connections",
        "in_flight",
        "large",
    )

    def __init__(self, sources: Sources) -> None:
        self._all = sources
        limits = sources.limits
        self._requests = Bucket(limits.rate, limits.burst)
        self._refusals = Bucket(limits.rate, limits.burst)
        # Made when the first asset is asked for: programs never do.
        self._bytes: Bucket | None = None
        self.connections: set[Connection] = set()
        # Connections with half a request, the oldest first.
        self._arriving: dict[Connection, None] = {}
        self.in_flight = 0
        self.large = 0

    @property
    def is_in_use(self) -> bool:
        """Whether it holds anything."""
        return bool(self.connections or self._arriving or self.in_flight or self.large)

    @property
    def arriving(self) -> int:
        """How many requests of this source are still arriving."""
        return len(self._arriving)

    def pay(self, now: float) -> bool:
        """Pay for one answer at `now` (monotonic); False if too many have been given."""
        return self._requests.take(now)

    def pay_bytes(self, count: int, now: float) -> bool:
        """Pay for `count` bytes of an asset; False if too many have been given."""
        bucket = self._bytes
        if bucket is None:
            limits = self._all.limits
            bucket = self._bytes = Bucket(limits.bytes_rate, limits.bytes_burst)
        return bucket.take_many(min(count, self._all.limits.bytes_burst), now)

    def pay_refusal(self, now: float) -> bool:
        """Pay for the refusal of an answer; False if the source goes on although it is refused."""
        return self._refusals.take(now)

    def connect(self, connection: Connection) -> bool:
        """Add `connection`; False if there are too many, so that it must be refused."""
        connections, most = self.connections, self._all.limits.max_connections
        if len(connections) >= most:
            close_idle(connections, most)
            if len(connections) >= most:
                return False
        connections.add(connection)
        return True

    def disconnect(self, connection: Connection) -> None:
        """`connection` is closed."""
        self.connections.discard(connection)

    def arrive(self, connection: Connection) -> None:
        """A part of a request is there, the rest is missing."""
        arriving = self._arriving
        if len(arriving) >= self._all.limits.max_arriving:
            oldest = next(iter(arriving))
            del arriving[oldest]
            self._all.crowded_out += 1
            # Whoever connects again and again is told only now and then.
            if self.pay_refusal(monotonic()):
                oldest.on_deadline()
            else:
                oldest.abort()
        arriving[connection] = None

    def arrived(self, connection: Connection) -> None:
        """The request is complete, or given up."""
        self._arriving.pop(connection, None)

    def enter(self) -> bool:
        """Count in a request without a valid credential; False if there are too many."""
        if self.in_flight >= self._all.limits.max_in_flight:
            return False
        self.in_flight += 1
        return True

    def leave(self) -> None:
        """A request that was counted in is over."""
        self.in_flight -= 1

    def keep_large(self) -> bool:
        """Keep a large body; False if there are too many."""
        limits = self._all.limits
        if self.large >= limits.max_large or self._all.large >= limits.max_large_of_all:
            return False
        self.large += 1
        self._all.large += 1
        return True

    def drop_large(self) -> None:
        """A large body that was kept is no longer."""
        self.large -= 1
        self._all.large -= 1


class Sources:
    """All sources; those that hold nothing are forgotten, the oldest first."""

    def __init__(self, limits: SourceLimits) -> None:
        self.limits = limits
        self._by_network: dict[str, Source] = {}
        self.large = 0
        # Requests given up because too many others were arriving from the same source; connections
        # that were cut off without an answer.
        self.crowded_out = 0
        self.cut_off = 0

    def __len__(self) -> int:
        return len(self._by_network)

    def of(self, address: str) -> Source:
        """The source that `address` belongs to."""
        network = network_of(address)
        source = self._by_network.get(network)
        if source is None:
            if len(self._by_network) >= self.limits.max_sources:
                self._forget_one()
            source = self._by_network[network] = Source(self)
        return source

    def _forget_one(self) -> None:
        """The oldest has most likely full buckets again, as a new one would have."""
        for _ in range(_MOST_PASSED_OVER):
            oldest = next(iter(self._by_network))
            source = self._by_network.pop(oldest)
            if not source.is_in_use:
                return
            self._by_network[oldest] = source


def network_of(address: str) -> str:
    """What one limit holds for: an IPv4 address, or the first 64 bits of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:8].hex(":", 2)


def close_idle(connections: set[_SomeConnection], most: int) -> None:
    """Close the connections that have been idle longest, so that nobody can keep others out by
    connecting and doing nothing."""
    idle = [each for each in connections if each.is_idle]
    count = max(1, most // _ROOM_SHARE)
    for connection in nsmallest(count, idle, key=lambda each: each.deadline):
        connections.discard(connection)
        connection.close()
