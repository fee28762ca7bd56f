"""The processes of `create_project.py`: those of ours that create a project, and the plain one."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from accept_to_start import make_bucket, photo
from staging_parts import BIN, BUCKET, Installation, free_port, installation, running

from stagify.bootstrap import create_topics
from stagify_local.guardian import Guardian
from stagify_local.kafka import Kafka

HERE = Path(__file__).parent
sys.path.append(str(HERE / "gateway"))
from servers import OTHER_CORE, SERVER_CORE, UNLIMITED, fill_directory
from tenants import BASE, JWT_KEY, BenchTenant

# The processes that answer the client, and those that work afterwards.
ANSWERING = ("gateway", "staging-svc api", "usage-svc api")
FOLLOWING = ("staging-svc worker", "usage-svc worker")
PHOTO_KEY = "tenants/bench/uploads/photo"


@dataclass
class Side:
    """One of the two: its address, its processes by name, and its measurements."""

    port: int
    pids: dict[str, int]
    cpu: list[dict[str, float]] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)
    refused: int = 0
    # CPU-seconds a second of each process while there are no requests.
    idle: dict[str, float] = field(default_factory=dict)
    # The CPU-seconds of a round beyond that, as in `cpu`.
    net: list[dict[str, float]] = field(default_factory=list)

    @property
    def is_ours(self) -> bool:
        return "gateway" in self.pids


def on_core(core: int, *command: str) -> list[str]:
    return ["taskset", "-c", str(core), *command]


@contextlib.contextmanager
def stored_photo() -> Iterator[Installation]:
    """Databases and object store, with the one object that all uploads of the bench refer to."""
    with installation("staging_svc", "usage_svc", with_store=True) as made:
        make_bucket(made).put_object(
            Bucket=BUCKET, Key=PHOTO_KEY, Body=photo(), ContentType="image/jpeg"
        )
        yield made


@contextlib.contextmanager
def kafka_in(folder: Path) -> Iterator[str]:
    """A broker with our topics and the bench's tenants."""
    with Guardian() as guardian:
        kafka = Kafka(folder / "kafka", guardian, log=folder / "kafka.log")
        kafka.start()
        try:
            asyncio.run(create_topics(kafka.bootstrap_servers, 1))
            asyncio.run(fill_directory(kafka.bootstrap_servers))
            yield kafka.bootstrap_servers
        finally:
            kafka.stop()


@contextlib.contextmanager
def ours(made: Installation, kafka: str) -> Iterator[Side]:
    """Gateway, staging-svc and usage-svc; a stub plays identity-svc, which the gateway asks once."""
    ports = {name: free_port() for name in (*ANSWERING, *FOLLOWING, "admin", "identity")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    services = {
        "STAGING_SVC_URL": urls["staging-svc api"],
        "USAGE_SVC_URL": urls["usage-svc api"],
        "TENANT_SVC_URL": urls["identity"],
        "IDENTITY_SVC_URL": urls["identity"],
        "ENVIRONMENT": "test",
        # On a busy machine too, nothing is left to the jobs process, which does not run here.
        "USAGE_SVC_TIMEOUT_SECONDS": "10",
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
    }
    with contextlib.ExitStack() as stack:

        def start(core: int, command: list[str], ready: str, **other: str) -> int:
            service = command[0] if command[0].endswith("-svc") else "gateway"
            program = [str(BIN / command[0]), *command[1:]]
            environment = made.environment(service, **services, **other)
            return stack.enter_context(running(on_core(core, *program), environment, ready))

        stub = ["python", str(HERE / "gateway" / "stub.py"), str(ports["identity"])]
        start(OTHER_CORE, stub, urls["identity"])
        pids = {}
        for name in (*ANSWERING[1:], *FOLLOWING):
            variable = "HTTP_PORT" if name.endswith("api") else "WORKER_HTTP_PORT"
            ready = f"{urls[name]}/readyz"
            pids[name] = start(SERVER_CORE, name.split(), ready, **{variable: str(ports[name])})
        pids["gateway"] = start(
            SERVER_CORE,
            ["gateway"],
            f"{urls['admin']}/readyz",
            ACCESS_LOG=str(made.folder / "gateway-access.log"),
            BASE_DOMAIN=BASE,
            GATEWAY_PORT=str(ports["gateway"]),
            ADMIN_PORT=str(ports["admin"]),
            TENANT_REQUESTS_PER_SECOND=UNLIMITED,
            TENANT_BURST=UNLIMITED,
            ADDRESS_REQUESTS_PER_SECOND=UNLIMITED,
            ADDRESS_BURST=UNLIMITED,
        )
        yield Side(ports["gateway"], pids)


@contextlib.contextmanager
def plain(made: Installation) -> Iterator[Side]:
    """The plain application."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop"]
    command += ["--no-ws", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--factory", "plain_create:make_app"]
    environment = {
        "PLAIN_DATABASE_URL": made.database_url("staging"),
        "PLAIN_TOKEN_KEY": JWT_KEY,
        "PATH": f"{BIN}:/usr/bin:/bin",
    }
    ready = f"http://127.0.0.1:{port}/openapi.json"
    with running(on_core(SERVER_CORE, *command), environment, ready) as pid:
        yield Side(port, {"plain": pid})


__all__ = [
    "ANSWERING",
    "FOLLOWING",
    "OTHER_CORE",
    "PHOTO_KEY",
    "BenchTenant",
    "Side",
    "kafka_in",
    "ours",
    "plain",
    "stored_photo",
]
