"""The signed context token between gateway and services, and among services.

The token is a JWT (RFC 7519), signed with EdDSA (RFC 8037) by the caller's own key. It is valid for a
minute and carries no request id, so a caller signs one a minute, and a service remembers that it was
good until it expires: neither pays for a signature on every request.
"""

import base64
import time
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import BaseModel, Field, StringConstraints

from stagify.errors import UnauthorizedError
from stagify.principal import Kind, Principal, TenantPrincipal
from stagify.settings import ProcessSettings, PublicKey

CONTEXT_HEADER = "x-stagify-context"
TOKEN_SECONDS = 60
# A token is used again as long as it is valid for more than this.
RENEW_BEFORE_SECONDS = 20
CLOCK_SKEW_SECONDS = 5
CACHE_ENTRIES = 20_000


class InvalidContextError(UnauthorizedError):
    """The caller's context is missing or not valid."""

    code = "invalid_context"


_Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Time = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Seconds = Annotated[int, Field(strict=True, ge=0)]


class _Claims(BaseModel):
    """The claims of a token by the attributes of the principal that it names, with their types. Short
    names, because the token travels with every request."""

    kind: Kind = Field(alias="knd")
    issuer: _Text = Field(alias="iss")
    subject: _Text | None = Field(default=None, alias="sub")
    tenant_id: UUID | None = Field(default=None, alias="tid")
    user_id: UUID | None = Field(default=None, alias="uid")
    credential_id: UUID | None = Field(default=None, alias="cid")
    organization_id: UUID | None = Field(default=None, alias="org")
    role: _Text | None = Field(default=None, alias="rol")
    permissions: frozenset[_Text] = Field(default=frozenset(), alias="prm", max_length=1000)
    plan: _Text | None = Field(default=None, alias="pln")
    region: _Text | None = Field(default=None, alias="rgn")
    tenant_status: _Text | None = Field(default=None, alias="tst")
    slug: _Text | None = Field(default=None, alias="slg")
    auth_time: _Seconds | None = Field(default=None, alias="ath")
    restriction: _Text | None = Field(default=None, alias="rst")
    issued: _Time = Field(alias="iat")
    expires: _Time = Field(alias="exp")

    def principal(self) -> Principal:
        """The caller that the claims name."""
        kind = Principal if self.tenant_id is None else TenantPrincipal
        return kind(**{name: getattr(self, name) for name in _ATTRIBUTES})


_ATTRIBUTES = [name for name in _Claims.model_fields if name not in ("issued", "expires")]
# The claims that are there only if the attribute is not None.
_OPTIONAL_CLAIMS = [
    (name, field.alias or "")
    for name, field in _Claims.model_fields.items()
    if not field.is_required() and name != "permissions"
]

_jws = jwt.PyJWS()


def generate_seed() -> str:
    """A new private key, in the form of CONTEXT_PRIVATE_KEY."""
    return _encode(Ed25519PrivateKey.generate().private_bytes_raw())


def public_key_of(seed: str) -> str:
    """The public key that belongs to `seed`, in the form that CONTEXT_PUBLIC_KEYS has."""
    public = Ed25519PrivateKey.from_private_bytes(_decode(seed)).public_key()
    return _encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TokenSigner:
    """Signs context tokens with this deployable's key."""

    def __init__(self, private_key: str, public_keys: Mapping[str, PublicKey]) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(_decode(private_key))
        public = public_key_of(private_key)
        matches = [(kid, key.issuer) for kid, key in public_keys.items() if key.key == public]
        if not matches:
            raise ValueError("CONTEXT_PUBLIC_KEYS lacks the public half of CONTEXT_PRIVATE_KEY")
        self._kid, self.issuer = matches[0]
        self._cache: dict[tuple[str, Principal], tuple[float, str]] = {}

    @classmethod
    def from_settings(cls, settings: ProcessSettings) -> "TokenSigner":
        """The signer for a process with these settings."""
        key = settings.context_private_key.get_secret_value()
        return cls(key, settings.context_public_keys)

    def token(self, audience: str, principal: Principal) -> str:
        """A token that names `principal` to `audience`, valid for at least RENEW_BEFORE_SECONDS."""
        now = time.time()
        cached = self._cache.get((audience, principal))
        if cached is not None and cached[0] - now > RENEW_BEFORE_SECONDS:
            return cached[1]
        token, expires = self.mint(audience, principal)
        if len(self._cache) >= CACHE_ENTRIES:
            self._cache.clear()
        self._cache[audience, principal] = (expires, token)
        return token

    def mint(self, audience: str, principal: Principal) -> tuple[str, float]:
        """A new token, and when it expires (Unix time), for callers that keep their tokens themselves."""
        now = int(time.time())
        expires = now + TOKEN_SECONDS
        return self._sign(audience, principal, now, expires), float(expires)

    def service_token(self, audience: str, tenant_id: UUID | None = None) -> str:
        """A token of this deployable itself, for `/internal` calls."""
        principal = Principal(
            kind="service", issuer=self.issuer, subject=self.issuer, tenant_id=tenant_id
        )
        return self.token(audience, principal)

    def _sign(self, audience: str, principal: Principal, now: int, expires: int) -> str:
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": audience,
            "iat": now,
            "exp": expires,
            "knd": principal.kind,
        }
        for attribute, claim in _OPTIONAL_CLAIMS:
            value = getattr(principal, attribute)
            if value is not None:
                # Ids from a database driver may have a type of its own.
                claims[claim] = value if isinstance(value, int) else str(value)
        if principal.permissions:
            claims["prm"] = sorted(principal.permissions)
        # As `jwt.encode` does, but without checking the claims, which are made right here.
        return _jws.encode(orjson.dumps(claims), self._key, "EdDSA", {"kid": self._kid})


class TokenVerifier:
    """Checks context tokens addressed to `audience`, and remembers good ones until they expire."""

    def __init__(self, audience: str, public_keys: Mapping[str, PublicKey]) -> None:
        self._audience = audience
        self._keys = {
            kid: (Ed25519PublicKey.from_public_bytes(_decode(key.key)), key.issuer)
            for kid, key in public_keys.items()
            if audience in key.audiences or "*" in key.audiences
        }
        self._cache: dict[str, tuple[float, Principal]] = {}

    def verify(self, token: str) -> Principal:
        """The principal `token` names; InvalidContextError if it is not for us or not genuine."""
        now = time.time()
        cached = self._cache.get(token)
        if cached is not None:
            if cached[0] > now:
                return cached[1]
            del self._cache[token]
        claims = self._decode(token)
        principal = claims.principal()
        if len(self._cache) >= CACHE_ENTRIES:
            self._cache.clear()
        self._cache[token] = (claims.expires, principal)
        return principal

    def _decode(self, token: str) -> _Claims:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key, issuer = self._keys[str(kid)]
            decoded: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=self._audience,
                issuer=issuer,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat", "aud", "iss", "knd"]},
            )
            claims = _Claims.model_validate(decoded)
        except (
            jwt.PyJWTError,
            KeyError,
            # Among them what pydantic says of a claim with a wrong type.
            ValueError,
            TypeError,
            # A time beyond all numbers, and JSON that is nested too deeply.
            OverflowError,
            RecursionError,
        ) as error:
            raise InvalidContextError from error
        # No signer writes a null: a claim is there or it is not.
        if None in decoded.values() or claims.expires - claims.issued > TOKEN_SECONDS:
            raise InvalidContextError
        # Only the gateway may speak for people; a service speaks for itself.
        if claims.kind != "service" and issuer != "gateway":
            raise InvalidContextError
        return claims
