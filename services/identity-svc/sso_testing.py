"""A provider that tests can have say anything, a name server, and people who log in by single sign-on."""

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

import dns.flags
import dns.message
import dns.rrset
import httpx
import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa

from identity_svc.parts import Parts
from identity_svc.sso.log_out_tokens import EVENT
from identity_svc.sso.provider import WELL_KNOWN
from identity_svc.throttling.service import Limit, count_attempt
from identity_testing import PASSWORD, Browser, Caller, Member
from mfa_testing import Phone, set_up_totp
from seats_testing import SeatKeeper
from stagify.clock import utc_now
from traveller_testing import Traveller

URL = "/v1/sso"
CONNECTIONS = "/v1/sso/connections"
CLIENT_ID, CLIENT_SECRET = "stagify", "s3cret & more:"
DOMAIN = "example.com"

Change = Callable[[dict[str, Any]], dict[str, Any]]
Sign = Callable[[dict[str, Any]], str]


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of this name, the same for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def public_jwk(key: rsa.RSAPrivateKey, key_id: str, **more: Any) -> dict[str, Any]:
    """The key as a provider publishes it."""
    algorithm = jwt.algorithms.RSAAlgorithm
    told: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {**told, "kid": key_id, "use": "sig", **more}


@dataclass
class Idp:
    """An honest provider, unless a test has it say something else. It insists on what an honest one insists
    on: the client's secret, its redirect URI, PKCE, and that a code is used once."""

    port: int = 0
    key_name: str = "first"
    # What is changed about its metadata, its claims, its answer with the tokens; and how it signs.
    metadata: dict[str, Any] = field(default_factory=dict)
    change: Change = field(default=lambda claims: claims)
    sign: Sign | None = None
    tokens: Change = field(default=lambda tokens: tokens)
    userinfo: dict[str, Any] | None = None
    jwks: list[dict[str, Any]] | None = None
    raw: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    # The paths that it was asked for.
    asked: list[str] = field(default_factory=list)
    last_claims: dict[str, Any] = field(default_factory=dict)

    def be_honest(self) -> None:
        """Say and sign what is true again."""
        honest = Idp()
        self.change, self.sign, self.tokens = honest.change, honest.sign, honest.tokens
        self.jwks = honest.jwks

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def authorize(self, url: str, subject: str = "ada", **claims: Any) -> dict[str, str]:
        """What a browser brings back whose person logs in at `url`."""
        start, _, query = url.partition("?")
        assert start == f"{self.issuer}/authorize"
        wanted = dict(parse_qsl(query, strict_parsing=True))
        assert wanted["response_type"] == "code"
        assert wanted["code_challenge_method"] == "S256"
        assert "openid" in wanted["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**wanted, "claims": {"sub": subject, **claims}}
        return {"state": wanted["state"], "code": code, "iss": self.issuer}

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.raw:
            return self.raw[path]
        if path == WELL_KNOWN:
            return 200, orjson.dumps({**self._metadata(), **self.metadata})
        if path == "/keys":
            keys = self.jwks
            if keys is None:
                keys = [public_jwk(rsa_key(self.key_name), self.key_name)]
            return 200, orjson.dumps({"keys": keys})
        if path == "/userinfo" and self.userinfo is not None:
            assert headers["authorization"] == "Bearer access"
            return 200, orjson.dumps(self.userinfo)
        if path == "/token":
            return self._token(headers, body)
        return 404, b"{}"

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _token(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        known = self.codes.pop(form["code"], None)
        if known is None:
            return 400, b'{"error": "invalid_grant"}'
        pair = base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
        client = [unquote_plus(each) for each in pair.split(":", 1)]
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        is_right = (
            client == [CLIENT_ID, CLIENT_SECRET]
            and form["redirect_uri"] == known["redirect_uri"]
            and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == known["code_challenge"]
        )
        if not is_right:
            return 400, b'{"error": "invalid_client"}'
        now = int(utc_now().timestamp())
        claims = self.change(
            {
                "iss": self.issuer,
                "aud": CLIENT_ID,
                "iat": now,
                "exp": now + 300,
                "nonce": known["nonce"],
                **known["claims"],
            }
        )
        self.last_claims = claims
        sign = self.sign or self.signed
        tokens = {"access_token": "access", "token_type": "Bearer", "id_token": sign(claims)}
        return 200, orjson.dumps(self.tokens(tokens))

    def signed(self, claims: dict[str, Any], **headers: Any) -> str:
        """The claims as a token of the provider's."""
        return jwt.encode(
            claims, rsa_key(self.key_name), "RS256", headers={"kid": self.key_name, **headers}
        )

    def log_out_token(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Its word that somebody has logged out there; what is None it does not say."""
        now = int(utc_now().timestamp())
        told = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "events": {EVENT: {}},
            **changes,
        }
        claims = {name: value for name, value in told.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        return self.signed(claims, **{"typ": "logout+jwt", **(header or {})})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            headers = {
                name.lower(): value
                for name, _, value in (line.partition(": ") for line in lines[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status, content = self.answer(lines[0].split(" ")[1], headers, body)
            writer.write(
                b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
                % (status, len(content), content)
            )
            await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


class NameServer(asyncio.DatagramProtocol):
    """Answers with the records that a test has written."""

    def __init__(self) -> None:
        self.records: dict[str, str] = {}
        # Whether it has lost its data (SERVFAIL).
        self.is_broken = False
        self.port = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, peer: Any) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text().rstrip(".")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name in self.records:
            answer.answer.append(
                dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", f'"{self.records[name]}"')
            )
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(answer.to_wire(), peer)


@dataclass
class Company:
    """A tenant whose owner connects a provider."""

    seats: SeatKeeper
    caller: Caller
    idp: Idp
    names: NameServer
    owner: Member
    connection: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        found: str = self.connection["id"]
        return found

    def browser(self, **settings: Any) -> Browser:
        """A new browser on the tenant's host."""
        return Browser(self.seats.client, self.caller, self.owner.tenant_id, **settings)

    def as_owner(self) -> dict[str, str]:
        """The owner, who has just logged in."""
        return self.caller.user(self.owner, auth_time=int(utc_now().timestamp()))

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The answer to a call of the owner."""
        return await self.seats.client.request(method, path, json=body, headers=self.as_owner())

    async def connect(self, **fields: Any) -> httpx.Response:
        """The answer to a new connection."""
        body = {
            "name": "Lakeside",
            "issuer": self.idp.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            **fields,
        }
        answer = await self.call("POST", CONNECTIONS, body)
        if answer.status_code == 201:
            self.connection = answer.json()
        return answer

    async def change(self, **fields: Any) -> httpx.Response:
        """The answer to a change of the connection."""
        return await self.call("PATCH", f"{CONNECTIONS}/{self.id}", fields)

    async def prove(self, domain: str = DOMAIN) -> None:
        """Make a domain the tenant's."""
        path = f"{CONNECTIONS}/{self.id}/domains"
        added = await self.call("POST", path, {"domain": domain})
        assert added.status_code == 201, added.text
        (told,) = (each for each in added.json()["domains"] if each["domain"] == domain)
        self.names.records[told["record_name"]] = told["record_value"]
        checked = await self.call("POST", f"{path}/{domain}/check")
        assert checked.status_code == 200, checked.text

    async def open(self, **fields: Any) -> None:
        """Connect the provider, test it, prove the domain, and turn it on."""
        assert (await self.connect()).status_code == 201
        await self.prove()
        tested = await self.test(await self.owner_browser())
        assert tested.status_code == 200, tested.text
        turned_on = await self.change(is_enabled=True, **fields)
        assert turned_on.status_code == 200, turned_on.text

    async def owner_browser(self) -> Browser:
        """A browser in which the owner is logged in."""
        browser = self.browser()
        answer = await browser.log_in(self.owner.email)
        assert answer.status_code == 201, answer.text
        return browser

    async def set_up_factor(self) -> Phone:
        """Give the owner an app for codes."""
        traveller = Traveller(self.seats.client, self.caller)
        await traveller.log_in(self.owner, self.owner.tenant_id)
        return await set_up_totp(traveller, self.owner.tenant_id)

    async def start(
        self, browser: Browser, connection_id: str | None = None, **fields: Any
    ) -> httpx.Response:
        """The answer to the beginning of a log-in."""
        body = {"connection_id": connection_id or self.id, **fields}
        return await browser.request("POST", f"{URL}/start", json=body)

    async def test(
        self, browser: Browser, subject: str = "the-owner", **claims: Any
    ) -> httpx.Response:
        """The answer to a test of somebody who is logged in."""
        return await self.enter(browser, subject, is_test=True, **claims)

    async def enter(
        self, browser: Browser, subject: str = "ada", *, is_test: bool = False, **claims: Any
    ) -> httpx.Response:
        """The answer to a whole log-in."""
        begun = await self.start(browser, is_test=is_test)
        assert begun.status_code == 201, begun.text
        return await self.finish(
            browser, self.idp.authorize(begun.json()["url"], subject, **claims)
        )

    async def finish(self, browser: Browser, told: dict[str, Any]) -> httpx.Response:
        """The answer to what the provider has sent back."""
        return await browser.request("POST", f"{URL}/callback", json=told)

    async def told(self, token: str | None = None, **form: str) -> httpx.Response:
        """The answer to what its provider says of a log-out there; it calls the platform's host."""
        return await self.told_at(self.connection["log_out_uri"], token, **form)

    async def told_at(self, uri: str, token: str | None = None, **form: str) -> httpx.Response:
        """The same at any address."""
        sent = form if token is None else {"logout_token": token, **form}
        return await self.seats.client.post(
            urlsplit(uri).path, data=sent, headers=self.caller.platform()
        )

    async def confirm(
        self, browser: Browser, asked: httpx.Response, password: str = PASSWORD
    ) -> httpx.Response:
        """The answer to the password of an account that a log-in is to be connected with."""
        body = {"confirmation": asked.json()["confirmation"], "password": password}
        return await browser.request("POST", f"{URL}/confirm", json=body)


async def session_of(browser: Browser) -> dict[str, Any]:
    """Who is logged in."""
    answer = await browser.request("GET", "/v1/session")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def use_up(parts: Parts, limit: Limit) -> None:
    """Do something as often as a limit allows, all at the same moment."""
    assert limit.maximum is not None
    async with parts.database.system() as session:
        for _ in range(limit.maximum):
            await count_attempt(session, limit)


def fragment_of(location: str) -> dict[str, str]:
    """What an address has in its fragment."""
    return dict(parse_qsl(urlsplit(location).fragment))


RECORD = re.compile(r"stagify-domain=[a-z2-7]{32}")
