"""No client hears of success before its transaction has committed, whatever ends the transaction."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Request

from kit_testing import code, kit_client
from stagify.auth import principal_of
from stagify.database import Database, Session, driver_connection
from stagify.dependencies import SessionDep, SystemSessionDep
from stagify.testing import ContextKeys, DatabaseUrls

ADD = "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'lamp')"


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys, postgres_admin_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of routes that write, answer 201, and whose transactions cannot commit."""

    async def end(session: Session, how: str) -> None:
        connection = await driver_connection(session)
        if how == "by the server":
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            admin = await asyncpg.connect(postgres_admin_url)
            assert await admin.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
            await admin.close()
        elif how == "by an ignored error":
            with pytest.raises(asyncpg.DivisionByZeroError):
                await connection.execute("SELECT 1 / 0")

    def add_routes(app: FastAPI) -> None:
        @app.post("/tenant", status_code=201)
        async def write(request: Request, session: SessionDep, ended: str) -> None:
            connection = await driver_connection(session)
            await connection.execute(ADD, principal_of(request).tenant_id)
            await end(session, ended)

        @app.post("/system", status_code=201)
        async def write_system(session: SystemSessionDep, ended: str) -> None:
            await end(session, ended)

    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


@pytest.mark.parametrize("path", ["/tenant", "/system"])
@pytest.mark.parametrize("ended", ["by the server", "by an ignored error"])
async def test_a_transaction_that_cannot_commit_is_no_success(
    client: httpx.AsyncClient,
    member: dict[str, str],
    database: Database,
    tenant_id: UUID,
    path: str,
    ended: str,
) -> None:
    answer = await client.post(path, params={"ended": ended}, headers=member)
    assert code(answer) in [(503, "unavailable"), (500, "internal_error")]
    assert await database.fetch(tenant_id, "SELECT FROM widgets") == []


async def test_one_that_can_is(
    client: httpx.AsyncClient, member: dict[str, str], database: Database, tenant_id: UUID
) -> None:
    answer = await client.post("/tenant", params={"ended": "well"}, headers=member)
    assert answer.status_code == 201
    assert len(await database.fetch(tenant_id, "SELECT FROM widgets")) == 1
