"""How much one tenant, one source and all of them together may ask for.

A request over a limit is refused at once. Nothing waits here, so nothing is served after its
client has given up. Whoever has no valid credential is counted at the source, never at a tenant, and
all of them together get half of what may run; so they cannot take the members' share.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.fairness import refusals
from gateway.wire.bucket import Bucket
from gateway.wire.refusals import OVERLOADED, TOO_MANY_FROM_ADDRESS, Refusal
from gateway.wire.sources import Source, SourceLimits

# What an asset costs at least, because an answer without a body is work too.
_LEAST_BYTES = 8 * 1024


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
    source: SourceLimits = field(default_factory=SourceLimits)


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
        self._max_tenant_streams = settings.tenant_max_streams
        self._max_in_flight = settings.max_in_flight
        self._tenant_max_in_flight = settings.tenant_max_in_flight
        self._max_visitors = max(1, settings.max_in_flight // 2)
        self._usual_rate = Rate.of("tenant", settings.tenant_rate, settings.tenant_burst)
        burst_seconds = settings.tenant_burst / settings.tenant_rate
        self._plan_rates = {
            plan: Rate.of("tenant", rate, max(1.0, rate * burst_seconds))
            for plan, rate in settings.plan_rates.items()
        }
        rate, burst = settings.source.rate, settings.source.burst
        self._address_limited = _rate_limited("address", rate, burst)
        bytes_rate, bytes_burst = settings.source.bytes_rate, settings.source.bytes_burst
        self._bytes_limited = _rate_limited(
            "address-bytes", bytes_rate, bytes_burst, unit=';qu="content-bytes"'
        )
        self._cut_off = _rate_limited("address", rate, burst, must_close=True)
        # Requests running, those of visitors among them, and streams.
        self.in_flight = 0
        self.visitors = 0
        self.streams = 0

    def new_party(self) -> Party:
        """The party of a new tenant, with the usual rate."""
        return Party(self._usual_rate)

    def follow_plan(self, party: Party, plan: str | None) -> None:
        """Give `party` the rate of `plan`, if it has another one."""
        rate = self._plan_rates.get(plan or "", self._usual_rate)
        if rate is not party.rate:
            party.follow(rate)

    def charge(self, source: Source, now: float) -> Refusal | None:
        """Have `source` pay for an answer that no tenant pays for: a page, a look-up, a refusal, or
        what a visitor asks a service. A refusal if it has had too many; if it goes on in spite of
        that, its connection is closed."""
        if source.pay(now):
            return None
        return self._address_limited if source.pay_refusal(now) else self._cut_off

    def charge_bytes(self, source: Source, count: int, now: float) -> Refusal | None:
        """Have `source` pay for an asset of `count` bytes. Assets have a price of their own: a page
        loads a dozen of them, and an office behind one address opens many pages at once."""
        if source.pay_bytes(max(count, _LEAST_BYTES), now):
            return None
        return self._bytes_limited if source.pay_refusal(now) else self._cut_off

    def enter(self, party: Party, now: float) -> Refusal | None:
        """Count a member's request in, or say why not."""
        if self.in_flight >= self._max_in_flight:
            return OVERLOADED
        if party.in_flight >= self._tenant_max_in_flight:
            return refusals.TOO_MANY_IN_FLIGHT
        if not party.take(now):
            return party.rate.refusal
        self.in_flight += 1
        party.in_flight += 1
        return None

    def enter_visitor(self, source: Source, now: float) -> Refusal | None:
        """Count in a request without a valid credential, or say why not."""
        refusal = self.charge(source, now)
        if refusal is not None:
            return refusal
        if self.in_flight >= self._max_in_flight or self.visitors >= self._max_visitors:
            return OVERLOADED
        if not source.enter():
            return TOO_MANY_FROM_ADDRESS
        self.in_flight += 1
        self.visitors += 1
        return None

    def leave(self, party: Party) -> None:
        """A request that was counted in is over."""
        self.in_flight -= 1
        party.in_flight -= 1

    def leave_visitor(self, source: Source) -> None:
        """A visitor's request is over."""
        self.in_flight -= 1
        self.visitors -= 1
        source.leave()

    def become_stream(self, party: Party) -> Refusal | None:
        """A request turns out to be a stream, which lasts: count it apart, if there is room."""
        if party.streams >= self._max_tenant_streams:
            return refusals.TOO_MANY_IN_FLIGHT
        self.leave(party)
        self.streams += 1
        party.streams += 1
        return None

    def leave_stream(self, party: Party) -> None:
        """A stream is over."""
        self.streams -= 1
        party.streams -= 1

    def visitor_becomes_stream(self) -> None:
        """A visitor's request turns out to be a stream. It keeps its place at the source."""
        self.in_flight -= 1
        self.visitors -= 1
        self.streams += 1

    def leave_visitors_stream(self, source: Source) -> None:
        """A visitor's stream is over."""
        self.streams -= 1
        source.leave()


def _rate_limited(
    policy: str, rate: float, burst: float, *, must_close: bool = False, unit: str = ""
) -> Refusal:
    window = max(1, math.ceil(burst / rate))
    wait = max(1, math.ceil(1 / rate))
    return Refusal(
        refusals.RATE_LIMITED.status,
        refusals.RATE_LIMITED.code,
        refusals.RATE_LIMITED.title,
        refusals.RATE_LIMITED.detail,
        (
            ("retry-after", str(wait)),
            ("ratelimit-policy", f'"{policy}";q={int(burst)}{unit};w={window}'),
            ("ratelimit", f'"{policy}";r=0;t={wait}'),
        ),
        must_close=must_close,
    )
