"""Sessions and API keys: identity-svc is asked once, and its verdict is kept for a while.

A revoked credential is accepted until its event arrives (well under a second). While Kafka does
not answer, no event can arrive; verdicts are then kept for `lifetime_without_feed` (5 s by
default) after their look-up, and it takes up to `FEED_STALE_SECONDS` to notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from time import monotonic
from typing import TypeVar
from uuid import UUID

from pydantic import SecretStr

from gateway.callers.callers import Caller
from gateway.callers.lasting import LastingAnswers
from gateway.callers.refusals import CREDENTIALS_UNAVAILABLE, INVALID_CREDENTIAL
from gateway.callers.revocations import MemberOf, Revocations
from gateway.callers.uses import TELL_SECONDS, Uses
from gateway.log_throttle import LogThrottle
from gateway.wire.refusals import Refusal
from stagify.calls.identity import (
    ApiKeyUse,
    CredentialLookUp,
    CredentialRead,
    UnknownCredentialError,
)
from stagify.clock import utc_now
from stagify.errors import StagifyError
from stagify.principal import Principal

logger = logging.getLogger(__name__)

MAX_KNOWN = 100_000
MAX_UNKNOWN = 20_000
MAX_LOOKUPS = 256
# How many look-ups for answers under way may begin at once; new requests need the others.
_CHECKS_AT_ONCE = 32

_SESSION = re.compile(rb"[A-Za-z0-9_-]{43}")
_BEARER = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +(stg_[a-z]{2,8}_[A-Za-z0-9_-]{16,200})")

# One object that all verdicts share: memory that is not fetched for each of them.
_FOREVER = float("inf")

Networks = tuple[IPv4Network | IPv6Network, ...]

# The tenant's id as bytes, then the session's value or the whole Authorization header, which never
# look alike. One byte string, because a tuple with a UUID is slow to hash.
Key = bytes
TENANT_BYTES = 16
T = TypeVar("T")
Ask = Callable[[UUID, CredentialLookUp], Awaitable[CredentialRead]]


class Verdict(Caller):
    """A credential that is valid in its tenant; times are monotonic."""

    __slots__ = ("credential_id", "due", "key", "known_since", "networks")

    def __init__(
        self,
        principal: Principal,
        member: MemberOf,
        key: Key,
        credential_id: UUID,
        known_since: float,
        expires: float,
        networks: Networks | None = None,
    ) -> None:
        super().__init__(principal, expires, member)
        self.key = key
        self.credential_id = credential_id
        self.known_since = known_since
        # From where an API key may be used; None: from everywhere.
        self.networks = networks
        # When to look at it next: it expires, or the use of an API key is told to identity-svc again.
        tell_at = known_since + TELL_SECONDS if principal.kind == "api_key" else expires
        self.due = min(expires, tell_at)

    def is_allowed_from(self, address: str) -> bool:
        """Whether it may be used from there."""
        if self.networks is None:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        # A socket that accepts both families shows addresses of IPv4 in this form.
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self.networks)


class LookUp:
    """A credential that identity-svc is being asked about."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Callable[[Verdict | Refusal], None]] = []

    def wait(self, waiter: Callable[[Verdict | Refusal], None]) -> None:
        """Have `waiter` called with the result."""
        self._waiting.append(waiter)

    def end(self, result: Verdict | Refusal) -> None:
        """Give the result to all who wait."""
        for waiter in self._waiting:
            waiter(result)


@dataclass(frozen=True, slots=True)
class CredentialSettings:
    """How long verdicts are kept, in seconds."""

    lifetime: float = 300
    lifetime_without_feed: float = 5
    unknown_lifetime: float = 5


class Credentials:
    """The cache of verdicts; `ask` is the look-up at identity-svc. `lasting` end with them, and `uses`
    are told while they are known."""

    def __init__(
        self, ask: Ask, settings: CredentialSettings, lasting: LastingAnswers, uses: Uses
    ) -> None:
        self._ask = ask
        self._lasting = lasting
        self._uses = uses
        self._settings = settings
        self._lifetime = settings.lifetime_without_feed
        # Oldest look-up first: when there are too many, the oldest goes; it would expire soon anyway.
        self._known: dict[Key, Verdict] = {}
        self._unknown: dict[Key, float] = {}
        self._keys_of: dict[UUID, set[Key]] = {}
        self._keys_of_member: dict[MemberOf, set[Key]] = {}
        self._revocations: Revocations[UUID] = Revocations(settings.lifetime + 60)
        self._changes: Revocations[MemberOf] = Revocations(settings.lifetime + 60)
        self._look_ups: dict[Key, LookUp] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._log_throttle = LogThrottle()
        self.hits = 0
        self.lookups = 0

    def __len__(self) -> int:
        return len(self._known)

    def follow_feed(self, *, is_current: bool) -> None:
        """Say whether revocations arrive right now."""
        settings = self._settings
        self._lifetime = settings.lifetime if is_current else settings.lifetime_without_feed

    def get(self, key: Key, now: float) -> Verdict | None:
        """The verdict on `key` that is still valid at `now` (monotonic)."""
        verdict = self._known.get(key)
        if verdict is None:
            return None
        is_due = now >= verdict.due
        if now >= verdict.known_since + self._lifetime or (is_due and now >= verdict.expires):
            self._drop(key)
            return None
        self.hits += 1
        if is_due:
            verdict.due = min(verdict.expires, now + TELL_SECONDS)
            self._uses.note(ApiKeyUse(tenant_id=_tenant_of(key), api_key_id=verdict.credential_id))
        return verdict

    def refused(self, key: Key, now: float) -> bool:
        """Whether identity-svc has said lately that `key` is no valid credential."""
        until = self._unknown.get(key)
        return until is not None and now < until

    def look_up(self, key: Key) -> LookUp | Refusal:
        """A look-up, shared by all requests with the same credential; a refusal if none can be
        made."""
        look_up = self._look_ups.get(key)
        if look_up is not None:
            return look_up
        found = parse_credential(key[TENANT_BYTES:])
        if found is None:
            return INVALID_CREDENTIAL
        if len(self._look_ups) >= MAX_LOOKUPS:
            return CREDENTIALS_UNAVAILABLE
        look_up = self._look_ups[key] = LookUp()
        task = asyncio.get_running_loop().create_task(self._run(key, found))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return look_up

    def revoke(self, credential_id: UUID) -> None:
        """Forget every verdict on the credential, also those that are being looked up."""
        self._revocations.remember(credential_id)
        for key in list(self._keys_of.get(credential_id, ())):
            self._drop(key)
        self._lasting.end_of_credential(credential_id)

    def reconsider(self, member: MemberOf) -> None:
        """Forget every verdict on a member's credentials, also those that are being looked up: they may be
        worth something else now. What was asked for with them ends."""
        self._changes.remember(member)
        for key in list(self._keys_of_member.get(member, ())):
            self._drop(key)
        self._lasting.end_of_member(member)

    def check_lasting(self) -> None:
        """Look up again whose answers are under way, if the verdict is too old for a new request;
        called about twice a second."""
        now, started = monotonic(), 0
        for caller in self._lasting.callers():
            if not isinstance(caller, Verdict) or now < caller.known_since + self._lifetime:
                continue
            known = self._known.get(caller.key)
            if known is not None and now < known.known_since + self._lifetime:
                self._lasting.on_checked(caller.credential_id, known)
                continue
            if started == _CHECKS_AT_ONCE:
                break
            started += 1
            look_up = self.look_up(caller.key)
            if isinstance(look_up, LookUp):
                look_up.wait(partial(self._lasting.on_checked, caller.credential_id))

    async def close(self) -> None:
        """Cancel the look-ups under way."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, key: Key, shown: CredentialLookUp) -> None:
        result: Verdict | Refusal = CREDENTIALS_UNAVAILABLE
        try:
            result = await self._look_up(key, shown)
        finally:
            self._look_ups.pop(key).end(result)

    async def _look_up(self, key: Key, shown: CredentialLookUp) -> Verdict | Refusal:
        tenant_id, started = _tenant_of(key), monotonic()
        self.lookups += 1
        try:
            found = await self._ask(tenant_id, shown)
            while self._changes.has_come_since(MemberOf(tenant_id, found.member_id), started):
                # The answer may be of before the change.
                started = monotonic()
                found = await self._ask(tenant_id, shown)
        except UnknownCredentialError:
            return self._remember_unknown(key)
        except StagifyError as error:
            if self._log_throttle.is_due():
                skipped = self._log_throttle.take_skipped()
                extra = {"code": error.code, "not_logged": skipped}
                logger.warning("credentials.look_up_failed", extra=extra)
            return CREDENTIALS_UNAVAILABLE
        if self._revocations.is_dead(found.credential_id):
            return self._remember_unknown(key)
        return self._keep(key, found, started)

    def _keep(self, key: Key, found: CredentialRead, started: float) -> Verdict | Refusal:
        expires = _FOREVER
        if found.expires_at is not None:
            expires = started + (found.expires_at - utc_now()).total_seconds()
        if expires <= started:
            return self._remember_unknown(key)
        principal = Principal(
            kind=found.kind,
            issuer="gateway",
            subject=str(found.subject),
            tenant_id=_tenant_of(key),
            user_id=found.user_id,
            credential_id=found.credential_id,
            role=found.role,
            permissions=frozenset(found.permissions),
            organization_id=found.organization_id,
            auth_time=None if found.auth_time is None else int(found.auth_time.timestamp()),
            restriction=found.restriction,
        )
        networks = tuple(map(ip_network, found.addresses)) or None
        member = MemberOf(_tenant_of(key), found.member_id)
        verdict = Verdict(principal, member, key, found.credential_id, started, expires, networks)
        self._drop(key)
        self._known[key] = verdict
        self._keys_of.setdefault(found.credential_id, set()).add(key)
        self._keys_of_member.setdefault(member, set()).add(key)
        if len(self._known) > MAX_KNOWN:
            self._drop(next(iter(self._known)))
        return verdict

    def _remember_unknown(self, key: Key) -> Refusal:
        self._drop(key)
        self._unknown.pop(key, None)
        self._unknown[key] = monotonic() + self._settings.unknown_lifetime
        if len(self._unknown) > MAX_UNKNOWN:
            del self._unknown[next(iter(self._unknown))]
        return INVALID_CREDENTIAL

    def _drop(self, key: Key) -> None:
        verdict = self._known.pop(key, None)
        if verdict is None:
            return
        _discard(self._keys_of, verdict.credential_id, key)
        assert verdict.member is not None
        _discard(self._keys_of_member, verdict.member, key)


def is_session(shown: bytes) -> bool:
    """Whether `shown` may be the value of a session."""
    return _SESSION.fullmatch(shown) is not None


def parse_credential(shown: bytes) -> CredentialLookUp | None:
    """What kind of credential `shown` is, and its value; None if it cannot be one."""
    if is_session(shown):
        return CredentialLookUp(type="session", value=SecretStr(shown.decode()))
    bearer = _BEARER.fullmatch(shown)
    if bearer is None:
        return None
    return CredentialLookUp(type="api_key", value=SecretStr(bearer[1].decode()))


def _discard(index: dict[T, set[Key]], of: T, key: Key) -> None:
    keys = index[of]
    keys.discard(key)
    if not keys:
        del index[of]


def _tenant_of(key: Key) -> UUID:
    return UUID(bytes=key[:TENANT_BYTES])
