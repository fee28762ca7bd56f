"""Uploads of 10 MiB through the gateway, against the object store directly, in the same run.

Run with `python bench/door.py [--rounds N]`. Both ways lead to the same S3Proxy with links signed as
staging-svc signs them; uploads take turns, one at a time, each of a new object. The gateway is the
real process with everything on, on a core of its own. Its CPU is user and system time, less what it
takes in the same time when it has nothing to do: it follows two topics, and keeps its memory in order.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from proof.figures import Bar, cpu_seconds, median, percentile, report
from stagify.bootstrap import create_topics
from stagify.cli import run
from stagify.ids import new_id
from stagify.tokens import generate_seed, public_key_of
from stagify_local.guardian import Guardian
from stagify_local.kafka import Kafka
from stagify_local.objectstore import ObjectStore
from stagify_local.ports import LOOPBACK, free_port

MEBIBYTES = 10
PHOTO = os.urandom(MEBIBYTES * 1024 * 1024)
WARM_UP = 5
SECRET = "only-for-the-bench"
BUCKET = "stagify-bench"
GATEWAY_CORE = 0
START_SECONDS = 60
IDLE_SECONDS = 5.0


class Signer:
    """Signs links for one host, as staging-svc does."""

    def __init__(self, endpoint: str, store: ObjectStore) -> None:
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=store.region,
            aws_access_key_id=store.access_key_id,
            aws_secret_access_key=store.secret_access_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
            ),
        )

    def upload(self) -> str:
        """A link to a new object."""
        parameters = {
            "Bucket": BUCKET,
            "Key": f"tenants/{new_id()}/uploads/{new_id()}",
            "ContentType": "image/jpeg",
            "ContentLength": len(PHOTO),
            "IfNoneMatch": "*",
        }
        url: str = self.client.generate_presigned_url("put_object", parameters, ExpiresIn=300)
        return url


@contextlib.contextmanager
def gateway(folder: Path, kafka: Kafka, store: ObjectStore, port: int) -> Iterator[int]:
    """The gateway on a core of its own, once it is ready; its process id."""
    seed, admin = generate_seed(), free_port()
    nowhere = f"http://{LOOPBACK}:9"
    public = {"gateway": {"issuer": "gateway", "key": public_key_of(seed), "audiences": ["*"]}}
    environment = {
        "ENVIRONMENT": "development",
        "BASE_DOMAIN": f"localhost:{port}",
        "PUBLIC_SCHEME": "http",
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "CONTEXT_PRIVATE_KEY": seed,
        "CONTEXT_PUBLIC_KEYS": json.dumps(public),
        "GATEWAY_PORT": str(port),
        "ADMIN_PORT": str(admin),
        "ACCESS_LOG": str(folder / "access.log"),
        "OBJECTSTORE_URL": store.endpoint,
        "TENANT_SVC_URL": nowhere,
        "IDENTITY_SVC_URL": nowhere,
        "STAGING_SVC_URL": nowhere,
        "USAGE_SVC_URL": nowhere,
    }
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            ["taskset", "-c", str(GATEWAY_CORE), sys.executable, "-m", "gateway.cli"],
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_ready(f"http://{LOOPBACK}:{admin}/readyz")
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, trust_env=False).is_success:
                return
        time.sleep(0.1)
    raise TimeoutError("the gateway does not become ready")


class Client:
    """Sends uploads over one connection, with as little work of its own as possible."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def put(self, link: str) -> float:
        """Upload the photo; the seconds until the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(LOOPBACK, self._port)
        reader, writer = self._streams
        url = httpx.URL(link)
        lines = (
            f"PUT {url.raw_path.decode()} HTTP/1.1",
            f"Host: {url.netloc.decode()}",
            "Content-Type: image/jpeg",
            "If-None-Match: *",
            f"Content-Length: {len(PHOTO)}",
        )
        begun = time.perf_counter()
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        writer.write(PHOTO)
        head = await reader.readuntil(b"\r\n\r\n")
        seconds = time.perf_counter() - begun
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"the upload was refused: {head!r}")
        return seconds

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()


async def idle_share(pid: int) -> float:
    """The share of a core that a process takes when it has nothing to do."""
    before = cpu_seconds([pid])
    await asyncio.sleep(IDLE_SECONDS)
    return (cpu_seconds([pid]) - before) / IDLE_SECONDS


async def measure(rounds: int, port: int, pid: int, store: ObjectStore) -> None:
    """Let both ways take turns, and report."""
    through = Client(port), Signer(f"http://objects.localhost:{port}", store)
    directly = Client(store.port), Signer(store.endpoint, store)
    directly[1].client.create_bucket(Bucket=BUCKET)
    seconds: dict[str, list[float]] = {"gateway": [], "direct": []}
    idle = await idle_share(pid)
    cpu = 0.0
    for number in range(WARM_UP + rounds):
        link, before, begun = through[1].upload(), cpu_seconds([pid]), time.perf_counter()
        taken = await through[0].put(link)
        used = cpu_seconds([pid]) - before - idle * (time.perf_counter() - begun)
        bare = await directly[0].put(directly[1].upload())
        if number >= WARM_UP:
            seconds["gateway"].append(taken)
            seconds["direct"].append(bare)
            cpu += used
    await through[0].close()
    await directly[0].close()
    ours, theirs = median(seconds["gateway"]), median(seconds["direct"])
    report(
        "door",
        {
            "10 MiB through the gateway, ms": ours * 1000,
            "10 MiB directly, ms": theirs * 1000,
            "through the gateway, p90 ms": percentile(seconds["gateway"], 0.9) * 1000,
            "directly, p90 ms": percentile(seconds["direct"], 0.9) * 1000,
            "gateway against direct": ours / theirs,
            "idle gateway, CPU ms a second": idle * 1000,
            "gateway CPU ms for each MiB": cpu * 1000 / (rounds * MEBIBYTES),
        },
        seconds,
        bars=[
            Bar("gateway against direct", at_most=1.15),
            Bar("gateway CPU ms for each MiB", at_most=0.7),
        ],
    )


def main() -> None:
    """Start Kafka, the store and the gateway, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, Guardian() as guardian:
        folder, port = Path(name), free_port()
        kafka = Kafka(folder / "kafka", guardian, log=folder / "kafka.log")
        store = ObjectStore(
            folder / "store",
            guardian,
            log=folder / "store.log",
            access_key_id="bench",
            secret_access_key=SECRET,
        )
        kafka.start()
        store.start()
        try:
            run(create_topics(kafka.bootstrap_servers, replication_factor=1))
            with gateway(folder, kafka, store, port) as pid:
                run(measure(rounds, port, pid, store))
        finally:
            store.stop()
            kafka.stop()


if __name__ == "__main__":
    main()
