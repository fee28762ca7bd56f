"""Gateways that replace each other on a port that a doorman keeps open."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.testing.client import Client, request
from gateway.testing.running import Running
from stagify.testing import eventually
from stagify_local.ports import free_port

DOORMAN = Path(__file__).parents[4] / "deploy/doorman.py"
MakeGateway = Callable[..., Awaitable[Running]]


class Doorman:
    """The real program, which may be killed."""

    def __init__(self, folder: Path) -> None:
        self.door = folder / "gateway.sock"
        self.port = free_port()
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        where = ("--port", str(self.port), "--door", str(self.door))
        command = (sys.executable, "-I", str(DOORMAN), *where)
        self._process = await asyncio.create_subprocess_exec(*command)

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def connect(self) -> Client:
        """A client that keeps trying until a gateway listens."""

        async def try_it() -> Client | None:
            try:
                return Client(*await asyncio.open_connection("127.0.0.1", self.port))
            except ConnectionRefusedError:
                return None

        client = await eventually(try_it)
        assert client is not None
        return client

    async def status(self) -> int:
        """The status of the answer to a request on a new connection."""
        client = await self.connect()
        await client.send(request())
        answer = await client.answer()
        await client.close()
        return answer.status


@pytest.fixture
async def doorman(tmp_path: Path) -> AsyncIterator[Doorman]:
    """A doorman with a free port."""
    doorman = Doorman(tmp_path)
    await doorman.start()
    yield doorman
    await doorman.kill()


async def test_connections_wait_while_no_gateway_runs(
    doorman: Doorman, make_gateway: MakeGateway
) -> None:
    early = await doorman.connect()
    await early.send(request())
    live = await make_gateway(gateway_door=doorman.door)
    assert (await early.answer()).status == 200
    assert (live.port, await doorman.status()) == (doorman.port, 200)
    await early.close()


async def test_a_gateway_takes_anothers_place_without_a_failed_request(
    doorman: Doorman, make_gateway: MakeGateway
) -> None:
    fast = {"address_requests_per_second": 1e6, "address_burst": 1e6}
    old = await make_gateway(gateway_door=doorman.door, **fast)
    stopping = asyncio.Event()
    statuses: list[int] = []

    async def keep_asking() -> None:
        while not stopping.is_set():
            statuses.append(await doorman.status())

    async def keep_a_connection() -> None:
        client = await doorman.connect()
        while not stopping.is_set():
            await client.send(request())
            answer = await client.answer()
            statuses.append(answer.status)
            if answer.headers.get("connection") == "close":
                await client.close()
                client = await doorman.connect()
        await client.close()

    clients = [asyncio.create_task(each()) for each in (keep_asking, keep_a_connection)]
    new = await make_gateway(gateway_door=doorman.door, **fast)
    await old.run(lambda: old.gateway.listener.drain(5))
    assert (await new.get(request())).status == 200
    stopping.set()
    await asyncio.gather(*clients)
    assert len(statuses) > 2
    assert set(statuses) == {200}


async def test_a_gateway_follows_to_the_next_doorman(
    doorman: Doorman, make_gateway: MakeGateway
) -> None:
    async def answers() -> bool:
        # What comes before the gateway has seen that the doorman is gone is cut off with its socket.
        with contextlib.suppress(ConnectionResetError, EOFError):
            return await doorman.status() == 200
        return False

    await make_gateway(gateway_door=doorman.door)
    assert await doorman.status() == 200
    for _ in range(2):
        await doorman.kill()
        await doorman.start()
        await eventually(answers)
