"""How much one tenant, one address and all of them together may ask for.

A request over a limit is refused at once. Nothing waits here, so nothing is served after its
client has given up.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.fairness import refusals
from gateway.wire.refusals import OVERLOADED, Refusal


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The limits. A rate is requests a second; a burst is how many may come at once."""

    max_in_flight: int = 1024
    tenant_max_in_flight: int = 128
    tenant_max_streams: int = 256
    tenant_rate: float = 500.0
    tenant_burst: float = 1000.0
    # The rates of plans that differ from `tenant_rate`; their bursts are in proportion.
    plan_rates: Mapping[str, float] = field(default_factory=dict)
    address_rate: float = 100.0
    address_burst: float = 300.0
    max_addresses: int = 20_000


# Less than this share of a token is ignored, because sums of floats are not exact.
_TOLERANCE = 0.001


class Bucket:
    """A token bucket; full when made.

    It remembers only when it will be full again: with ten thousand buckets, every number saved is
    memory that is not fetched.
    """

    __slots__ = ("_full_at", "_seconds", "_token_seconds")

    def __init__(self, rate: float, burst: float) -> None:
        self._fill(1 / rate, burst / rate)

    def _fill(self, token_seconds: float, seconds: float) -> None:
        """One token comes in `token_seconds`, all of them in `seconds`."""
        self._token_seconds = token_seconds
        self._seconds = seconds
        self._full_at = 0.0

    def take(self, now: float) -> bool:
        """Take one token, if there is one at `now` (monotonic seconds)."""
        token_seconds = self._token_seconds
        full_at = max(self._full_at, now) + token_seconds
        if full_at - now > self._seconds + token_seconds * _TOLERANCE:
            return False
        self._full_at = full_at
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Rate:
    """How many requests the tenants of a plan may make, and the refusal of more."""

    token_seconds: float
    seconds: float
    refusal: Refusal

    @classmethod
    def of(cls, policy: str, rate: float, burst: float) -> "Rate":
        """The rate whose name in the `ratelimit` headers is `policy`."""
        return cls(1 / rate, burst / rate, _rate_limited(policy, rate, burst))


class Party(Bucket):
    """Whoever shares one set of limits: a tenant, or everybody on the platform host.

    It is the party's token bucket, and counts its running requests. It stays when the tenant's
    directory entry changes.
    """

    __slots__ = ("in_flight", "lanes", "rate", "streams")

    def __init__(self, rate: Rate) -> None:
        self.follow(rate)
        self.in_flight = 0
        self.streams = 0
        # The party's lane at each service (see `turns`), made by its first request there.
        self.lanes: dict[object, Any] = {}

    def follow(self, rate: Rate) -> None:
        """Use `rate` from now on."""
        self.rate = rate
        self._fill(rate.token_seconds, rate.seconds)


class Limits:
    """Admits requests and counts those that run."""

    def __init__(self, settings: LimitSettings) -> None:
        self._settings = settings
        self._max_in_flight = settings.max_in_flight
        self._tenant_max_in_flight = settings.tenant_max_in_flight
        self._addresses: dict[str, Bucket] = {}
        self._usual_rate = Rate.of("tenant", settings.tenant_rate, settings.tenant_burst)
        burst_seconds = settings.tenant_burst / settings.tenant_rate
        self._plan_rates = {
            plan: Rate.of("tenant", rate, max(1.0, rate * burst_seconds))
            for plan, rate in settings.plan_rates.items()
        }
        self._address_limited = _rate_limited(
            "address", settings.address_rate, settings.address_burst
        )
        self.in_flight = 0
        self.streams = 0

    def new_party(self) -> Party:
        """The party of a new tenant, with the usual rate."""
        return Party(self._usual_rate)

    def follow_plan(self, party: Party, plan: str | None) -> None:
        """Give `party` the rate of `plan`, if it has another one."""
        rate = self._plan_rates.get(plan or "", self._usual_rate)
        if rate is not party.rate:
            party.follow(rate)

    def address_bucket(self, address: str) -> Bucket:
        """The bucket of a client that has shown no credential."""
        bucket = self._addresses.get(address)
        if bucket is None:
            if len(self._addresses) >= self._settings.max_addresses:
                # The oldest bucket is most likely full again, as a new one would be.
                del self._addresses[next(iter(self._addresses))]
            bucket = Bucket(self._settings.address_rate, self._settings.address_burst)
            self._addresses[address] = bucket
        return bucket

    def enter(self, party: Party, address: Bucket | None, now: float) -> Refusal | None:
        """Count a request in, or say why not. `address`: the bucket of an anonymous client."""
        if self.in_flight >= self._max_in_flight:
            return OVERLOADED
        if party.in_flight >= self._tenant_max_in_flight:
            return refusals.TOO_MANY_IN_FLIGHT
        if address is not None:
            if not address.take(now):
                return self._address_limited
        elif not party.take(now):
            return party.rate.refusal
        self.in_flight += 1
        party.in_flight += 1
        return None

    def admit_unknown(self, address: Bucket, now: float) -> Refusal | None:
        """Whether this client may have one more unknown credential looked up."""
        return None if address.take(now) else self._address_limited

    def leave(self, party: Party) -> None:
        """A request that was counted in is over."""
        self.in_flight -= 1
        party.in_flight -= 1

    def become_stream(self, party: Party) -> Refusal | None:
        """A request turns out to be a stream, which lasts: count it apart, if there is room."""
        if party.streams >= self._settings.tenant_max_streams:
            return refusals.TOO_MANY_IN_FLIGHT
        self.leave(party)
        self.streams += 1
        party.streams += 1
        return None

    def leave_stream(self, party: Party) -> None:
        """A stream is over."""
        self.streams -= 1
        party.streams -= 1


def _rate_limited(policy: str, rate: float, burst: float) -> Refusal:
    window = max(1, math.ceil(burst / rate))
    wait = max(1, math.ceil(1 / rate))
    return Refusal(
        refusals.RATE_LIMITED.status,
        refusals.RATE_LIMITED.code,
        refusals.RATE_LIMITED.title,
        refusals.RATE_LIMITED.detail,
        (
            ("retry-after", str(wait)),
            ("ratelimit-policy", f'"{policy}";q={int(burst)};w={window}'),
            ("ratelimit", f'"{policy}";r=0;t={wait}'),
        ),
    )
