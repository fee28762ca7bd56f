"""The real processes, from a sign-up to the receipt on Kafka, and a clean stop."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr

from identity_svc.app import create_app
from identity_svc.seat_counts.service import COMPARE
from identity_svc.settings import Settings
from identity_svc.sso.domain_proofs import LOOK
from identity_testing import Caller, MailServer, MakeSettings, Visitor
from stagify.database import Database
from stagify.events import Event, decode, encode
from stagify.events.identity import MemberJoined, UserRegistered
from stagify.events.receipts import IdentityReceiptIssued
from stagify.events.tenant import TenantCreated
from stagify.kafka import make_producer
from stagify.testing import ContextKeys, eventually
from stagify.topology import Topic
from stagify_local.ports import free_port

# For each process, and for all that they do together; on a busy machine.
START_SECONDS = 180
STEP_SECONDS = 180


def environment(settings: Settings, keys: Mapping[str, str]) -> dict[str, str]:
    """The variables that make these settings."""
    values = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in settings.model_dump(exclude_none=True).items()
    }
    return {**os.environ, **{name.upper(): value for name, value in {**values, **keys}.items()}}


@asynccontextmanager
async def process(command: str, variables: dict[str, str], port: int) -> AsyncIterator[None]:
    """`identity-svc <command>`, ready; it has to stop cleanly on SIGTERM."""
    main = "from identity_svc.cli import main; main()"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", main, command, env=variables)
    try:
        await until_ready(child, f"http://127.0.0.1:{port}/readyz")
        yield
        child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STEP_SECONDS):
            assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def until_ready(child: asyncio.subprocess.Process, url: str) -> None:
    """Return once the process says that it is ready."""
    async with httpx.AsyncClient() as client:

        async def is_ready() -> bool:
            assert child.returncode is None
            try:
                return (await client.get(url)).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(is_ready, START_SECONDS)


async def read_until_all(
    consumer: AIOKafkaConsumer, tenant_id: UUID, owner: UUID
) -> dict[type[Event], Event]:
    """What Kafka says of a sign-up, by kind, in whatever order its partitions are read."""
    found: dict[type[Event], Event] = {}
    while not {UserRegistered, MemberJoined, IdentityReceiptIssued} <= found.keys():
        event = decode((await consumer.getone()).value)
        assert isinstance(event, Event)
        is_account = isinstance(event, UserRegistered) and event.user_id == owner
        if is_account or event.tenant_id == tenant_id:
            found[type(event)] = event
    return found


@pytest.fixture
async def identity_topic(kafka_server: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Reads `identity.events` from its beginning."""
    consumer = AIOKafkaConsumer(
        str(Topic.IDENTITY.value), bootstrap_servers=kafka_server, auto_offset_reset="earliest"
    )
    await consumer.start()
    yield consumer
    await consumer.stop()


@pytest.fixture
async def nothing_left(queue: Database) -> AsyncIterator[None]:
    """A worker has something done for every tenant in the next hour: not in the tests that come after this
    one, which let hours pass."""
    yield
    async with queue.tenant_connection(None) as connection:
        await connection.execute("DELETE FROM tasks WHERE kind = ANY ($1)", [COMPARE, LOOK])


@pytest.mark.usefixtures("nothing_left")
async def test_sign_up_goes_through_the_processes_to_kafka(
    make_settings: MakeSettings,
    context_keys: ContextKeys,
    kafka_server: str,
    identity_topic: AIOKafkaConsumer,
    mail_server: MailServer,
    caller: Caller,
    email: str,
    slug: str,
) -> None:
    settings = make_settings(
        kafka_bootstrap_servers=kafka_server, http_port=free_port(), worker_http_port=free_port()
    )
    variables = environment(settings, context_keys.settings("identity-svc"))
    async with (
        process("api", variables, settings.http_port),
        process("worker", variables, settings.worker_http_port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}") as client,
        asyncio.timeout(STEP_SECONDS),
    ):
        tenant = await sign_up(client, caller, mail_server, email, slug)
        created = TenantCreated(
            tenant_id=UUID(tenant["id"]),
            slug=slug,
            name=tenant["name"],
            type=tenant["type"],
            plan="free",
            region="eu",
            owner_user_id=UUID(tenant["owner"]),
        )
        producer = make_producer(kafka_server, "test")
        await producer.start()
        value = encode(created, "tenant-svc")
        await producer.send_and_wait(created.topic.value, value, key=created.key.encode())
        await producer.stop()
        told = await read_until_all(identity_topic, created.tenant_id, created.owner_user_id)
    receipt = told[IdentityReceiptIssued]
    assert isinstance(receipt, IdentityReceiptIssued)
    assert receipt.of_event_id == created.event_id


async def sign_up(
    client: httpx.AsyncClient, caller: Caller, mail_server: MailServer, email: str, slug: str
) -> dict[str, Any]:
    """The tenant of a new customer, with its owner's id."""
    visitor = Visitor(client, caller)
    signup_id = await visitor.ask(email, slug)
    # The worker may first send what other tests have left.
    await eventually(lambda: mail_server.to(email))
    assert re.fullmatch(r"\d{6}", mail_server.code(email))
    confirmed = await visitor.confirm(signup_id, mail_server.code(email))
    assert confirmed.status_code == 201, confirmed.text
    answer = confirmed.json()
    return {**answer["tenant"], "owner": answer["user"]["id"]}


async def test_missing_settings_are_all_named_at_the_start() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from identity_svc.cli import main; main()",
        "worker",
        env={"PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
    )
    _, problems = await child.communicate()
    assert child.returncode != 0
    for name in ("identity_hash_secret", "api_key_secrets", "database_url", "smtp_host"):
        assert name in problems.decode()


@pytest.mark.parametrize("url", ["database_url", "person_database_url"])
async def test_no_role_of_the_api_may_bypass_row_level_security(
    make_settings: MakeSettings, postgres_admin_url: str, url: str
) -> None:
    app = create_app(make_settings(**{url: postgres_admin_url}))
    with pytest.raises(RuntimeError, match="can bypass row-level security"):
        async with app.router.lifespan_context(app):
            pass
