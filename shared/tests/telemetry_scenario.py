"""Run by test_telemetry in a process of its own: tracing is set up once per process.

One request publishes an event, the relay sends it, a consumer handles it. Reads the servers
from its environment; the spans go to OTEL_EXPORTER_OTLP_ENDPOINT.
"""

import asyncio
import os
from typing import Annotated

from fastapi import Depends
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from stagify.auth import requires
from stagify.consumer import Consumer
from stagify.database import Database, Session, driver_connection
from stagify.dependencies import SessionDep
from stagify.events.staging import ProjectDeleted
from stagify.http import create_service_app
from stagify.ids import new_id
from stagify.outbox import publish
from stagify.principal import Principal
from stagify.relay import Relay
from stagify.settings import ServiceSettings
from stagify.testing import ContextKeys, app_client

SERVICE = "staging-svc"


async def main() -> None:
    keys, tenant, handled = ContextKeys(), new_id(), asyncio.Event()
    settings = ServiceSettings(
        environment="test", idempotency_secret="only-for-tests", **keys.settings(SERVICE)
    )
    database = Database(settings.database_url.get_secret_value(), service=SERVICE, pool_size=3)
    app = create_service_app(SERVICE, settings, database=database, close=database.close)

    @app.post("/projects")
    async def delete(
        session: SessionDep,
        principal: Annotated[Principal, Depends(requires("projects:write"))],
    ) -> None:
        publish(session, ProjectDeleted(tenant_id=tenant, project_id=new_id()))

    async def on_project_deleted(session: Session, event: ProjectDeleted) -> None:
        connection = await driver_connection(session)
        await connection.fetchval("SELECT 'handled'")
        if event.tenant_id == tenant:
            handled.set()

    bootstrap = settings.kafka_bootstrap_servers
    relay = Relay(
        settings.relay_database_url.get_secret_value(), service=SERVICE, bootstrap_servers=bootstrap
    )
    consumer = Consumer(
        "tenant-svc",
        database=database,
        handlers={ProjectDeleted: on_project_deleted},
        bootstrap_servers=bootstrap,
    )
    jobs = [asyncio.create_task(relay.run()), asyncio.create_task(consumer.run())]
    async with app_client(app) as client:
        headers = keys.headers(
            SERVICE, tenant_id=tenant, subject="u", permissions={"projects:write"}
        )
        headers["traceparent"] = os.environ["SCENARIO_TRACEPARENT"]
        answer = await client.post("/projects", headers=headers)
        answer.raise_for_status()
        await asyncio.wait_for(handled.wait(), 30)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
