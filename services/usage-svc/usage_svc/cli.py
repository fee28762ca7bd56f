"""The commands of usage-svc."""

from uuid import UUID

import typer

from stagify.cli import run, service_cli
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.errors import StagifyError
from stagify.settings import ServiceSettings
from usage_svc import service, worker
from usage_svc.plans import PlanCatalog, load_plans
from usage_svc.settings import Settings


def _make_consumer(settings: ServiceSettings) -> Consumer:
    assert isinstance(settings, Settings)
    return worker.make_consumer(
        settings,
        Database.from_settings(settings, service=worker.NAME),
        worker.make_ingest_database(settings),
        load_plans(settings.plans_file),
    )


main = service_cli(
    "usage-svc",
    package="usage_svc",
    load_settings=Settings,
    worker=worker.main,
    make_consumer=_make_consumer,
)


@main.command()
def set_plan(tenant: str, plan: str) -> None:
    """Put TENANT, a slug or an id, on PLAN from now on."""
    settings = Settings()

    async def change() -> None:
        database = Database.from_settings(settings, service=worker.NAME)
        ingest_database = worker.make_ingest_database(settings)
        try:
            await change_plan(
                database, ingest_database, tenant, plan, load_plans(settings.plans_file)
            )
        finally:
            await database.close()
            await ingest_database.close()

    try:
        run(change())
    except StagifyError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from error


async def change_plan(
    database: Database, ingest_database: Database, tenant: str, plan: str, plans: PlanCatalog
) -> None:
    """Find the tenant among all, then change its plan under its own row-level security."""
    tenant_id = await _tenant_id(ingest_database, tenant)
    async with database.tenant(tenant_id) as session:
        await service.set_plan(session, tenant_id=tenant_id, plan=plan, plans=plans)


async def _tenant_id(ingest_database: Database, tenant: str) -> UUID:
    try:
        return UUID(tenant)
    except ValueError:
        async with ingest_database.system() as session:
            return await service.find_tenant_id(session, tenant)
