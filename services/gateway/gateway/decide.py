"""The decision on a request: which tenant, which service, which caller, and whether it may run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway.callers.callers import Visitors
from gateway.callers.credentials import Credentials, LookUp, Verdict, is_session
from gateway.callers.passes import Passes, with_session
from gateway.callers.refusals import ADDRESS_NOT_ALLOWED, INVALID_CREDENTIAL, ORIGIN_MISMATCH
from gateway.fairness.limits import Limits
from gateway.hosts.directory import Directory
from gateway.hosts.refusals import TENANT_SUSPENDED, UNKNOWN_HOST
from gateway.hosts.routes import OPEN_TO_ANYONE, Route, Routes, segment_of
from gateway.hosts.sites import NOBODY, Site, Who
from gateway.pages.documents import Documents
from gateway.pages.negotiation import is_navigation
from gateway.pages.notices import Notices
from gateway.store.host import StoreHost
from gateway.wire.authority import is_same_origin
from gateway.wire.decisions import DecideLater, Decision, Pending, Refuse
from gateway.wire.peers import Peer
from gateway.wire.refusals import Refusal
from gateway.wire.request import Request

_SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS"))


class Decider:
    """Decides on each request, and does not change it; a second time when its body is complete, if
    that came later.

    Nothing is counted in here. What no tenant pays for, its source does: pages, look-ups, refusals.
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
        notices: Notices,
        store: StoreHost | None,
    ) -> None:
        self._directory = directory
        self._routes = routes
        self._credentials = credentials
        self._visitors = visitors
        self._passes = passes
        self._limits = limits
        self._documents = documents
        self._notices = notices
        self._store = store

    def decide(self, request: Request, peer: Peer, now: float) -> Decision:
        """What to do with `request`, which came from `peer` at `now` (monotonic)."""
        site = self._directory.find(request.host)
        if isinstance(site, Refusal):
            # The store's host is in no directory, so requests to tenants do not pay for asking.
            store = self._store
            if store is not None and request.host == store.host:
                return store.decide(request, peer, now)
            return self._at_unknown_host(site, request, peer, now)
        if site.status == "suspended":
            return self._at_suspended_tenant(site, request, peer, now)
        route = self._routes.find(request.target)
        if route is None:
            return self._document(request, peer, site, now)
        if request.authorization is not None or request.session is not None:
            if site.key:
                return self._by_credential(request, peer, site, route, now)
            if request.session is not None:
                return self._with_session(request.session, request, peer, site, route, now)
        return self._passes.get(self._visitors.at(site), site, route, now)

    def _document(self, request: Request, peer: Peer, site: Site, now: float) -> Decision:
        """What the gateway answers itself; assets have a price of their own."""
        source = peer.source_of(request)
        asset = self._documents.asset(request, site)
        if asset is not None:
            limited = self._limits.charge_bytes(source, len(asset.body), now)
            return asset if limited is None else Refuse(site.unidentified, limited)
        limited = self._limits.charge(source, now)
        if limited is not None:
            return Refuse(site.unidentified, limited)
        return self._documents.answer(request, site)

    def _at_unknown_host(
        self, refusal: Refusal, request: Request, peer: Peer, now: float
    ) -> Decision:
        console = self._directory.find_console(request.host)
        if console is not None:
            return self._document(request, peer, console, now)
        limited = self._limits.charge(peer.source_of(request), now)
        if limited is None and refusal is UNKNOWN_HOST and is_navigation(request):
            return self._notices.unknown(request)
        return Refuse(NOBODY, limited or refusal)

    def _at_suspended_tenant(
        self, site: Site, request: Request, peer: Peer, now: float
    ) -> Decision:
        limited = self._limits.charge(peer.source_of(request), now)
        if limited is None and is_navigation(request):
            return self._notices.suspended(request, site)
        return Refuse(site.unidentified, limited or TENANT_SUSPENDED)

    def _with_session(
        self, session: bytes, request: Request, peer: Peer, site: Site, route: Route, now: float
    ) -> Decision:
        """On the platform's host a session is a person's, in no tenant. identity-svc alone gets it,
        and asks its own table each time; the gateway knows the caller as a visitor."""
        if request.method not in _SAFE and not _is_from_own_page(request, peer):
            return self._refuse(site.unidentified, ORIGIN_MISMATCH, request, peer, now)
        held = self._passes.get(self._visitors.at(site), site, route, now)
        if route.name == "identity-svc" and is_session(session):
            return with_session(held, session)
        return held

    def _by_credential(
        self, request: Request, peer: Peer, site: Site, route: Route, now: float
    ) -> Decision:
        if request.authorization:
            key = site.key + request.authorization
        else:
            # Without a session there is an Authorization of another scheme, which nobody knows.
            key = site.key + (request.session or b"")
            if request.method not in _SAFE and not _is_from_own_page(request, peer):
                return self._refuse(site.unidentified, ORIGIN_MISMATCH, request, peer, now)
        verdict = self._credentials.get(key, now)
        if verdict is not None:
            if verdict.networks is None:
                return self._passes.get(verdict, site, route, now)
            return self._known(verdict, request, peer, site, route, now)
        # Guesses are limited by source, so that they do not use up the tenant's share.
        source = peer.source_of(request)
        limited = self._limits.charge(source, now)
        if limited is not None:
            return Refuse(site.unidentified, limited)
        by_result = partial(self._by_result, request, peer, site, route)
        if self._credentials.refused(key, now):
            return by_result(INVALID_CREDENTIAL, now)
        look_up = self._credentials.look_up(key)
        if isinstance(look_up, Refusal):
            return by_result(look_up, now)
        return Pending(site.unidentified, _when_known(look_up, by_result))

    def _known(
        self, verdict: Verdict, request: Request, peer: Peer, site: Site, route: Route, now: float
    ) -> Decision:
        if verdict.networks is not None and not verdict.is_allowed_from(
            peer.client_address(request)
        ):
            return self._refuse(site.unidentified, ADDRESS_NOT_ALLOWED, request, peer, now)
        return self._passes.get(verdict, site, route, now)

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
            return self._known(result, request, peer, site, route, now)
        # A session that has ended, or what a proxy adds, does not keep anyone from logging in; a wrong
        # key is always refused.
        if (
            result is INVALID_CREDENTIAL
            and not request.authorization
            and (request.method, segment_of(request.target)) in OPEN_TO_ANYONE
        ):
            return self._passes.get(self._visitors.at(site), site, route, now)
        return Refuse(site.unidentified, result)

    def _refuse(
        self, who: Who, refusal: Refusal, request: Request, peer: Peer, now: float
    ) -> Refuse:
        """Refuse, and have the source pay for it."""
        return Refuse(who, self._limits.charge(peer.source_of(request), now) or refusal)


def _when_known(
    look_up: LookUp, by_result: Callable[[Verdict | Refusal, float], Decision]
) -> Callable[[Callable[[DecideLater], None]], None]:
    def wait(resume: Callable[[DecideLater], None]) -> None:
        look_up.wait(lambda result: resume(partial(by_result, result)))

    return wait


def _is_from_own_page(request: Request, peer: Peer) -> bool:
    """Whether a page of the same origin sends the session. Browsers say so by Sec-Fetch-Site (see
    OWASP, "Cross-Site Request Forgery Prevention") or, the old ones, by Origin; programs send neither.
    """
    # "none": the person did it, not a page. Another tenant's page would be "same-site".
    if request.fetch_site not in (None, b"same-origin", b"none"):
        return False
    origin = request.origin
    return origin is None or is_same_origin(origin, peer.scheme(request), request.host)
