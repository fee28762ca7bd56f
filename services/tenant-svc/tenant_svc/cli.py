"""The commands of tenant-svc. What only one of them needs is imported there: the parent of the
api's processes loads none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from stagify.cli import run, service_cli
from stagify.errors import StagifyError
from stagify.settings import ServiceSettings
from tenant_svc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from sqlmodel.ext.asyncio.session import AsyncSession

    from stagify.consumer import Consumer
    from stagify.database import Database
    from tenant_svc.directory import Directory

    Change = Callable[[AsyncSession, UUID, Directory], Awaitable[object]]


async def _run_worker() -> None:
    from tenant_svc import worker

    await worker.main()


def _make_consumer(settings: ServiceSettings) -> Consumer:
    from stagify.database import Database
    from tenant_svc import worker

    assert isinstance(settings, Settings)
    return worker.make_consumer(settings, Database.from_settings(settings, service=worker.NAME))


main = service_cli(
    "tenant-svc",
    package="tenant_svc",
    load_settings=Settings,
    worker=_run_worker,
    make_consumer=_make_consumer,
)


@main.command()
def suspend(slug: str, reason: str = typer.Option(..., help="Why; other services see it.")) -> None:
    """Stop the tenant called SLUG from working; its data is kept."""
    from tenant_svc import lifecycle

    async def change(session: AsyncSession, tenant_id: UUID, directory: Directory) -> None:
        await lifecycle.suspend_tenant(
            session, tenant_id=tenant_id, reason=reason, directory=directory
        )

    _change_tenant(slug, change)


@main.command()
def reactivate(slug: str) -> None:
    """Let the suspended tenant called SLUG work again."""
    from tenant_svc import lifecycle

    async def change(session: AsyncSession, tenant_id: UUID, directory: Directory) -> None:
        await lifecycle.reactivate_tenant(session, tenant_id=tenant_id, directory=directory)

    _change_tenant(slug, change)


@main.command()
def republish_directory() -> None:
    """Publish the directory entry of every tenant again, one transaction each."""

    async def republish(database: Database, directory: Directory) -> None:
        tenants = await republish_all(database, directory)
        typer.echo(f"republished {tenants}")

    _with_database(republish)


async def republish_all(database: Database, directory: Directory) -> int:
    """Publish every tenant that has a name; how many there were."""
    from tenant_svc import service

    async with database.system() as session:
        tenant_ids = await service.named_tenants(session)
    for tenant_id in tenant_ids:
        async with database.tenant(tenant_id) as session:
            directory.publish(session, await service.lock_tenant(session, tenant_id))
    return len(tenant_ids)


def _change_tenant(slug: str, change: Change) -> None:
    from tenant_svc import service

    async def apply(database: Database, directory: Directory) -> None:
        async with database.system() as session:
            tenant_id = await service.find_tenant_id(session, slug)
        async with database.tenant(tenant_id) as session:
            await change(session, tenant_id, directory)

    _with_database(apply)


def _with_database(work: Callable[[Database, Directory], Awaitable[None]]) -> None:
    from stagify.database import Database
    from tenant_svc import worker
    from tenant_svc.directory import Directory

    settings = Settings()

    async def connected() -> None:
        database = Database.from_settings(settings, service=worker.NAME)
        try:
            await work(database, Directory.from_settings(settings))
        finally:
            await database.close()

    try:
        run(connected())
    except StagifyError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from error
