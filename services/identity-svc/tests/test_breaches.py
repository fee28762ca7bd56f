"""Passwords that are known of a breach: refused wherever one is chosen, if somebody can be asked."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import httpx
import pytest
from prometheus_client import REGISTRY

from identity_svc import parts
from identity_svc.people.breaches import MAX_BYTES, Breaches
from identity_testing import (
    PASSWORD,
    Caller,
    MailServer,
    MakeSettings,
    Member,
    OpenBrowser,
    SignUpBegun,
    Visitor,
    refusal,
    text_of,
    wrong,
)
from invitations_testing import Office, some_address
from stagify.tasks.runner import TaskRunner

KNOWN, FRESH = "an old favourite of mine", "nobody has ever used this one"
WEAK = (422, "weak_password")


@dataclass
class Archive:
    """A server that knows passwords of breaches, and answers as Pwned Passwords does."""

    known: dict[str, int] = field(default_factory=lambda: {KNOWN: 17})
    # What it was asked with.
    asked: list[str] = field(default_factory=list)
    answer: bytes | None = None
    is_silent: bool = False
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/range/"

    def body(self, prefix: str) -> bytes:
        lines = ["0018A45C4D1DEF81644B54AB7F969B88D65:3", "F" * 35 + ":0"]
        for password, times in self.known.items():
            digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
            lines += [f"{digest[5:]}:{times}"] if digest.startswith(prefix) else []
        return "\r\n".join(lines).encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(head)
                if self.is_silent:
                    await reader.read()
                    return
                found = re.match(r"GET /range/([0-9A-F]{5}) HTTP/1\.1\r\n", head)
                assert found is not None, head
                body = self.body(found[1])
                ok = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
                writer.write(self.answer or ok)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def archive() -> AsyncIterator[Archive]:
    """A server of this test."""
    made = Archive()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


def told(outcome: str) -> float:
    """How many passwords came to this so far."""
    name = "stagify_identity_breached_passwords_total"
    return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0


def patient(url: str | None) -> Breaches:
    """Somebody who asks, and waits for the answer on a busy machine too."""
    return Breaches(url, seconds=60)


@asynccontextmanager
async def asking(breaches: Breaches) -> AsyncIterator[Breaches]:
    """The same, closed afterwards."""
    yield breaches
    await breaches.close()


class TestAsking:
    @pytest.mark.parametrize("end", ["", "/"])
    async def test_a_known_one_is_told_by_five_figures_of_its_hash(
        self, archive: Archive, end: str
    ) -> None:
        async with asking(patient(archive.url.rstrip("/") + end)) as breaches:
            assert await breaches.knows(KNOWN)
            assert not await breaches.knows(FRESH)
        digest = hashlib.sha1(KNOWN.encode(), usedforsecurity=False).hexdigest().upper()
        first = archive.asked[0]
        assert first.startswith(f"GET /range/{digest[:5]} HTTP/1.1\r\n")
        assert digest[5:15] not in first.upper()
        # So that not even the length of the answer tells.
        assert "add-padding: true" in first.lower()

    async def test_what_only_fills_the_answer_is_no_password(self, archive: Archive) -> None:
        archive.known[KNOWN] = 0
        async with asking(patient(archive.url)) as breaches:
            assert not await breaches.knows(KNOWN)

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 302 X\r\nlocation: /range/\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 200 X\r\ncontent-length: 999999999\r\n\r\n" + b"x" * (MAX_BYTES + 1),
            b"rubbish\r\n\r\n",
        ],
        ids=["away", "elsewhere", "endless", "rubbish"],
    )
    async def test_an_answer_that_is_none_hinders_nobody(
        self, archive: Archive, answer: bytes
    ) -> None:
        archive.answer, before = answer, told("nothing")
        async with asking(patient(archive.url)) as breaches:
            assert not await breaches.knows(KNOWN)
        assert told("nothing") == before + 1

    async def test_nobody_waits_for_a_server_that_is_silent(self, archive: Archive) -> None:
        archive.is_silent, before = True, told("nothing")
        async with asking(Breaches(archive.url, seconds=0.05)) as breaches:
            assert not await breaches.knows(KNOWN)
        assert told("nothing") == before + 1

    async def test_nor_for_one_that_is_not_there(self) -> None:
        async with asking(Breaches("http://127.0.0.1:1/range/")) as breaches:
            assert not await breaches.knows(KNOWN)


class TestChoosing:
    @pytest.fixture
    def make_settings(
        self, make_settings: MakeSettings, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> MakeSettings:
        """The installation names the server."""
        monkeypatch.setattr(parts, "Breaches", patient)
        return partial(make_settings, breached_passwords_url=archive.url)

    async def test_at_a_sign_up(
        self, visitor: Visitor, begun: SignUpBegun, archive: Archive
    ) -> None:
        # Without the code nobody is asked about a password.
        assert refusal(await visitor.confirm(begun.id, wrong(begun.code), KNOWN))[0] == 401
        assert archive.asked == []
        assert refusal(await visitor.confirm(*begun, KNOWN)) == WEAK
        assert (await visitor.confirm(*begun)).status_code == 201

    async def test_when_it_is_changed(self, member: Member, browser: OpenBrowser) -> None:
        mine = browser(member)
        await mine.log_in(member.email)
        body = {"current_password": PASSWORD, "password": KNOWN}
        assert refusal(await mine.request("POST", "/v1/me/password", json=body)) == WEAK
        body["password"] = FRESH
        assert (await mine.request("POST", "/v1/me/password", json=body)).status_code == 204

    async def test_by_a_mails_link(
        self,
        member: Member,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
    ) -> None:
        url, headers = "/v1/password-resets", caller.platform()
        await client.post(url, json={"email": member.email}, headers=headers)
        await runner.run_due()
        found = re.search(r"/reset#token=(\S+)", text_of(mail_server.to(member.email)[-1]))
        assert found is not None
        body = {"token": found[1], "password": KNOWN}
        assert refusal(await client.post(f"{url}/confirm", json=body, headers=headers)) == WEAK
        # The link has not been used up by that.
        body["password"] = FRESH
        answer = await client.post(f"{url}/confirm", json=body, headers=headers)
        assert answer.status_code == 204, answer.text

    async def test_by_an_invitation(self, office: Office) -> None:
        token = await office.ask_in(some_address())
        assert refusal(await office.newcomer(token, password=KNOWN)) == WEAK
        assert (await office.newcomer(token)).status_code == 200


async def test_without_a_server_nobody_is_asked(
    visitor: Visitor, begun: SignUpBegun, archive: Archive
) -> None:
    assert (await visitor.confirm(*begun, KNOWN)).status_code == 201
    assert archive.asked == []
