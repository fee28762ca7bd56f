"""The process as it is deployed: from the topics to an answer, and a clean stop."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from gateway.testing.client import BEARER, Answer, Client, request
from gateway.testing.service import FakeService, Received, Wire
from stagify.events import Event, Topic, decode, encode
from stagify.events.identity import ApiKeyRevoked
from stagify.events.tenant import TenantDirectoryEntry
from stagify.events.usage import UsageRecorded
from stagify.testing import eventually
from stagify.testing.context import ContextKeys
from stagify.testing.waiting import PATIENCE_SECONDS
from stagify_local.ports import free_port


class Process:
    """The gateway's process, its ports, and what stands around it."""

    def __init__(
        self, kafka: str, service: FakeService, keys: ContextKeys, slug: str, access_log: Path
    ) -> None:
        self.kafka = kafka
        self.access_log = access_log
        self.port, self.admin_port = free_port(), free_port()
        self.host = f"{slug}.stagify.test"
        url = f"http://127.0.0.1:{service.port}"
        settings = keys.settings("gateway")
        self._environment = {
            **os.environ,
            **{name.upper(): value for name, value in settings.items()},
            "BASE_DOMAIN": "stagify.test",
            "ENVIRONMENT": "test",
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "GATEWAY_PORT": str(self.port),
            "ADMIN_PORT": str(self.admin_port),
            "ACCESS_LOG": str(access_log),
            "TENANT_SVC_URL": url,
            "IDENTITY_SVC_URL": url,
            "STAGING_SVC_URL": url,
            "USAGE_SVC_URL": url,
        }

    async def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway.cli", env=self._environment
        )
        await eventually(self._is_ready, seconds=180)

    async def _is_ready(self) -> bool:
        with suppress(OSError, EOFError):
            answer = await self.ask(self.admin_port, request("/readyz"))
            return answer.status == 200
        return False

    async def ask(self, port: int, data: bytes) -> Answer:
        """The answer to `data`."""
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await client.send(data)
            return await client.answer()
        finally:
            await client.close()

    async def get(self, target: str, *lines: str) -> Answer:
        """The public answer to a GET on the tenant's host."""
        return await self.ask(self.port, request(target, *lines, host=self.host))

    async def publish(self, event: Event) -> None:
        """Publish an event as its service would."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka) as producer:
            value = encode(event, "test")
            await producer.send_and_wait(event.topic, value, key=event.key.encode())


def entry(tenant_id: UUID, host: str) -> TenantDirectoryEntry:
    """An active tenant at `host`."""
    return TenantDirectoryEntry(
        tenant_id=tenant_id,
        slug=host.partition(".")[0],
        name="Acme",
        type="organization",
        status="active",
        plan="free",
        region="eu",
        hosts=[host],
    )


@pytest.fixture
async def process(
    kafka_server: str,
    service: FakeService,
    context_keys: ContextKeys,
    tenant_id: UUID,
    tmp_path: Path,
) -> AsyncIterator[Process]:
    """A ready gateway whose directory has one tenant more."""
    slug, access_log = f"t{tenant_id.hex}", tmp_path / "access.log"
    process = Process(kafka_server, service, context_keys, slug, access_log)
    await process.publish(entry(tenant_id, process.host))
    await process.start()
    yield process
    if process.process.returncode is None:
        process.process.kill()
    await process.process.wait()


async def test_life_of_a_gateway(
    process: Process, service: FakeService, tenant_id: UUID, kafka_server: str
) -> None:
    key_id = uuid4()
    is_known = True

    async def look_up(received: Received, wire: Wire) -> None:
        found = {
            "kind": "api_key",
            "subject": str(key_id),
            "user_id": str(uuid4()),
            "credential_id": str(key_id),
            "role": None,
            "expires_at": None,
        }
        if is_known:
            await wire.respond(json.dumps({**found, "permissions": ["usage:read"]}).encode())
        else:
            await wire.respond(b'{"code":"unknown_credential"}', "404 Not Found")

    service.handlers["/internal/credentials"] = look_up

    # 1. It serves the tenant it has read from the directory, and counts the calls.
    for _ in range(3):
        assert (await process.get("/v1/usage", BEARER)).status == 200
    assert (await process.get("/openapi.json")).status == 200
    metrics = (await process.ask(process.admin_port, request("/metrics"))).body.decode()
    requests = 'stagify_gateway_requests_total{service="usage-svc",status="2xx"} 3.0'
    assert requests in metrics
    assert "stagify_gateway_credential_lookups_total 1.0" in metrics

    # The access log is written while it runs, not only at the end.
    async def lines_are_there() -> bool:
        return process.access_log.read_text().count('"upstream":"usage-svc"') == 3

    await eventually(lines_are_there)

    # 2. A tenant that signs up now is served without a restart.
    newcomer = f"n{tenant_id.hex}.stagify.test"
    await process.publish(entry(uuid4(), newcomer))

    async def newcomer_is_served() -> bool:
        answer = await process.ask(process.port, request("/v1/usage", host=newcomer))
        return answer.status == 200

    await eventually(newcomer_is_served)

    # 3. A revoked key is refused, long before its verdict would be asked for anew.
    is_known = False
    await process.publish(ApiKeyRevoked(tenant_id=tenant_id, api_key_id=key_id))

    async def key_is_refused() -> bool:
        return (await process.get("/v1/usage", BEARER)).status == 401

    await eventually(key_is_refused)
    assert (await process.get("/v1/usage", BEARER)).code == "invalid_credential"

    # 4. Told to stop, it ends by itself, and no counted call and no line of the log is lost.
    answered = [each for each in service.received if each.target == "/v1/usage"]
    by_key = len(answered) - 1
    process.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await process.process.wait() == 0
    assert await counted(kafka_server, tenant_id, by_key) == by_key
    lines = [json.loads(line) for line in process.access_log.read_text().splitlines()]
    carried = [line for line in lines if line["upstream"] == "usage-svc"]
    assert len(carried) == len(answered)


async def counted(kafka_server: str, tenant_id: UUID, at_least: int) -> int:
    """The calls recorded for the tenant, once there are so many."""
    calls = 0
    consumer = AIOKafkaConsumer(
        Topic.USAGE, bootstrap_servers=kafka_server, auto_offset_reset="earliest"
    )
    async with asyncio.timeout(PATIENCE_SECONDS), consumer:
        while calls < at_least:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                events = [decode(record.value) for record in records]
                calls += sum(
                    event.quantity
                    for event in events
                    if isinstance(event, UsageRecorded) and event.tenant_id == tenant_id
                )
    return calls


async def test_missing_setting_is_named_at_the_start() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.cli",
        env={"PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode != 0
    assert b"context_private_key" in errors
    assert b"identity_svc_url" in errors
