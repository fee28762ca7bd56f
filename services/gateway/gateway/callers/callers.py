"""Callers, and what the gateway keeps about each of them between requests."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from gateway.callers.lasting import LastingAnswers
from gateway.callers.revocations import MemberOf
from gateway.hosts.routes import Route
from gateway.hosts.sites import Site, Who
from gateway.wire.decisions import Forward, Lasting
from stagify.principal import Principal
from stagify.tokens import CONTEXT_HEADER

# One object that all callers share: memory that is not fetched for each of them.
_FOREVER = float("inf")


class Caller(Who):
    """A principal, the passes made for it so far, and its calls that are not metered yet.

    The latest pass is kept apart, because most callers call the same service again.
    """

    __slots__ = ("_calls", "_passes", "expires", "latest_pass", "member", "principal", "usage")

    def __init__(
        self, principal: Principal, expires: float = _FOREVER, member: MemberOf | None = None
    ) -> None:
        super().__init__(principal.tenant_id, principal.kind)
        self.principal = principal
        # Whom the credential acts for; None if there is none.
        self.member = member
        # Until when (monotonic) the credential is valid, if it is not revoked.
        self.expires = expires
        self.is_anonymous = principal.kind in ("anonymous", "platform")
        self.latest_pass: Pass | None = None
        self._passes: dict[Route, Pass] = {}
        self._calls = 0
        # Metering keeps here how it records this caller's calls.
        self.usage: Any = None

    def pass_to(self, route: Route) -> Pass | None:
        """The pass made for `route`, if there is one; it becomes the latest."""
        found = self._passes.get(route)
        if found is not None:
            self.latest_pass = found
        return found

    def keep(self, made: Pass) -> None:
        """Keep a pass, in place of an earlier one for the same route."""
        self.latest_pass = self._passes[made.route] = made

    def count_call(self) -> bool:
        """Count one call; True if it is the first since `take_calls`."""
        calls = self._calls
        self._calls = calls + 1
        return calls == 0

    def take_calls(self) -> int:
        """The calls counted since the last time; starts again at zero."""
        calls, self._calls = self._calls, 0
        return calls


class Pass(Forward):
    """The decision to send a caller's requests on, good until `ends` (monotonic) for one version
    of the tenant's record. `context` is the token by which the service knows who is calling."""

    __slots__ = ("_caller", "_lasting", "ends", "route", "site")

    def __init__(
        self,
        caller: Caller,
        site: Site,
        route: Route,
        context: str,
        ends: float,
        lasting: LastingAnswers,
    ) -> None:
        service = route.service
        head = b" HTTP/1.1\r\n" + service.host_line + f"{CONTEXT_HEADER}: {context}\r\n".encode()
        turns, party = route.turns, site.party
        lane = turns.visitors_lane_of(party) if caller.is_anonymous else turns.lane_of(party)
        super().__init__(caller, service, lane, head)
        self.route = route
        self.site = site
        self.ends = ends
        self._caller = caller
        self._lasting = lasting

    def hold(self, answer: Lasting) -> float:
        """See `Forward`."""
        self._lasting.add(answer, self._caller)
        return self._caller.expires

    def let_go(self, answer: Lasting) -> None:
        """See `Forward`."""
        self._lasting.discard(answer, self._caller)


class Visitors:
    """Visitors have no credential; all visitors of a site are one caller."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Site, Caller] = WeakKeyDictionary()

    def at(self, site: Site) -> Caller:
        """The visitor of `site`."""
        visitor = self._of.get(site)
        if visitor is None:
            visitor = self._of[site] = Caller(site.visitor)
        return visitor
