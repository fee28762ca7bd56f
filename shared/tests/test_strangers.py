"""Calls to servers that customers name, which must lead nowhere near us."""

import asyncio
from collections.abc import AsyncIterator, Callable
from ipaddress import ip_address

import pytest

from stagify.strangers import CALLS_TO_ONE, MAX_BYTES, StrangerError, Strangers, is_public
from stagify.testing import eventually


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:0a00:0001::1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
    ],
)
def test_what_is_near_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.112.9", "2606:4700::1111"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


class Server:
    """A server on this machine that answers with what a test says."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.decode().split("\r\n")[0])
        await self.may_answer.wait()
        writer.write(self.answer)
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A server of this test."""
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    made.may_answer.set()
    listening.close()


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Strangers]]:
    """Makes callers, which are closed at the end."""
    made: list[Strangers] = []

    def run(**options: object) -> Strangers:
        made.append(Strangers(**options))  # type: ignore[arg-type]
        return made[-1]

    yield run
    for each in made:
        await each.close()


async def reason(strangers: Strangers, url: str) -> str:
    """Why there was no answer."""
    with pytest.raises(StrangerError) as caught:
        await strangers.get(url)
    return caught.value.reason


class TestWhereTo:
    @pytest.mark.parametrize(
        "url",
        [
            "http://example.com/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "https://",
            "https://user@example.com/",
            "https://example.com:x/",
            "https://example.com/#x",
            "https://ex\u00e4mple.com/",
            "//example.com",
        ],
    )
    async def test_other_addresses_are_none(self, make: Callable[..., Strangers], url: str) -> None:
        assert await reason(make(), url) == "url"

    @pytest.mark.parametrize(
        "found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["fe80::1%eth0"]]
    )
    async def test_a_name_that_leads_near_leads_nowhere(
        self, make: Callable[..., Strangers], found: list[str]
    ) -> None:
        async def look_up(_: str, __: int) -> list[str]:
            return found

        assert await reason(make(look_up=look_up), "https://rebound.example/") == "address"

    async def test_the_address_that_was_checked_is_the_one_that_is_called(
        self, make: Callable[..., Strangers], server: Server
    ) -> None:
        """A name that leads elsewhere at the second look is looked at once."""
        looks = []

        async def look_up(host: str, _: int) -> list[str]:
            looks.append(host)
            return ["127.0.0.1"] if len(looks) == 1 else ["10.0.0.1"]

        strangers = make(is_local_allowed=True, look_up=look_up)
        answer = await strangers.get(f"http://rebound.example:{server.port}/")
        assert (answer.status, answer.body, looks) == (200, b"hi", ["rebound.example"])
        # Nothing is kept open, so the next call looks again.
        assert await reason(strangers, f"http://rebound.example:{server.port}/") == "address"

    async def test_a_redirect_is_not_followed(
        self, make: Callable[..., Strangers], server: Server
    ) -> None:
        server.answer = (
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        )
        answer = await make(is_local_allowed=True).get(server.url)
        assert (answer.status, len(server.asked)) == (302, 1)

    async def test_a_name_that_nobody_knows(self, make: Callable[..., Strangers]) -> None:
        async def look_up(_: str, __: int) -> list[str]:
            raise OSError

        assert await reason(make(look_up=look_up), "https://nobody.example/") == "unreachable"


class TestBounds:
    async def test_a_large_answer_is_cut_off(
        self, make: Callable[..., Strangers], server: Server
    ) -> None:
        body = b"x" * (MAX_BYTES + 1)
        server.answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        assert await reason(make(is_local_allowed=True), server.url) == "too_large"

    async def test_a_slow_answer_is_not_waited_for(
        self, make: Callable[..., Strangers], server: Server
    ) -> None:
        server.may_answer.clear()
        strangers = make(is_local_allowed=True, seconds=0.05)
        assert await reason(strangers, server.url) == "slow"

    async def test_one_server_holds_so_many_calls_and_no_more(
        self, make: Callable[..., Strangers], server: Server
    ) -> None:
        server.may_answer.clear()
        strangers = make(is_local_allowed=True)
        calls = [asyncio.create_task(strangers.get(server.url)) for _ in range(CALLS_TO_ONE)]
        await eventually(lambda: len(server.asked) == CALLS_TO_ONE)
        assert await reason(strangers, server.url) == "busy"
        server.may_answer.set()
        assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
        assert (await strangers.get(server.url)).status == 200

    @pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nx"])
    async def test_no_answer_is_none(
        self, make: Callable[..., Strangers], server: Server, answer: bytes
    ) -> None:
        server.answer = answer
        assert await reason(make(is_local_allowed=True), server.url) == "unreachable"

    async def test_a_form_is_posted(self, make: Callable[..., Strangers], server: Server) -> None:
        answer = await make(is_local_allowed=True).post_form(server.url, {"code": "a b&c"})
        assert (answer.status, server.asked) == (200, ["POST / HTTP/1.1"])
