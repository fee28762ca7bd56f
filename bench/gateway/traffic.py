"""The requests to a server under load, sent by wrk or, without it, by `load.py`; and their cost."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import HERE, OTHER_CORE, tool
from tenants import BASE, TENANTS, BenchTenant

from proof.figures import cpu_seconds

WARM_UP_SECONDS = 2.0
# Of the same load before each round, not counted. Servers take turns, and while the others have
# theirs, tokens of all tenants fall due here: renewed in the round, they would count several times.
LEAD_IN_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load; each tenant's credential is a line of its file."""

    pid: int
    port: int
    credentials: Path


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of the first `tenants` tenants in turn; `%d` in `path` is the tenant's number."""

    tenants: int = TENANTS
    connections: int = 32
    method: str = "GET"
    path: str = "/v1/projects?limit=20&cursor=%d"
    body_bytes: int = 0
    # The pause between an answer and the next request on a connection; only wrk respects it.
    pause_milliseconds: int = 0

    def environment(self, target: Target) -> dict[str, str]:
        """What the load generators read."""
        return {
            "CREDENTIALS": str(target.credentials),
            "BASE": BASE,
            "TENANTS": str(self.tenants),
            "CONNECTIONS": str(self.connections),
            "METHOD": self.method,
            "REQUEST_PATH": self.path,
            "BODY_BYTES": str(self.body_bytes),
            "PAUSE_MILLISECONDS": str(self.pause_milliseconds),
        }


USUAL = Traffic()


def warm_up(target: Target) -> None:
    """One request of each tenant, to fill the caches and to see that everything works."""
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        for number, credential in enumerate(target.credentials.read_text().split()):
            request = (
                f"GET /v1/projects HTTP/1.1\r\nHost: {BenchTenant(number).host}\r\n"
                f"Authorization: Bearer {credential}\r\n\r\n"
            )
            connection.sendall(request.encode())
            answer = connection.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"{request!r} was answered {answer!r}")
    # The first usage record of each tenant costs more than later ones, so it is made now.
    time.sleep(WARM_UP_SECONDS)


def measure(target: Target, seconds: int, traffic: Traffic = USUAL) -> dict[str, Any]:
    """One round of load."""
    run = _wrk if tool("wrk") else _own_load
    run(target, LEAD_IN_SECONDS, traffic)
    before = cpu_seconds([target.pid])
    result = run(target, seconds, traffic)
    used = cpu_seconds([target.pid]) - before
    result["cpu_seconds"] = round(used, 2)
    result["requests_per_cpu_second"] = round(result["requests"] / used)
    result["requests_per_second"] = round(result["requests"] / seconds)
    return result


def _own_load(target: Target, seconds: int, traffic: Traffic) -> dict[str, Any]:
    program = [sys.executable, str(HERE / "load.py"), str(target.port), str(seconds)]
    result: dict[str, Any] = json.loads(_on_other_core(program, traffic.environment(target)))
    return result


def _wrk(target: Target, seconds: int, traffic: Traffic) -> dict[str, Any]:
    program = [tool("wrk") or "wrk", "-t1", f"-c{traffic.connections}", f"-d{seconds}s"]
    output = _on_other_core(
        [*program, "--latency", "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{target.port}"],
        traffic.environment(target),
    )
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    sent = re.search(r"(\d+) requests in", output)
    if slow is None or sent is None:
        sys.exit(f"wrk said:\n{output}")
    unit = {"us": 0.001, "ms": 1, "s": 1000}[slow[2]]
    return {
        "requests": int(sent[1]),
        "failed": int(failed[1]) if failed else 0,
        "p99_ms": float(slow[1]) * unit,
    }


def _on_other_core(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(
        ["taskset", "-c", str(OTHER_CORE), *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    ).stdout
