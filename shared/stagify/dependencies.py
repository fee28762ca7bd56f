"""The dependencies of routes: the transaction of the request, and the database.

They are all coroutines, although some wait for nothing: FastAPI runs plain functions in a thread,
which would cost more than everything they do.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from stagify.auth import TenantRequiredError, principal_of
from stagify.database import Database, Session


async def request_session(request: Request) -> AsyncIterator[Session]:
    """The request's transaction for the caller's tenant."""
    tenant_id = principal_of(request).tenant_id
    if tenant_id is None:
        raise TenantRequiredError
    async with database_of(request).tenant(tenant_id) as session:
        yield session


async def request_host_session(request: Request) -> AsyncIterator[Session]:
    """The request's transaction for the caller's tenant, or on the platform's host without one."""
    tenant_id = principal_of(request).tenant_id
    database = database_of(request)
    async with database.system() if tenant_id is None else database.tenant(tenant_id) as session:
        yield session


async def request_system_session(request: Request) -> AsyncIterator[Session]:
    """The request's transaction without a tenant."""
    async with database_of(request).system() as session:
        yield session


def database_of(request: Request) -> Database:
    """The Database this app was composed with."""
    database: Database = request.app.state.database
    return database


async def request_database(request: Request) -> Database:
    """The same as a dependency."""
    return database_of(request)


# Function scope: the commit happens before the answer is sent, so no client hears of success before
# a transaction fails.
SessionDep = Annotated[Session, Depends(request_session, scope="function")]
HostSessionDep = Annotated[Session, Depends(request_host_session, scope="function")]
SystemSessionDep = Annotated[Session, Depends(request_system_session, scope="function")]
DatabaseDep = Annotated[Database, Depends(request_database)]
