"""Context tokens: what is accepted, and the many things that are not."""

import base64
import hmac
import json
import time
from typing import Any
from uuid import UUID

import jwt
import pytest
from asyncpg.pgproto import pgproto
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stagify.principal import Principal, TenantPrincipal
from stagify.testing import ContextKeys
from stagify.tokens import InvalidContextError, TokenSigner, TokenVerifier, generate_seed


def verifier(keys: ContextKeys, audience: str = "staging-svc") -> TokenVerifier:
    return TokenVerifier(audience, keys.public)


def token(keys: ContextKeys, tenant: UUID, audience: str = "staging-svc") -> str:
    principal = Principal(
        kind="user", issuer="gateway", subject="u", tenant_id=tenant, role="owner"
    )
    return keys.signer("gateway").token(audience, principal)


class TestRoundTrip:
    def test_every_field_survives(self, context_keys: ContextKeys, tenant_id: UUID) -> None:
        principal = TenantPrincipal(
            kind="api_key",
            issuer="gateway",
            subject="key",
            tenant_id=tenant_id,
            user_id=tenant_id,
            credential_id=tenant_id,
            role="member",
            permissions=frozenset({"projects:read", "usage:read"}),
            organization_id=tenant_id,
            plan="pro",
            region="eu",
            tenant_status="active",
            slug="acme",
        )
        signed = context_keys.signer("gateway").token("staging-svc", principal)
        assert verifier(context_keys).verify(signed) == principal

    def test_a_caller_on_the_platform_host_has_no_tenant(self, context_keys: ContextKeys) -> None:
        principal = Principal(kind="platform", issuer="gateway")
        signed = context_keys.signer("gateway").token("staging-svc", principal)
        assert verifier(context_keys).verify(signed) == principal

    def test_a_token_is_minted_once_and_handed_out_again(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        signer = context_keys.signer("gateway")
        principal = Principal(kind="anonymous", issuer="gateway", tenant_id=tenant_id)
        assert signer.token("usage-svc", principal) is signer.token("usage-svc", principal)
        assert signer.token("usage-svc", principal) != signer.token("staging-svc", principal)

    def test_an_id_as_the_database_gives_it(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        driver_id = pgproto.UUID(str(tenant_id))
        signed = context_keys.signer("gateway").service_token("staging-svc", driver_id)
        assert verifier(context_keys).verify(signed).tenant_id == tenant_id

    def test_a_service_speaks_for_itself(self, context_keys: ContextKeys, tenant_id: UUID) -> None:
        signed = context_keys.signer("staging-svc").service_token("usage-svc", tenant_id)
        principal = verifier(context_keys, "usage-svc").verify(signed)
        assert (principal.kind, principal.subject) == ("service", "staging-svc")
        assert principal.tenant_id == tenant_id


class TestForgery:
    """Each of these was accepted by some JWT library at some time."""

    def test_another_audience(self, context_keys: ContextKeys, tenant_id: UUID) -> None:
        with pytest.raises(InvalidContextError):
            verifier(context_keys, "usage-svc").verify(token(context_keys, tenant_id))

    def test_an_audience_the_key_may_not_speak_to(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        narrowed = {
            kid: key.model_copy(update={"audiences": frozenset({"usage-svc"})})
            for kid, key in context_keys.public.items()
        }
        with pytest.raises(InvalidContextError):
            TokenVerifier("staging-svc", narrowed).verify(token(context_keys, tenant_id))

    def test_a_service_that_speaks_for_a_person(self, context_keys: ContextKeys) -> None:
        principal = Principal(kind="user", issuer="staging-svc", subject="u", role="owner")
        signed = context_keys.signer("staging-svc").token("usage-svc", principal)
        with pytest.raises(InvalidContextError):
            verifier(context_keys, "usage-svc").verify(signed)

    def test_an_unknown_signer(self, context_keys: ContextKeys, tenant_id: UUID) -> None:
        stranger = ContextKeys()
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(token(stranger, tenant_id))

    @pytest.mark.parametrize("kid", ["nobody", "", "usage-svc", "../gateway", None])
    def test_a_key_id_that_does_not_fit(
        self, context_keys: ContextKeys, tenant_id: UUID, kid: str | None
    ) -> None:
        header, payload, signature = token(context_keys, tenant_id).split(".")
        fields = {**_read(header), "kid": kid}
        if kid is None:
            del fields["kid"]
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(".".join([_write(fields), payload, signature]))

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256", "eddsa"])
    def test_another_algorithm_in_the_header(
        self, context_keys: ContextKeys, tenant_id: UUID, algorithm: str
    ) -> None:
        header, payload, signature = token(context_keys, tenant_id).split(".")
        forged = _write({**_read(header), "alg": algorithm})
        for candidate in (signature, ""):
            with pytest.raises(InvalidContextError):
                verifier(context_keys).verify(f"{forged}.{payload}.{candidate}")

    def test_hmac_with_the_public_key_as_secret(
        self, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        claims = _read(token(context_keys, tenant_id).split(".")[1])
        secret = context_keys.public["gateway"].key
        forged = jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "gateway"})
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(forged)

    @pytest.mark.parametrize("secret", ["", "nothing", "raw", "pem", "pem in one line", "jwk"])
    def test_hmac_with_what_everybody_knows(
        self, context_keys: ContextKeys, tenant_id: UUID, secret: str
    ) -> None:
        """The public half in every form in which a library may take it for a secret."""
        raw = base64.urlsafe_b64decode(context_keys.public["gateway"].key + "==")
        pem = (
            Ed25519PublicKey.from_public_bytes(raw)
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        jwk = json.dumps({"kty": "OKP", "crv": "Ed25519", "x": context_keys.public["gateway"].key})
        known = {
            "": b"",
            "nothing": b"\0" * 32,
            "raw": raw,
            "pem": pem.encode(),
            "jwk": jwk.encode(),
        }
        known["pem in one line"] = " ".join(pem.split()).encode()
        _, payload, _ = token(context_keys, tenant_id).split(".")
        signed = f"{_write({'alg': 'HS256', 'typ': 'JWT', 'kid': 'gateway'})}.{payload}"
        mac = base64.urlsafe_b64encode(hmac.digest(known[secret], signed.encode(), "sha256"))
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(f"{signed}.{mac.rstrip(b'=').decode()}")

    @pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
    def test_a_key_that_the_token_brings_along(
        self, context_keys: ContextKeys, tenant_id: UUID, name: str
    ) -> None:
        own = Ed25519PrivateKey.generate()
        x = base64.urlsafe_b64encode(own.public_key().public_bytes_raw()).rstrip(b"=").decode()
        brought = {
            "jwk": {"kty": "OKP", "crv": "Ed25519", "x": x},
            "jku": "https://evil.example/keys",
            "x5u": "https://evil.example/certificate",
            "x5c": [x],
        }
        claims = _read(token(context_keys, tenant_id).split(".")[1])
        headers = {"kid": "gateway", name: brought[name]}
        forged = jwt.encode(claims, own, algorithm="EdDSA", headers=headers)
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(forged)

    @pytest.mark.parametrize("critical", [["exp"], ["b64"], ["unheard of"], []])
    def test_a_header_that_must_be_understood_and_is_not(
        self, context_keys: ContextKeys, tenant_id: UUID, critical: list[str]
    ) -> None:
        claims = _read(token(context_keys, tenant_id).split(".")[1])
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(_sign(context_keys, claims, crit=critical))

    @pytest.mark.parametrize(
        "change",
        [
            {"exp": 1},
            {"exp": int(time.time()) + 86_400},
            {"iat": int(time.time()) + 3_600},
            {"iss": "identity-svc"},
            {"aud": ["usage-svc"]},
            {"tid": "not-a-uuid"},
        ],
        ids=[
            "over",
            "too long",
            "from the future",
            "another issuer",
            "another audience",
            "no tenant",
        ],
    )
    def test_claims_that_do_not_hold(
        self, context_keys: ContextKeys, tenant_id: UUID, change: dict[str, Any]
    ) -> None:
        claims = {**_read(token(context_keys, tenant_id).split(".")[1]), **change}
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(_sign(context_keys, claims))

    @pytest.mark.parametrize("missing", ["exp", "iat", "aud", "iss", "knd"])
    def test_a_missing_claim(
        self, context_keys: ContextKeys, tenant_id: UUID, missing: str
    ) -> None:
        claims = _read(token(context_keys, tenant_id).split(".")[1])
        del claims[missing]
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(_sign(context_keys, claims))

    def test_a_changed_payload(self, context_keys: ContextKeys, tenant_id: UUID) -> None:
        header, payload, signature = token(context_keys, tenant_id).split(".")
        forged = _write({**_read(payload), "rol": "owner", "sub": "somebody else"})
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(f"{header}.{forged}.{signature}")

    @pytest.mark.parametrize("value", ["", ".", "..", "a.b.c", "x" * 10_000, "é.é.é"])
    def test_no_token_at_all(self, context_keys: ContextKeys, value: str) -> None:
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(value)


def test_a_remembered_verdict_ends_with_its_token(
    context_keys: ContextKeys, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = verifier(context_keys)
    signed = token(context_keys, tenant_id)
    checks.verify(signed)
    now = time.time()
    monkeypatch.setattr("stagify.tokens.time.time", lambda: now + 61)
    monkeypatch.setattr("jwt.api_jwt.datetime", _Later)
    with pytest.raises(InvalidContextError):
        checks.verify(signed)


def test_a_signer_without_its_public_half_does_not_start() -> None:
    with pytest.raises(ValueError, match="lacks the public half"):
        TokenSigner(generate_seed(), {})


_CLAIMS = [
    "knd", "iss", "aud", "sub", "tid", "uid", "cid", "org", "rol", "prm", "pln", "rgn", "tst", "slg",
    "iat", "exp",
]  # fmt: skip
_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["", "user", "service", "x" * 100_000, 10**400, "0" * 36, "1e9", -1, 2**63]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


class TestTypesOfClaims:
    @pytest.mark.parametrize(
        "change",
        [
            {"tid": 5},
            {"tid": None},
            {"tid": ["a"]},
            {"tid": ""},
            {"uid": {}},
            {"cid": True},
            {"org": 1.5},
            {"sub": 5},
            {"sub": None},
            {"sub": ""},
            {"sub": "x" * 201},
            {"rol": ["owner"]},
            {"slg": None},
            {"prm": "projects:write"},
            {"prm": None},
            {"prm": {"projects:write": True}},
            {"prm": [1]},
            {"prm": [["projects:write"]]},
            {"knd": "root"},
            {"knd": ["user"]},
            {"knd": None},
            {"iss": ["gateway"]},
            {"aud": 5},
            {"exp": "2999-01-01"},
            {"exp": True},
            {"exp": float("inf")},
            {"exp": float("nan")},
            {"exp": 10**400},
            {"iat": float("-inf")},
            {"iat": [1]},
        ],
        ids=str,
    )
    def test_a_claim_of_a_wrong_type_is_no_context(
        self, context_keys: ContextKeys, tenant_id: UUID, change: dict[str, Any]
    ) -> None:
        claims = {**_read(token(context_keys, tenant_id).split(".")[1]), **change}
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(_sign(context_keys, claims))

    @given(
        st.dictionaries(st.sampled_from(_CLAIMS), _ANYTHING, max_size=6),
        st.sets(st.sampled_from(_CLAIMS), max_size=3),
    )
    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        deadline=None,
    )
    def test_whatever_the_claims_there_is_a_principal_or_a_refusal(
        self,
        context_keys: ContextKeys,
        tenant_id: UUID,
        changed: dict[str, Any],
        missing: set[str],
    ) -> None:
        claims = {**_read(token(context_keys, tenant_id).split(".")[1]), **changed}
        for name in missing:
            claims.pop(name, None)
        try:
            principal = verifier(context_keys).verify(_sign(context_keys, claims))
        except InvalidContextError:
            return
        for name in ("tenant_id", "user_id", "credential_id", "organization_id"):
            assert isinstance(getattr(principal, name), UUID | None)
        for name in ("subject", "role", "plan", "region", "tenant_status", "slug"):
            assert isinstance(getattr(principal, name), str | None)
        assert all(isinstance(each, str) for each in principal.permissions)
        assert isinstance(principal, TenantPrincipal) == (principal.tenant_id is not None)

    @pytest.mark.parametrize("place", ["header", "payload"])
    def test_json_that_is_nested_deeply(
        self, context_keys: ContextKeys, tenant_id: UUID, place: str
    ) -> None:
        header, payload, signature = token(context_keys, tenant_id).split(".")
        deep = base64.urlsafe_b64encode(b"[" * 200_000).rstrip(b"=").decode()
        parts = [deep, payload] if place == "header" else [header, deep]
        with pytest.raises(InvalidContextError):
            verifier(context_keys).verify(".".join([*parts, signature]))


class _Later:
    """PyJWT's clock, an hour ahead."""

    @staticmethod
    def now(tz: Any = None) -> Any:
        from datetime import datetime, timedelta

        return datetime.now(tz) + timedelta(hours=1)


def _read(part: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return document


def _write(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def _sign(keys: ContextKeys, claims: dict[str, Any], **headers: object) -> str:
    seed = keys.settings("gateway")["context_private_key"]
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(seed + "="))
    # Not `jwt.encode`, which refuses some of what a careless signer could write.
    payload = json.dumps(claims).encode()
    return jwt.PyJWS().encode(
        payload, key, algorithm="EdDSA", headers={"kid": "gateway", **headers}
    )
