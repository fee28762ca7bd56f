"""What providers are asked (OpenID Connect Discovery, and the authorization code with PKCE).

Who a provider is, it says in its metadata; that and its keys are remembered for a while, failures too, so
that a stranger who begins one log-in after the other causes no traffic. A key that we do not know makes us
look again, but not often.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, quote_plus, urlencode

import orjson

from identity_svc.sso.errors import SsoProviderInvalidError, SsoProviderUnavailableError
from identity_svc.sso.id_tokens import (
    ALGORITHMS,
    REFUSED_ANSWERS,
    Expected,
    Key,
    check_access_token,
    parse_keys,
    refuse,
    signed_with,
    suitable,
    verified,
)
from identity_svc.sso.log_out_tokens import LogOut, log_out_of
from stagify.clock import utc_now
from stagify.strangers import StrangerAnswer, StrangerError, Strangers

WELL_KNOWN = "/.well-known/openid-configuration"
# How long metadata and keys are believed, how long a failure, and how often we look for a new key.
FRESH, PAUSE, KEYS_PAUSE = timedelta(minutes=10), timedelta(seconds=30), timedelta(seconds=30)
# What an access token may look like (RFC 6750, 2.1).
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")
# Bounds the memory: the oldest go first.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as its metadata describes it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    auth_method: Literal["client_secret_basic", "client_secret_post"]
    # Whether it says with each answer who it is (RFC 9207).
    names_itself: bool
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Client:
    """Us, as a provider knows us for one connection."""

    client_id: str
    secret: str | None
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one log-in is recognised by at the provider."""

    nonce: str
    code_verifier: str

    @property
    def code_challenge(self) -> str:
        """What the provider is told of the verifier first (RFC 7636, S256)."""
        digest = hashlib.sha256(self.code_verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(slots=True)
class _Known:
    """A provider, or that there was none, and its keys."""

    provider: Provider | None
    at: datetime
    keys: Sequence[Key] = ()
    keys_at: datetime | None = None


class Providers:
    """The providers that this process has to do with."""

    def __init__(self, strangers: Strangers) -> None:
        self._strangers = strangers
        self._known: dict[str, _Known] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def discover(self, typed: str) -> Provider:
        """The provider that somebody means by an address: they may write its slash at the end or not, or
        the address of its metadata. SsoProviderInvalidError if there is none."""
        issuer = typed.strip().removesuffix(WELL_KNOWN).rstrip("/")
        try:
            found = await self._fetch(issuer)
        except StrangerError as error:
            raise SsoProviderInvalidError(_UNREACHED.get(error.reason)) from error
        if found is None or found.issuer.rstrip("/") != issuer:
            raise SsoProviderInvalidError
        self._keep(found.issuer, _Known(found, utc_now()))
        return found

    async def find(self, issuer: str) -> Provider:
        """The provider with exactly this issuer; SsoProviderUnavailableError if it does not answer, or says
        now that it is another one."""
        return _there((await self._find(issuer)).provider)

    async def _find(self, issuer: str) -> _Known:
        known = self._fresh(issuer)
        if known is not None:
            return known
        # The others wait for the first, and use what it has found.
        async with self._locks.setdefault(issuer, asyncio.Lock()):
            known = self._fresh(issuer)
            if known is not None:
                return known
            try:
                found = await self._fetch(issuer)
            except StrangerError:
                found = None
            if found is not None and found.issuer != issuer:
                found = None
            known = _Known(found, utc_now())
            self._keep(issuer, known)
            return known

    def _fresh(self, issuer: str) -> _Known | None:
        known = self._known.get(issuer)
        if known is None:
            return None
        life = PAUSE if known.provider is None else FRESH
        return known if utc_now() - known.at < life else None

    def _keep(self, issuer: str, known: _Known) -> None:
        self._known.pop(issuer, None)
        self._known[issuer] = known
        if len(self._known) > MOST:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._locks.pop(oldest, None)

    async def _fetch(self, issuer: str) -> Provider | None:
        answer = await self._strangers.get(issuer.rstrip("/") + WELL_KNOWN)
        return self._provider(_json(answer))

    def _provider(self, told: dict[str, Any]) -> Provider | None:
        def address(name: str) -> str | None:
            value = told.get(name)
            is_usable = isinstance(value, str) and self._strangers.is_allowed(value)
            return value if is_usable else None

        issuer, authorization = told.get("issuer"), address("authorization_endpoint")
        token, keys = address("token_endpoint"), address("jwks_uri")
        if not isinstance(issuer, str) or authorization is None or token is None or keys is None:
            return None
        if "?" in issuer or not self._strangers.is_allowed(issuer):
            return None
        if "code" not in _listed(told, "response_types_supported", ["code"]):
            return None
        if "S256" not in _listed(told, "code_challenge_methods_supported", ["S256"]):
            return None
        signed = _listed(told, "id_token_signing_alg_values_supported", ["RS256"])
        if not set(signed) & set(ALGORITHMS):
            return None
        methods = _listed(told, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        return Provider(
            issuer=issuer,
            authorization_endpoint=authorization,
            token_endpoint=token,
            jwks_uri=keys,
            userinfo_endpoint=address("userinfo_endpoint"),
            end_session_endpoint=address("end_session_endpoint"),
            auth_method="client_secret_basic" if basic else "client_secret_post",
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            scopes=frozenset(_listed(told, "scopes_supported", [])),
        )

    async def redeem(
        self,
        provider: Provider,
        client: Client,
        attempt: Attempt,
        *,
        code: str,
        wanted: Sequence[str],
    ) -> dict[str, Any]:
        """What the provider says of whoever has come back with `code`; also what it tells only if it is
        asked (userinfo), if something `wanted` is not in the ID token."""
        tokens = await self._exchange(provider, client, attempt, code)
        token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str):
            refuse("no_id_token")
        algorithm, key_id = signed_with(token)
        keys = await self._keys(provider, algorithm, key_id)
        expected = Expected(provider.issuer, client.client_id, attempt.nonce)
        claims = verified(token, keys, algorithm, expected)
        check_access_token(token, claims, access)
        if isinstance(access, str) and any(name not in claims for name in wanted):
            claims = {**await self._userinfo(provider, access, claims["sub"]), **claims}
        return claims

    async def log_out_of(self, provider: Provider, client_id: str, token: str) -> LogOut:
        """Who has logged out at the provider, as its token says."""
        algorithm, key_id = signed_with(token)
        keys = await self._keys(provider, algorithm, key_id)
        return log_out_of(token, keys, algorithm, issuer=provider.issuer, client_id=client_id)

    async def _exchange(
        self, provider: Provider, client: Client, attempt: Attempt, code: str
    ) -> dict[str, Any]:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": attempt.code_verifier,
        }
        headers = {}
        if client.secret is not None and provider.auth_method == "client_secret_basic":
            # Each half is encoded as in a form first (RFC 6749, 2.3.1).
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            fields["client_id"] = client.client_id
            if client.secret is not None:
                fields["client_secret"] = client.secret
        answer = await self._asked(
            self._strangers.post_form(provider.token_endpoint, fields, headers)
        )
        if answer.status != 200:
            refuse("code_refused" if answer.status < 500 else "token_endpoint")
        return _believed(answer)

    async def _userinfo(self, provider: Provider, access: str, subject: str) -> dict[str, Any]:
        if provider.userinfo_endpoint is None or not _BEARER.fullmatch(access):
            return {}
        headers = {"authorization": f"Bearer {access}"}
        answer = await self._asked(self._strangers.get(provider.userinfo_endpoint, headers))
        if answer.status != 200:
            return {}
        told = _believed(answer)
        # Or somebody else's could be put under it (Core, 5.3.4).
        if told.get("sub") != subject:
            refuse("userinfo_subject")
        return told

    async def _asked(self, call: Any) -> StrangerAnswer:
        try:
            answer: StrangerAnswer = await call
        except StrangerError as error:
            REFUSED_ANSWERS.labels(f"no_answer_{error.reason}").inc()
            raise SsoProviderUnavailableError from error
        return answer

    async def _keys(self, provider: Provider, algorithm: str, key_id: object) -> Sequence[Any]:
        """The keys that may have signed; looked up anew if there is none among those that we know."""
        known = await self._find(provider.issuer)
        async with self._locks.setdefault(provider.issuer, asyncio.Lock()):
            found = suitable(known.keys, algorithm, key_id)
            now = utc_now()
            if not found and (known.keys_at is None or now - known.keys_at >= KEYS_PAUSE):
                known.keys_at = now
                answer = await self._asked(self._strangers.get(provider.jwks_uri))
                known.keys = parse_keys(_json(answer)) or known.keys
                found = suitable(known.keys, algorithm, key_id)
        if not found:
            refuse("unknown_key")
        return found


def authorization_url(
    provider: Provider, client: Client, attempt: Attempt, *, state: str, scopes: Sequence[str]
) -> str:
    """Where the browser goes to log in."""
    wanted = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.code_challenge,
        "code_challenge_method": "S256",
    }
    return _with_query(provider.authorization_endpoint, wanted)


def end_session_url(provider: Provider, client_id: str) -> str | None:
    """Where the browser goes to log out there (RP-Initiated Logout); None if there is no such place."""
    place = provider.end_session_endpoint
    return None if place is None else _with_query(place, {"client_id": client_id})


def _with_query(address: str, wanted: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(wanted, quote_via=quote)}"


def _there(provider: Provider | None) -> Provider:
    if provider is None:
        raise SsoProviderUnavailableError
    return provider


_UNREACHED: Mapping[str, str] = {
    "address": "This address does not lead to the internet, so it cannot be an issuer here.",
    "url": "The issuer must be an address that begins with https://.",
}


def _json(answer: StrangerAnswer) -> dict[str, Any]:
    """The object that was answered; an empty one if it was none."""
    if answer.status != 200:
        return {}
    try:
        told = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _believed(answer: StrangerAnswer) -> dict[str, Any]:
    told = _json(answer)
    if not told:
        refuse("not_json")
    return told


def _listed(told: Mapping[str, Any], name: str, default: list[str]) -> list[str]:
    value = told.get(name, default)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else default
