"""What is believed of an ID token (OpenID Connect Core, 3.1.3.7).

Everything is checked that could make it somebody else's: the signature, by a key and an algorithm that suit
each other, issuer, audience, times by our own clock, and the nonce of this very log-in.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import jwt
from prometheus_client import Counter

from identity_svc.sso.errors import SsoAnswerInvalidError
from stagify.clock import utc_now

REFUSED_ANSWERS = Counter(
    "stagify_identity_sso_answers_refused",
    "Answers of providers that were not believed.",
    ["reason"],
)

MOST_KEYS = 50
MIN_RSA_BITS = 2048
# Clocks differ; an ID token is made for one log-in, which takes a few minutes at most.
LEEWAY, MAX_AGE = timedelta(minutes=1), timedelta(minutes=10)
MAX_SUBJECT = 255
# None of the shared-secret algorithms, whose key would be what the provider publishes, nor `none`.
ALGORITHMS: Mapping[str, str] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
    "EdDSA": "OKP",
}

# Times and audience are checked below, by our own clock and more strictly.
_SIGNATURE_ALONE: Any = {
    "verify_signature": True,
    **dict.fromkeys(
        ("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub"), False
    ),
}
# What whoever looks after the connection can do something about.
_WORDS: Mapping[str, str] = {
    "code_refused": "Your company's log-in did not accept our client: its id or secret may be wrong.",
    "audience": "What your company's log-in has answered is meant for another client.",
    "issuer": "What your company's log-in has answered comes from another issuer.",
    "expired": "What your company's log-in has answered is not valid at this time: look at its clock.",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One of a provider's keys."""

    kind: str
    id: object
    algorithm: object
    public: Any


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose token it has to be, for whom, and for which log-in."""

    issuer: str
    client_id: str
    nonce: str


def refuse(reason: str) -> NoReturn:
    """Do not believe an answer."""
    REFUSED_ANSWERS.labels(reason).inc()
    raise SsoAnswerInvalidError(_WORDS.get(reason))


def signed_with(token: str) -> tuple[str, object]:
    """The algorithm and the id of the key that the token itself names; one that we do not use is refused."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        refuse("not_a_token")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        refuse("algorithm")
    if "crit" in header:
        refuse("critical_header")
    return algorithm, header.get("kid")


def verified(token: str, keys: Sequence[Any], algorithm: str, expected: Expected) -> dict[str, Any]:
    """What the token says, if one of the keys has signed it and it is what was expected."""
    claims = signed_claims(token, keys, algorithm)
    _check_claims(claims, expected)
    return claims


def signed_claims(token: str, keys: Sequence[Any], algorithm: str) -> dict[str, Any]:
    """What a token says that one of the keys has signed, whatever that is."""
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key=key, algorithms=[algorithm], options=_SIGNATURE_ALONE
            )
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError):
            refuse("not_a_token")
        return claims
    refuse("signature")


def parse_keys(told: Mapping[str, Any]) -> Sequence[Key]:
    """The keys that a provider publishes for signatures, as far as we use such ones."""
    keys = told.get("keys")
    found = []
    for each in (keys if isinstance(keys, list) else [])[:MOST_KEYS]:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        if each.get("kty") not in ALGORITHMS.values():
            continue
        try:
            key = jwt.PyJWK(each).key
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue
        if each["kty"] != "RSA" or key.key_size >= MIN_RSA_BITS:
            found.append(Key(each["kty"], each.get("kid"), each.get("alg"), key))
    return found


def suitable(keys: Sequence[Key], algorithm: str, key_id: object) -> Sequence[Any]:
    """Those that may have signed with the algorithm, under this id if one is named."""
    return [
        key.public
        for key in keys
        if key.kind == ALGORITHMS[algorithm]
        if key.algorithm in (None, algorithm)
        if key_id is None or key.id == key_id
    ]


def _check_claims(claims: Mapping[str, Any], expected: Expected) -> None:
    meant = check_origin(claims, expected.issuer, expected.client_id)
    # Named where there are several, and nobody else (Core, 3.1.3.7).
    if claims.get("azp", None if len(meant) > 1 else expected.client_id) != expected.client_id:
        refuse("audience")
    check_times(claims)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        refuse("nonce")
    check_subject(claims.get("sub"))


def check_origin(claims: Mapping[str, Any], issuer: str, client_id: str) -> list[Any]:
    """That a token comes from this issuer and is meant for us, and whom else it is meant for."""
    if claims.get("iss") != issuer:
        refuse("issuer")
    audience = claims.get("aud")
    meant = [audience] if isinstance(audience, str) else audience
    if not isinstance(meant, list) or client_id not in meant:
        refuse("audience")
    return meant


def check_times(claims: Mapping[str, Any]) -> None:
    """That a token was made a short while ago, and is valid now."""
    now = utc_now().timestamp()
    leeway = LEEWAY.total_seconds()
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    if expires is None or issued is None or expires <= now - leeway:
        refuse("expired")
    if issued > now + leeway or issued < now - MAX_AGE.total_seconds():
        refuse("expired")
    begins = _moment(claims, "nbf") if "nbf" in claims else now
    if begins is None or begins > now + leeway:
        refuse("expired")


def check_subject(subject: object) -> None:
    """That this can be somebody's name at a provider."""
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or "\0" in subject:
        refuse("subject")


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def check_access_token(token: str, claims: Mapping[str, Any], access: object) -> None:
    """That the access token beside it belongs to it, if it says which one does (Core, 3.1.3.8)."""
    if "at_hash" not in claims:
        return
    algorithm = jwt.get_unverified_header(token)["alg"]
    digest = {"256": hashlib.sha256, "384": hashlib.sha384}.get(algorithm[2:], hashlib.sha512)
    half = digest(str(access).encode()).digest()
    expected = base64.urlsafe_b64encode(half[: len(half) // 2]).rstrip(b"=").decode()
    if claims["at_hash"] != expected:
        refuse("access_token")
