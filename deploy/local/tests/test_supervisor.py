"""The supervisor with real children: readiness, restarts, an orderly stop."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stagify_local.errors import StartError
from stagify_local.guardian import Guardian
from stagify_local.ports import accepts, free_port
from stagify_local.process import Command, ManagedProcess
from stagify_local.supervisor import Supervisor, Unit, answers_ready
from stagify_local.waiting import eventually

READY = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[2])); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Bench:
    """A supervisor, and the lines it printed."""

    def __init__(self, folder: Path, guardian: Guardian) -> None:
        self.said: list[str] = []
        self.supervisor = Supervisor(self.said.append)
        self._folder = folder
        self._guardian = guardian

    def server(self, name: str, *, status: int = 200, timeout_seconds: float = 20) -> Unit:
        port = free_port()
        arguments = [sys.executable, "-c", READY, str(port), str(status)]
        command = Command(name, arguments, self._folder / f"{name}.log", stop_grace_seconds=2)
        process = ManagedProcess(command, self._guardian)
        return Unit(process, lambda: answers_ready(port), port, timeout_seconds)


@pytest.fixture
def bench(tmp_path: Path, guardian: Guardian) -> Iterator[Bench]:
    bench = Bench(tmp_path, guardian)
    yield bench
    bench.supervisor.stop()


def test_start_returns_when_all_are_ready(bench: Bench) -> None:
    units = [bench.server("one"), bench.server("two")]
    bench.supervisor.start(units)
    assert all(unit.ready() for unit in units)
    assert sorted(line.split()[0] for line in bench.said) == ["one", "two"]


def test_what_never_gets_ready_is_an_error(bench: Bench) -> None:
    with pytest.raises(StartError, match="one was not ready after 1 s"):
        bench.supervisor.start([bench.server("one", status=503, timeout_seconds=1)])


def test_a_crashed_process_is_restarted_and_said_so(bench: Bench) -> None:
    unit = bench.server("one")
    bench.supervisor.start([unit])
    bench.supervisor.watch()
    first = unit.process.pid
    unit.process.kill()
    eventually(lambda: unit.process.pid not in (None, first) and unit.ready())
    assert any("one ended with -9; again in 1 s" in line for line in bench.said)


def test_the_pause_grows_while_it_keeps_crashing(bench: Bench) -> None:
    unit = bench.server("one")
    bench.supervisor.start([unit])
    bench.supervisor.watch()
    for expected in (2, 4):
        pid = unit.process.pid
        unit.process.kill()
        eventually(lambda pid=pid: unit.process.pid not in (None, pid))  # type: ignore[misc]
        assert unit.backoff_seconds == expected


def test_stop_takes_the_last_group_first(bench: Bench) -> None:
    below, above = bench.server("below"), bench.server("above")
    bench.supervisor.start([below])
    bench.supervisor.start([above])
    order: list[str] = []
    for unit in (below, above):
        unit.process.stop = recording(order, unit)  # type: ignore[method-assign]
    bench.supervisor.stop()
    assert order == ["above", "below"]
    assert not accepts(below.port)
    assert not accepts(above.port)


def recording(order: list[str], unit: Unit) -> Callable[[], None]:
    stop = unit.process.stop

    def record() -> None:
        order.append(unit.name)
        stop()

    return record
