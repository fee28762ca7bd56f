"""The commands of tenant-svc. Each imports what only it needs, so that the parent of the api's
processes does not load it.
"""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import typer

from stagify.cli import run_command, service_cli
from stagify.database import Session
from stagify.errors import StagifyError
from tenant_svc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from uuid import UUID

    from stagify.consumer import Consumer
    from tenant_svc.parts import Parts

    Change = Callable[[Session, UUID], Awaitable[object]]


async def _run_worker() -> None:
    from tenant_svc import worker

    await worker.main()


@asynccontextmanager
async def _open_consumer() -> AsyncIterator[Consumer]:
    from tenant_svc import worker
    from tenant_svc.parts import make_parts

    async with aclosing(make_parts(Settings())) as parts:
        yield worker.make_consumer(parts)


main = service_cli(
    "tenant-svc",
    package="tenant_svc",
    load_settings=Settings,
    worker=_run_worker,
    open_consumer=_open_consumer,
)


@main.command()
def suspend(
    slug: str, reason: str = typer.Option(..., help="The reason; other services see it.")
) -> None:
    """Stop the tenant called SLUG from working; its data is kept."""
    from tenant_svc.lifecycle import service as lifecycle

    async def change(session: Session, tenant_id: UUID) -> None:
        await lifecycle.suspend_tenant(session, tenant_id=tenant_id, reason=reason)

    _change_tenant(slug, change)


@main.command()
def reactivate(slug: str) -> None:
    """Let the suspended tenant called SLUG work again."""
    from tenant_svc.lifecycle import service as lifecycle

    async def change(session: Session, tenant_id: UUID) -> None:
        await lifecycle.reactivate_tenant(session, tenant_id=tenant_id)

    _change_tenant(slug, change)


@main.command()
def republish_directory() -> None:
    """Publish the directory entry of every tenant again, one transaction each."""

    from tenant_svc.tenants import service as tenants

    async def republish(parts: Parts) -> None:
        typer.echo(f"republished {await tenants.republish_tenants(parts)}")

    _with_parts(republish)


def _change_tenant(slug: str, change: Change) -> None:
    from tenant_svc.tenants import service as tenants

    async def apply(parts: Parts) -> None:
        async with parts.database.system() as session:
            tenant_id = await tenants.find_tenant_id(session, slug)
        async with parts.database.tenant(tenant_id) as session:
            await change(session, tenant_id)

    _with_parts(apply)


def _with_parts(work: Callable[[Parts], Awaitable[None]]) -> None:
    from tenant_svc.parts import make_parts

    settings = Settings()

    async def connected() -> None:
        async with aclosing(make_parts(settings)) as parts:
            await work(parts)

    try:
        run_command(connected())
    except StagifyError as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from error
