"""The decision on a request: whose host, which service, which caller, and whether now."""

from time import monotonic

from gateway import problems
from gateway.callers.credentials import Credentials, Verdict
from gateway.callers.tokens import ContextTokens
from gateway.fairness.limits import Limits
from gateway.hosts.directory import Directory
from gateway.hosts.routes import OPEN_TO_ANYONE, Routes, segment_of
from gateway.hosts.sites import Caller, Site
from gateway.pages.documents import Pages
from gateway.problems import Refusal
from gateway.wire.exchange import Exchange
from gateway.wire.request import Request

_SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS"))


class Admission:
    """Decides on every exchange exactly once: carry it, answer it here, or refuse it."""

    def __init__(
        self,
        *,
        directory: Directory,
        routes: Routes,
        credentials: Credentials,
        tokens: ContextTokens,
        limits: Limits,
        pages: Pages,
    ) -> None:
        self._directory = directory
        self._routes = routes
        self._credentials = credentials
        self._tokens = tokens
        self._limits = limits
        self._pages = pages

    def decide(self, exchange: Exchange) -> None:
        """Start `exchange` on its way; only an unknown credential makes it wait."""
        refusal = self._decide(exchange, exchange.began)
        if refusal is not None:
            exchange.refuse(refusal)

    def _decide(self, exchange: Exchange, now: float) -> Refusal | None:
        request = exchange.request
        site = self._directory.find(request.host)
        if isinstance(site, Refusal):
            return site
        tenant_id = exchange.tenant_id = site.tenant_id
        exchange.identity_fields = site.identity_fields
        if site.status == "suspended":
            return problems.TENANT_SUSPENDED
        exchange.site = site
        service = self._routes.find(request.target)
        if service is None:
            return self._pages.answer(exchange)
        exchange.service = service
        if tenant_id is not None and (
            request.authorization is not None or request.session is not None
        ):
            return self._decide_on_credential(exchange, site, now)
        return self._admit(exchange, site.visitor, now)

    def _decide_on_credential(self, exchange: Exchange, site: Site, now: float) -> Refusal | None:
        request = exchange.request
        if request.authorization is not None:
            key = site.key + request.authorization
        else:
            # The caller has made sure that there is one.
            key = site.key + (request.session or b"")
            if request.method not in _SAFE and not _is_same_origin(request):
                return problems.ORIGIN_MISMATCH
        verdict = self._credentials.get(key, now)
        if verdict is not None:
            return self._admit(exchange, verdict, now)
        if self._credentials.refused(key, now):
            return self._on_invalid(exchange, now)
        # Guessing credentials is limited by address, lest it use up the tenant's share.
        bucket = self._limits.address_bucket(exchange.address)
        refusal = self._limits.admit_unknown(bucket, now)
        if refusal is not None:
            return refusal
        exchange.wait()
        refusal = self._credentials.resolve(key, lambda result: self._resume(exchange, result))
        return (
            self._on_invalid(exchange, now) if refusal is problems.INVALID_CREDENTIAL else refusal
        )

    def _resume(self, exchange: Exchange, result: Verdict | Refusal) -> None:
        if exchange.is_done:
            return
        now = monotonic()
        if isinstance(result, Verdict):
            refusal = self._admit(exchange, result, now)
        elif result is problems.INVALID_CREDENTIAL:
            refusal = self._on_invalid(exchange, now)
        else:
            refusal = result
        if refusal is not None:
            exchange.refuse(refusal)

    def _on_invalid(self, exchange: Exchange, now: float) -> Refusal | None:
        """A dead session does not keep anyone from logging in; a wrong key is always told."""
        request = exchange.request
        is_open = (request.method, segment_of(request.target)) in OPEN_TO_ANYONE
        if request.authorization is None and is_open:
            return self._admit(exchange, exchange.site.visitor, now)
        return problems.INVALID_CREDENTIAL

    def _admit(self, exchange: Exchange, caller: Caller, now: float) -> Refusal | None:
        site: Site = exchange.site
        bucket = self._limits.address_bucket(exchange.address) if caller.is_anonymous else None
        refusal = self._limits.enter(site.load, bucket, now)
        if refusal is not None:
            return refusal
        exchange.holds_slot = True
        exchange.caller = caller
        exchange.identity_fields = caller.identity_fields
        exchange.context_line = self._tokens.line(caller, site, exchange.service.name, now)
        exchange.carry(now)
        return None


def _is_same_origin(request: Request) -> bool:
    """Whether the page that sends the session is the host's own; programs send no Origin."""
    origin = request.origin
    return origin is None or origin.partition(b"://")[2].lower() == request.host.lower()
