"""Makes passes: what all requests of a caller to a service have in common, above all the signed
header line that says who is calling. A new one is made about once a minute."""

from dataclasses import replace
from random import uniform
from time import time

from gateway.callers.callers import Caller, Pass
from gateway.callers.lasting import LastingAnswers
from gateway.hosts.routes import Route
from gateway.hosts.sites import Site
from gateway.wire.cookies import SESSION_COOKIE
from gateway.wire.decisions import Forward
from stagify.tokens import TokenSigner

# A token is not used in its last seconds: it must still be valid when the service reads it.
_SPARE_SECONDS = 5.0


class Passes:
    """Makes passes, and keeps them on the callers."""

    def __init__(self, signer: TokenSigner, lasting: LastingAnswers) -> None:
        self._signer = signer
        self._lasting = lasting

    def get(self, caller: Caller, site: Site, route: Route, now: float) -> Pass:
        """The pass for `caller` of `site` at `now` (monotonic)."""
        held = caller.latest_pass
        if held is None or held.route is not route:
            held = caller.pass_to(route)
        if held is not None and held.site is site and now < held.ends:
            return held
        # Plan, region and status come from the directory's newest record, not from the look-up.
        own, common = caller.principal, site.visitor
        principal = replace(
            own,
            plan=common.plan,
            region=common.region,
            tenant_status=common.tenant_status,
            slug=common.slug,
        )
        token, expires = self._signer.mint(route.name, principal)
        # At random, so that tokens made in one burst do not all expire in one moment.
        seconds = (expires - time() - _SPARE_SECONDS) * uniform(0.7, 1.0)
        made = Pass(caller, site, route, token, now + seconds, self._lasting)
        caller.keep(made)
        return made


def with_session(visitors: Pass, session: bytes) -> Forward:
    """A visitor's pass for one request that brings `session`. It stands in a line of its own; the
    service joins it with that of the other cookies."""
    line = b"cookie: %b=%b\r\n" % (SESSION_COOKIE, session)
    return Forward(visitors.who, visitors.service, visitors.turnstile, visitors.head + line)
