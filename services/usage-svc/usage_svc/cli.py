"""The commands of usage-svc. Each imports what only it needs, so that the parent of the api's
processes does not load it.
"""

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import typer

from stagify.cli import run_command, service_cli
from stagify.errors import StagifyError
from usage_svc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stagify.consumer import Consumer
    from usage_svc.parts import Parts


async def _run_worker() -> None:
    from usage_svc import worker

    await worker.main()


@asynccontextmanager
async def _open_consumer() -> "AsyncIterator[Consumer]":
    from usage_svc import worker
    from usage_svc.parts import make_parts

    async with aclosing(make_parts(Settings())) as parts:
        yield worker.make_consumer(parts)


main = service_cli(
    "usage-svc",
    package="usage_svc",
    load_settings=Settings,
    worker=_run_worker,
    open_consumer=_open_consumer,
)


@main.command()
def set_plan(tenant: str, plan: str) -> None:
    """Put TENANT, a slug or an id, on PLAN from now on."""
    from usage_svc.parts import make_parts

    settings = Settings()

    async def change() -> None:
        async with aclosing(make_parts(settings)) as parts:
            await change_plan(parts, tenant, plan)

    try:
        run_command(change())
    except StagifyError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from error


async def change_plan(parts: "Parts", tenant: str, plan: str) -> None:
    """Find the tenant among all, then change its plan under its own row-level security."""
    from usage_svc.quotas import service as quotas

    tenant_id = await _tenant_id(parts, tenant)
    async with parts.database.tenant(tenant_id) as session:
        await quotas.change_plan(session, tenant_id=tenant_id, plan=plan, plans=parts.plans)


async def _tenant_id(parts: "Parts", tenant: str) -> UUID:
    from usage_svc.plans import service as subscriptions

    try:
        return UUID(tenant)
    except ValueError:
        async with parts.ingest_database.system() as session:
            return await subscriptions.find_tenant_id(session, tenant)
