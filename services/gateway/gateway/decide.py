"""The decision on a request: which tenant, which service, which caller, and whether it may run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway.callers.callers import Caller, Visitors
from gateway.callers.credentials import Credentials, LookUp, Verdict
from gateway.callers.passes import Passes
from gateway.callers.refusals import INVALID_CREDENTIAL, ORIGIN_MISMATCH
from gateway.fairness.limits import Limits
from gateway.hosts.directory import Directory
from gateway.hosts.refusals import TENANT_SUSPENDED
from gateway.hosts.routes import OPEN_TO_ANYONE, Route, Routes, segment_of
from gateway.hosts.sites import NOBODY, Site
from gateway.pages.documents import Documents
from gateway.wire.decisions import DecideLater, Decision, Pending, Refuse
from gateway.wire.peers import Peer
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request

_SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS"))


class Decider:
    """Decides on each request exactly once, and does not change it.

    `Forward` means that the request has been counted in; the receiver of the decision counts it
    out at the turnstile.
    """

    def __init__(
        self,
        *,
        directory: Directory,
        routes: Routes,
        credentials: Credentials,
        visitors: Visitors,
        passes: Passes,
        limits: Limits,
        documents: Documents,
    ) -> None:
        self._directory = directory
        self._routes = routes
        self._credentials = credentials
        self._visitors = visitors
        self._passes = passes
        self._limits = limits
        self._documents = documents

    def decide(self, request: Request, peer: Peer, now: float) -> Decision:
        """What to do with `request`, which came from `peer` at `now` (monotonic)."""
        site = self._directory.find(request.host)
        if isinstance(site, Refusal):
            return Refuse(NOBODY, site)
        if site.status == "suspended":
            return Refuse(site.unidentified, TENANT_SUSPENDED)
        route = self._routes.find(request.target)
        if route is None:
            return self._documents.answer(request, site)
        if site.key and (request.authorization is not None or request.session is not None):
            return self._by_credential(request, peer, site, route, now)
        return self._admit(self._visitors.at(site), request, peer, site, route, now)

    def _by_credential(
        self, request: Request, peer: Peer, site: Site, route: Route, now: float
    ) -> Decision:
        if request.authorization is not None:
            key = site.key + request.authorization
        else:
            # `decide` has made sure that there is one.
            key = site.key + (request.session or b"")
            if request.method not in _SAFE and not _is_same_origin(request):
                return Refuse(site.unidentified, ORIGIN_MISMATCH)
        verdict = self._credentials.get(key, now)
        if verdict is not None:
            return self._admit(verdict, request, peer, site, route, now)
        by_result = partial(self._by_result, request, peer, site, route)
        if self._credentials.refused(key, now):
            return by_result(INVALID_CREDENTIAL, now)
        # Guesses are limited by address, so that they do not use up the tenant's share.
        bucket = self._limits.address_bucket(peer.client_address(request))
        refusal = self._limits.admit_unknown(bucket, now)
        if refusal is not None:
            return Refuse(site.unidentified, refusal)
        look_up = self._credentials.look_up(key)
        if isinstance(look_up, Refusal):
            return by_result(look_up, now)
        return Pending(site.unidentified, _when_known(look_up, by_result))

    def _by_result(
        self,
        request: Request,
        peer: Peer,
        site: Site,
        route: Route,
        result: Verdict | Refusal,
        now: float,
    ) -> Decision:
        """What to do once the credential has been looked up."""
        if isinstance(result, Verdict):
            return self._admit(result, request, peer, site, route, now)
        # A session that has ended does not keep anyone from logging in; a wrong key is always refused.
        if (
            result is INVALID_CREDENTIAL
            and request.authorization is None
            and (request.method, segment_of(request.target)) in OPEN_TO_ANYONE
        ):
            return self._admit(self._visitors.at(site), request, peer, site, route, now)
        return Refuse(site.unidentified, result)

    def _admit(
        self, caller: Caller, request: Request, peer: Peer, site: Site, route: Route, now: float
    ) -> Decision:
        limits = self._limits
        bucket = None
        if caller.is_anonymous:
            bucket = limits.address_bucket(peer.client_address(request))
        refusal = limits.enter(site.party, bucket, now)
        if refusal is not None:
            return Refuse(site.unidentified, refusal)
        return self._passes.get(caller, site, route, now)


def _when_known(
    look_up: LookUp, by_result: Callable[[Verdict | Refusal, float], Decision]
) -> Callable[[Callable[[DecideLater], None]], None]:
    def wait(resume: Callable[[DecideLater], None]) -> None:
        look_up.wait(lambda result: resume(partial(by_result, result)))

    return wait


def _is_same_origin(request: Request) -> bool:
    """Whether the session comes from a page of the same host; programs send no Origin."""
    origin = request.origin
    return origin is None or origin.partition(b"://")[2].lower() == request.host.lower()
