"""The commands of usage-svc. Each imports what only it needs, so that the parent of the api's
processes does not load it.
"""

from typing import TYPE_CHECKING
from uuid import UUID

import typer

from stagify.cli import run_command, service_cli
from stagify.errors import StagifyError
from stagify.settings import ServiceSettings
from usage_svc.settings import Settings

if TYPE_CHECKING:
    from stagify.consumer import Consumer
    from stagify.database import Database
    from usage_svc.parts import Parts


async def _run_worker() -> None:
    from usage_svc import worker

    await worker.main()


def _make_consumer(settings: ServiceSettings) -> "Consumer":
    from usage_svc import worker
    from usage_svc.parts import make_parts

    assert isinstance(settings, Settings)
    return worker.make_consumer(make_parts(settings), worker.make_ingest_database(settings))


main = service_cli(
    "usage-svc",
    package="usage_svc",
    load_settings=Settings,
    worker=_run_worker,
    make_consumer=_make_consumer,
)


@main.command()
def set_plan(tenant: str, plan: str) -> None:
    """Put TENANT, a slug or an id, on PLAN from now on."""
    from usage_svc import worker
    from usage_svc.parts import make_parts

    settings = Settings()

    async def change() -> None:
        parts = make_parts(settings)
        ingest_database = worker.make_ingest_database(settings)
        try:
            await change_plan(parts, ingest_database, tenant, plan)
        finally:
            await parts.database.close()
            await ingest_database.close()

    try:
        run_command(change())
    except StagifyError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from error


async def change_plan(parts: "Parts", ingest_database: "Database", tenant: str, plan: str) -> None:
    """Find the tenant among all, then change its plan under its own row-level security."""
    from usage_svc.quotas import service as quotas

    tenant_id = await _tenant_id(ingest_database, tenant)
    async with parts.database.tenant(tenant_id) as session:
        await quotas.change_plan(session, tenant_id=tenant_id, plan=plan, plans=parts.plans)


async def _tenant_id(ingest_database: "Database", tenant: str) -> UUID:
    from usage_svc.plans import service as subscriptions

    try:
        return UUID(tenant)
    except ValueError:
        async with ingest_database.system() as session:
            return await subscriptions.find_tenant_id(session, tenant)
