"""Answers of providers that must not be believed, and log-ins that are not what they seem."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

from identity_svc.parts import Parts
from identity_svc.sso.logging_in import MINUTE, PER_SOURCE_MINUTE
from identity_svc.sso.provider import WELL_KNOWN
from identity_svc.throttling.service import Limit
from identity_testing import Browser, Caller, MakeSettings, SignUp, refusal
from sso_testing import CLIENT_ID, CLIENT_SECRET, Company, Idp, public_jwk, rsa_key, use_up
from stagify.clock import utc_now
from stagify.testing import Clock

NOW = object()


def now(seconds: int = 0) -> int:
    return int(utc_now().timestamp()) + seconds


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: Any, signature: bytes = b"") -> str:
    """A token with any header and any signature."""
    parts = [b64(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, b64(signature)])


def hmac_signed(claims: dict[str, Any], key: bytes, algorithm: str = "HS256") -> str:
    """A token that is signed with a shared secret."""
    unsigned = by_hand({"alg": algorithm, "kid": "first"}, claims).rpartition(".")[0]
    return f"{unsigned}.{b64(hmac.digest(key, unsigned.encode(), 'sha256'))}"


def pem(name: str) -> bytes:
    """A key as providers publish it elsewhere."""
    return (
        rsa_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def changed(**claims: Any) -> Callable[[Idp], None]:
    """A provider that says something else; what is None it does not say."""

    def forge(idp: Idp) -> None:
        def change(told: dict[str, Any]) -> dict[str, Any]:
            found = {
                **told,
                **{name: each() if callable(each) else each for name, each in claims.items()},
            }
            return {name: value for name, value in found.items() if value is not None}

        idp.change = change

    return forge


def signed(sign: Callable[[Idp, dict[str, Any]], str]) -> Callable[[Idp], None]:
    """A provider whose tokens are signed in another way."""

    def forge(idp: Idp) -> None:
        idp.sign = lambda claims: sign(idp, claims)

    return forge


def answered(change: Callable[[dict[str, Any]], Any]) -> Callable[[Idp], None]:
    """A provider that answers something else for a code."""

    def forge(idp: Idp) -> None:
        idp.tokens = change

    return forge


def tampered(idp: Idp, claims: dict[str, Any]) -> str:
    """A genuine token in which the subject was changed."""
    head, _, signature = idp.signed(claims).split(".")
    return f"{head}.{b64(json.dumps({**claims, 'sub': 'somebody-else'}).encode())}.{signature}"


def with_own_key(idp: Idp, claims: dict[str, Any]) -> str:
    """A token that brings the key along by which it is to be checked."""
    jwk = public_jwk(rsa_key("thief"), "thief")
    return jwt.encode(
        claims, rsa_key("thief"), "RS256", headers={"kid": "first", "jwk": jwk, "jku": idp.issuer}
    )


def small(idp: Idp, claims: dict[str, Any]) -> str:
    idp.jwks = [public_jwk(rsa_key("small", 1024), "small")]
    unsigned = by_hand({"alg": "RS256", "kid": "small"}, claims).rpartition(".")[0]
    signature = rsa_key("small", 1024).sign(unsigned.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{unsigned}.{b64(signature)}"


def for_encryption(idp: Idp, claims: dict[str, Any]) -> str:
    idp.jwks = [public_jwk(rsa_key("first"), "first", use="enc")]
    return idp.signed(claims)


def of_another_algorithm(idp: Idp, claims: dict[str, Any]) -> str:
    idp.jwks = [public_jwk(rsa_key("first"), "first", alg="PS256")]
    return idp.signed(claims)


def published_secret(idp: Idp, claims: dict[str, Any]) -> str:
    idp.jwks = [{"kty": "oct", "kid": "first", "k": b64(b"s" * 32)}]
    return hmac_signed(claims, b"s" * 32)


FORGED: dict[str, Callable[[Idp], None]] = {
    "no signature": signed(lambda _, claims: by_hand({"alg": "none"}, claims)),
    "NONE": signed(lambda _, claims: by_hand({"alg": "NONE", "kid": "first"}, claims)),
    "no algorithm": signed(lambda _, claims: by_hand({"kid": "first"}, claims, b"x" * 256)),
    "an algorithm that is none": signed(
        lambda _, claims: by_hand({"alg": ["RS256"]}, claims, b"x" * 256)
    ),
    "the public key as a secret": signed(lambda idp, claims: hmac_signed(claims, pem("first"))),
    "the client's secret": signed(lambda idp, claims: hmac_signed(claims, CLIENT_SECRET.encode())),
    "a published secret": signed(published_secret),
    "another key": signed(
        lambda _, claims: jwt.encode(claims, rsa_key("thief"), "RS256", headers={"kid": "first"})
    ),
    "a key that it brings along": signed(with_own_key),
    "an unknown key": signed(
        lambda _, claims: jwt.encode(claims, rsa_key("thief"), "RS256", headers={"kid": "thief"})
    ),
    "a small key": signed(small),
    "a key for encryption": signed(for_encryption),
    "a key for another algorithm": signed(of_another_algorithm),
    "a changed subject": signed(tampered),
    "a cut signature": signed(lambda idp, claims: idp.signed(claims)[:-8]),
    "a critical header": signed(lambda idp, claims: idp.signed(claims, crit=["x"], x=1)),
    "no token": signed(lambda _, __: "not a token"),
    "a list": signed(lambda idp, _: by_hand({"alg": "RS256", "kid": "first"}, [], b"x" * 256)),
    "another issuer": changed(iss="https://login.evil.example"),
    "the issuer with a slash": changed(iss="http://127.0.0.1/"),
    "no issuer": changed(iss=None),
    "another audience": changed(aud="another-client"),
    "no audience": changed(aud=None),
    "a longer audience": changed(aud=CLIENT_ID + "-staging"),
    "two audiences and no party": changed(aud=[CLIENT_ID, "another-client"]),
    "another party": changed(azp="another-client"),
    "two audiences and another party": changed(
        aud=[CLIENT_ID, "another-client"], azp="another-client"
    ),
    "expired": changed(exp=lambda: now(-61)),
    "no end": changed(exp=None),
    "an end that is text": changed(exp="2099-01-01"),
    "issued in the future": changed(iat=lambda: now(120)),
    "issued long ago": changed(iat=lambda: now(-3_600)),
    "no time": changed(iat=None),
    "not valid yet": changed(nbf=lambda: now(120)),
    "another nonce": changed(nonce="n" * 43),
    "no nonce": changed(nonce=None),
    "no subject": changed(sub=None),
    "an empty subject": changed(sub=""),
    "a subject that is a number": changed(sub=7),
    "a long subject": changed(sub="x" * 256),
    "another access token": changed(at_hash=b64(hashlib.sha256(b"other").digest()[:16])),
    "no ID token": answered(lambda tokens: {**tokens, "id_token": None}),
    "an empty answer": answered(lambda _: {}),
    "a list as an answer": answered(lambda tokens: [tokens]),
}


class TestForgedTokens:
    async def test_none_is_believed(self, company: Company, clock: Clock) -> None:
        await company.open()
        assert len(FORGED) >= 30
        idp = company.idp
        for name, forge in FORGED.items():
            idp.be_honest()
            # No key is known from before.
            clock.advance(timedelta(minutes=11))
            forge(idp)
            browser = company.browser()
            answer = await company.enter(browser, "the-owner")
            assert refusal(answer) == (403, "sso_answer_invalid"), name
            assert "set-cookie" not in answer.headers, name
            assert await browser.look_up() is None, name

    async def test_what_is_allowed_is_let_in(self, company: Company) -> None:
        await company.open()
        digest = b64(hashlib.sha256(b"access").digest()[:16])
        for claims in (
            {"aud": [CLIENT_ID]},
            {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
            {"azp": CLIENT_ID, "at_hash": digest, "nbf": 0},
            {"exp": now(-30), "iat": now(30)},
        ):
            changed(**claims)(company.idp)
            assert (await company.enter(company.browser(), "the-owner")).status_code == 201

    async def test_other_algorithms_are_let_in(self, company: Company, clock: Clock) -> None:
        await company.open()
        algorithms = jwt.algorithms
        keys: dict[str, tuple[Any, Any]] = {
            "ES256": (ec.generate_private_key(ec.SECP256R1()), algorithms.ECAlgorithm),
            "EdDSA": (ed25519.Ed25519PrivateKey.generate(), algorithms.OKPAlgorithm),
            "PS256": (rsa_key("other"), algorithms.RSAAlgorithm),
        }
        for kind, (key, maker) in keys.items():
            clock.advance(timedelta(seconds=31))
            jwk = maker.to_jwk(key.public_key(), as_dict=True)
            company.idp.jwks = [{**jwk, "kid": kind, "alg": kind}]
            company.idp.sign = partial(jwt.encode, key=key, algorithm=kind, headers={"kid": kind})
            answer = await company.enter(company.browser(), "the-owner")
            assert answer.status_code == 201, (kind, answer.text)


class TestKeys:
    async def test_new_keys_are_found_and_old_ones_are_not_asked_for_again_and_again(
        self, company: Company, clock: Clock
    ) -> None:
        await company.open()
        company.idp.key_name = "second"
        assert (await company.enter(company.browser(), "the-owner")).status_code == 403
        clock.advance(timedelta(seconds=31))
        answers = await asyncio.gather(
            *(company.enter(company.browser(), "the-owner") for _ in range(5))
        )
        assert {answer.status_code for answer in answers} == {201}
        assert company.idp.asked.count("/keys") == 2
        # Whoever makes up keys causes no traffic.
        FORGED["an unknown key"](company.idp)
        for _ in range(5):
            await company.enter(company.browser(), "the-owner")
        assert company.idp.asked.count("/keys") == 2

    async def test_metadata_is_remembered_failures_too(
        self, company: Company, clock: Clock
    ) -> None:
        await company.open()
        clock.advance(timedelta(minutes=11))
        company.idp.raw[WELL_KNOWN] = (500, b"")
        for _ in range(5):
            answer = await company.start(company.browser())
            assert refusal(answer) == (503, "sso_provider_unavailable")
        before = company.idp.asked.count(WELL_KNOWN)
        del company.idp.raw[WELL_KNOWN]
        assert (await company.start(company.browser())).status_code == 503
        clock.advance(timedelta(seconds=31))
        assert (await company.start(company.browser())).status_code == 201
        assert company.idp.asked.count(WELL_KNOWN) == before + 1

    async def test_a_provider_that_becomes_another_one_is_none(
        self, company: Company, clock: Clock
    ) -> None:
        await company.open()
        clock.advance(timedelta(minutes=11))
        company.idp.metadata = {"issuer": "http://127.0.0.1:1"}
        answer = await company.start(company.browser())
        assert refusal(answer) == (503, "sso_provider_unavailable")


class TestAttempts:
    async def test_it_is_finished_once(self, company: Company) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        answers = await asyncio.gather(*(company.finish(browser, told) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201, *[403] * 9]
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")

    async def test_it_is_of_the_browser_that_began_it(self, company: Company) -> None:
        """Nobody logs somebody else in as themselves, by a link."""
        await company.open()
        mine, victim = company.browser(), company.browser()
        begun = await company.start(mine)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        assert refusal(await company.finish(victim, told)) == (403, "sso_attempt_invalid")
        await company.start(victim)
        assert refusal(await company.finish(victim, told)) == (403, "sso_attempt_invalid")
        assert (await company.finish(mine, told)).status_code == 201

    async def test_it_is_of_its_tenant(
        self, company: Company, caller: Caller, sign_up: SignUp
    ) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        other = await sign_up()
        elsewhere = Browser(
            company.seats.client, caller, other.tenant_id, cookies=dict(browser.cookies)
        )
        answer = await elsewhere.request("POST", "/v1/sso/callback", json=told)
        assert refusal(answer) == (403, "sso_attempt_invalid")

    async def test_it_does_not_wait_for_ever(self, company: Company, clock: Clock) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        clock.advance(timedelta(minutes=10, seconds=1))
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")

    async def test_pages_of_one_browser_do_not_get_into_each_others_way(
        self, company: Company
    ) -> None:
        await company.open()
        browser = company.browser()
        begun = [await company.start(browser) for _ in range(5)]
        for each in begun:
            told = company.idp.authorize(each.json()["url"], "the-owner")
            assert (await company.finish(browser, told)).status_code == 201

    async def test_a_code_is_worth_nothing_without_its_own_attempt(self, company: Company) -> None:
        await company.open()
        first, second = company.browser(), company.browser()
        one = await company.start(first)
        two = await company.start(second)
        stolen = company.idp.authorize(one.json()["url"], "the-owner")
        own = company.idp.authorize(two.json()["url"], "somebody-else")
        answer = await company.finish(second, {**own, "code": stolen["code"]})
        assert refusal(answer) == (403, "sso_answer_invalid")

    async def test_a_code_is_worth_nothing_twice(self, company: Company) -> None:
        await company.open()
        browser = company.browser()
        told = company.idp.authorize((await company.start(browser)).json()["url"], "the-owner")
        assert (await company.finish(browser, told)).status_code == 201
        again = company.idp.authorize((await company.start(browser)).json()["url"], "the-owner")
        answer = await company.finish(browser, {**again, "code": told["code"]})
        assert refusal(answer) == (403, "sso_answer_invalid")

    @pytest.mark.parametrize("named", ["https://login.evil.example", None, ""], ids=repr)
    async def test_another_provider_does_not_answer_for_this_one(
        self, company: Company, named: str | None
    ) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told: dict[str, Any] = company.idp.authorize(begun.json()["url"], "the-owner")
        if named is None:
            del told["iss"]
        else:
            told["iss"] = named or f"{told['iss']}/"
        assert refusal(await company.finish(browser, told)) == (403, "sso_answer_invalid")
        assert "/token" not in company.idp.asked[-1:]

    async def test_one_that_does_not_name_itself_needs_not(self, company: Company) -> None:
        company.idp.metadata = {"authorization_response_iss_parameter_supported": False}
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        del told["iss"]
        assert (await company.finish(browser, told)).status_code == 201

    async def test_somebody_may_say_no(self, company: Company) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        said = {"state": told["state"], "iss": told["iss"], "error": "access_denied"}
        assert refusal(await company.finish(browser, said)) == (403, "sso_refused")
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")

    async def test_a_change_ends_what_is_under_way(self, company: Company) -> None:
        await company.open()
        browser = company.browser()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        await company.change(client_id="another")
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")
        await company.open()
        begun = await company.start(browser)
        told = company.idp.authorize(begun.json()["url"], "the-owner")
        await company.change(is_enabled=False)
        assert refusal(await company.finish(browser, told)) == (403, "sso_attempt_invalid")

    @pytest.mark.usefixtures("new_hour")
    async def test_beginning_is_limited_by_source(self, company: Company, parts: Parts) -> None:
        await company.open()
        subject = parts.digester.digest("throttle", "source", "203.0.113.7")
        await use_up(parts, Limit("sso_source_minute", subject, PER_SOURCE_MINUTE, MINUTE))
        answer = await company.start(company.browser(address="203.0.113.7"))
        assert refusal(answer) == (429, "too_many_attempts")
        assert (await company.start(company.browser())).status_code == 201

    async def test_what_is_told_only_on_request_must_be_of_the_same_person(
        self, company: Company
    ) -> None:
        await company.open(is_just_in_time=True)
        company.idp.userinfo = {"sub": "somebody-else", "email": "x@example.com"}
        answer = await company.enter(company.browser(), "grace")
        assert refusal(answer) == (403, "sso_answer_invalid")
        company.idp.userinfo = {"sub": "grace", "email": f"grace.{now()}.{id(company)}@example.com"}
        assert (await company.enter(company.browser(), "grace")).status_code == 201


async def test_a_provider_that_hangs_holds_nobody_up(
    company: Company, make_settings: MakeSettings
) -> None:
    await company.open()
    company.idp.raw["/token"] = (503, b"")
    answer = await company.enter(company.browser(), "the-owner")
    assert refusal(answer) == (403, "sso_answer_invalid")
