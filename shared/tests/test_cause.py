"""Who caused an event: from the request, through internal calls and reactions, to all that follows."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request
from typer import Typer
from typer.testing import CliRunner

from kit_testing import SERVICE, kit_client
from stagify import cause
from stagify.auth import principal_of
from stagify.cause import ACTOR_HEADER, Cause
from stagify.cli import run_command
from stagify.consumer import Consumer
from stagify.database import Database, Session
from stagify.dependencies import SystemSessionDep
from stagify.events import Event, decode, encode
from stagify.events.billing import PlanChanged
from stagify.events.identity import UserRegistered
from stagify.events.staging import ProjectDeleted
from stagify.kafka import make_producer
from stagify.outbox import publish, publish_on
from stagify.testing import ContextKeys, DatabaseUrls, eventually, running

REQUEST_ID = "request-0001"

React = Callable[[bytes], Awaitable[Event]]


class Outbox:
    """Reads what was published, as the relay would."""

    def __init__(self, urls: DatabaseUrls) -> None:
        self._urls = urls

    async def of(self, key: UUID) -> Event:
        """The one event about `key`, as soon as it is there."""
        connection = await asyncpg.connect(self._urls.relay)
        try:
            query = "SELECT payload FROM outbox WHERE aggregateid = $1"
            rows = await eventually(lambda: connection.fetch(query, str(key)))
            (event,) = (decode(row["payload"]) for row in rows)
            assert isinstance(event, Event)
            return event
        finally:
            await connection.close()


@pytest.fixture
def outbox(kit_urls: DatabaseUrls) -> Outbox:
    return Outbox(kit_urls)


def add_routes(app: FastAPI) -> None:
    @app.put("/people/{user_id}")
    async def register(request: Request, user_id: UUID, session: SystemSessionDep) -> None:
        principal_of(request)
        publish(session, UserRegistered(user_id=user_id))


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


class TestRequest:
    async def published(
        self, client: httpx.AsyncClient, outbox: Outbox, headers: dict[str, str]
    ) -> Event:
        user_id = uuid4()
        answer = await client.put(
            f"/people/{user_id}", headers={**headers, "x-request-id": REQUEST_ID}
        )
        assert answer.status_code == 200
        return await outbox.of(user_id)

    @pytest.mark.parametrize("kind", ["user", "api_key"])
    async def test_the_caller_is_the_actor(
        self, client: httpx.AsyncClient, outbox: Outbox, context_keys: ContextKeys, kind: str
    ) -> None:
        subject = str(uuid4())
        headers = context_keys.headers(SERVICE, kind=kind, subject=subject)
        event = await self.published(client, outbox, headers)
        assert (event.actor, event.request_id) == (f"{kind}:{subject}", REQUEST_ID)

    @pytest.mark.parametrize("kind", ["anonymous", "platform"])
    async def test_a_visitor_is_no_actor(
        self, client: httpx.AsyncClient, outbox: Outbox, context_keys: ContextKeys, kind: str
    ) -> None:
        event = await self.published(client, outbox, context_keys.headers(SERVICE, kind=kind))
        assert event.actor == f"service:{SERVICE}"

    @pytest.mark.parametrize("actor", ["user:17", "api_key:18", "operator:19", "system"])
    async def test_a_service_says_on_whose_behalf_it_calls(
        self, client: httpx.AsyncClient, outbox: Outbox, context_keys: ContextKeys, actor: str
    ) -> None:
        headers = context_keys.service_headers(SERVICE, "identity-svc")
        event = await self.published(client, outbox, {**headers, ACTOR_HEADER: actor})
        assert event.actor == actor

    @pytest.mark.parametrize(
        "actor", ["", "king:1", "user:", "user:a b", "user:1,user:2", "systems"]
    )
    async def test_a_header_that_names_no_actor_is_ignored(
        self, client: httpx.AsyncClient, outbox: Outbox, context_keys: ContextKeys, actor: str
    ) -> None:
        headers = context_keys.service_headers(SERVICE, "identity-svc")
        event = await self.published(client, outbox, {**headers, ACTOR_HEADER: actor})
        assert event.actor == "service:identity-svc"

    @pytest.mark.parametrize("kind", ["user", "api_key", "anonymous", "platform"])
    async def test_only_a_service_may_name_an_actor(
        self, client: httpx.AsyncClient, outbox: Outbox, context_keys: ContextKeys, kind: str
    ) -> None:
        headers = context_keys.headers(SERVICE, kind=kind, subject="17")
        event = await self.published(client, outbox, {**headers, ACTOR_HEADER: "user:18"})
        assert event.actor != "user:18"

    async def test_the_actor_of_one_request_is_not_that_of_the_next(
        self, client: httpx.AsyncClient, outbox: Outbox, context_keys: ContextKeys
    ) -> None:
        await self.published(client, outbox, context_keys.headers(SERVICE, subject="17"))
        assert cause.current.get() == Cause()
        event = await self.published(
            client, outbox, context_keys.headers(SERVICE, kind="anonymous")
        )
        assert event.actor == f"service:{SERVICE}"


class TestReaction:
    @pytest.fixture
    async def producer(self, kafka_server: str) -> AsyncIterator[AIOKafkaProducer]:
        producer = make_producer(kafka_server, "test")
        await producer.start()
        yield producer
        await producer.stop()

    @pytest.fixture
    def react(
        self, database: Database, outbox: Outbox, producer: AIOKafkaProducer, kafka_server: str
    ) -> React:
        """What a handler publishes when a message comes in."""

        async def run(message: bytes) -> Event:
            project_id = uuid4()

            async def on_plan_changed(session: Session, event: PlanChanged) -> None:
                publish(session, ProjectDeleted(tenant_id=event.tenant_id, project_id=project_id))

            consumer = Consumer(
                "usage-svc",
                database=database,
                handlers={PlanChanged: on_plan_changed},
                bootstrap_servers=kafka_server,
            )
            await producer.send_and_wait("billing.events", message)
            async with running(consumer.run()):
                return await outbox.of(project_id)

        return run

    async def test_the_actor_of_an_event_is_that_of_what_follows(
        self, react: React, tenant_id: UUID
    ) -> None:
        first = PlanChanged(tenant_id=tenant_id, plan="studio")
        message = encode(first, "usage-svc", caused_by=Cause("user:17", REQUEST_ID))
        event = await react(message)
        assert (event.actor, event.request_id) == ("user:17", REQUEST_ID)
        assert event.source == SERVICE

    async def test_the_actor_of_an_older_event_is_its_source(
        self, react: React, tenant_id: UUID
    ) -> None:
        message = encode(PlanChanged(tenant_id=tenant_id, plan="studio"), "usage-svc")
        message = message.replace(b'"actor":"service:usage-svc",', b"")
        assert b"actor" not in message
        event = await react(message)
        assert (event.actor, event.request_id) == ("service:usage-svc", None)


class TestWorkOfItsOwn:
    async def test_the_service_is_the_actor_of_its_own_work(
        self, database: Database, outbox: Outbox, tenant_id: UUID
    ) -> None:
        project_id = uuid4()
        async with database.tenant(tenant_id) as session:
            publish(session, ProjectDeleted(tenant_id=tenant_id, project_id=project_id))
        event = await outbox.of(project_id)
        assert (event.actor, event.request_id) == (f"service:{SERVICE}", None)

    async def test_the_same_on_a_bare_connection(
        self, database: Database, outbox: Outbox, tenant_id: UUID
    ) -> None:
        project_id = uuid4()
        event = ProjectDeleted(tenant_id=tenant_id, project_id=project_id)
        with cause.scope("user:17", REQUEST_ID):
            async with database.tenant_connection(tenant_id) as connection:
                await publish_on(connection, SERVICE, event)
        sent = await outbox.of(project_id)
        assert (sent.actor, sent.request_id) == ("user:17", REQUEST_ID)

    async def test_an_event_may_name_its_actor_itself(
        self, database: Database, outbox: Outbox
    ) -> None:
        user_id = uuid4()
        with cause.scope(None, REQUEST_ID), cause.named(f"user:{user_id}"):
            async with database.system() as session:
                publish(session, UserRegistered(user_id=user_id))
        event = await outbox.of(user_id)
        assert (event.actor, event.request_id) == (f"user:{user_id}", REQUEST_ID)

    def test_a_command_is_caused_by_the_system(self) -> None:
        seen: list[Cause] = []
        cli = Typer()

        @cli.command()
        def command() -> None:
            async def work() -> None:
                seen.append(cause.current.get())

            run_command(work())

        assert CliRunner().invoke(cli).exit_code == 0
        assert seen == [Cause("system")]
