"""The commands: `stagify …` for the platform, and those that every service has."""

import asyncio
import gc
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

if TYPE_CHECKING:
    import asyncpg

    from stagify.consumer import Consumer
    from stagify.settings import ServiceSettings

T = TypeVar("T")

LoadSettings = Callable[[], "ServiceSettings"]
# The consumer as the environment configures it, whose parts are closed afterwards.
OpenConsumer = Callable[[], AbstractAsyncContextManager["Consumer"]]


def service_cli(
    name: str,
    *,
    package: str,
    load_settings: LoadSettings,
    worker: Callable[[], Awaitable[None]],
    open_consumer: OpenConsumer | None = None,
) -> typer.Typer:
    """The commands of service `name`: api, worker, migrate, tasks, and dead-letters if it has a consumer.

    `package` is the import name; its `app:main_app` is the factory of the HTTP process.
    """
    cli = typer.Typer(help=f"{name}: its processes and its upkeep.", no_args_is_help=True)

    @cli.command()
    def api() -> None:
        """Serve HTTP."""
        serve(f"{package}.app:main_app", load_settings())

    @cli.command(name="worker")
    def worker_command() -> None:
        """Run the background process: outbox relay, consumer, periodic jobs."""
        run(worker())

    @cli.command()
    def migrate() -> None:
        """Bring the database to the newest revision."""
        from stagify.migrations.runner import upgrade
        from stagify.settings import MigrationSettings

        upgrade(package, MigrationSettings().owner_database_url.get_secret_value())

    cli.add_typer(_tasks(name, load_settings), name="tasks")
    if open_consumer is not None:
        cli.add_typer(_dead_letters(name, load_settings, open_consumer), name="dead-letters")
    return cli


def serve(factory: str, settings: "ServiceSettings") -> None:
    """Serve the app that `factory` (`module:function`) makes, until SIGTERM."""
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.http import HTTP1Settings

    _collect_garbage_less()
    Granian(
        factory,
        factory=True,
        address=settings.http_host,
        port=settings.http_port,
        workers=settings.http_workers,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=int(settings.shutdown_grace_seconds),
        http1_settings=HTTP1Settings(keep_alive=True),
        log_access=False,
        log_enabled=True,
    ).serve()


def _collect_garbage_less() -> None:
    """Look for reference cycles every 20,000 new objects instead of every 700; child processes
    inherit this.

    Requests in progress hold many objects and make few cycles: with the default, the collector
    would take a fifth of an api process's time.
    """
    gc.set_threshold(20_000, 20, 10)


def run(main: Awaitable[None]) -> None:
    """Run the main coroutine of a process on uvloop."""
    import uvloop

    async def entry() -> None:
        await main

    _collect_garbage_less()
    uvloop.run(entry())


def run_command(main: Awaitable[None]) -> None:
    """Run a command that somebody gave on this machine; its changes are caused by `system`."""

    async def entry() -> None:
        from stagify import cause

        with cause.scope(cause.SYSTEM):
            await main

    run(entry())


def _dead_letters(
    name: str, load_settings: LoadSettings, open_consumer: OpenConsumer
) -> typer.Typer:
    cli = typer.Typer(help="Messages that could not be handled.", no_args_is_help=True)

    @cli.command(name="list")
    def list_letters() -> None:
        """Print where each message came from and why it is here, but never its content."""
        from stagify import dead_letters

        async def show() -> None:
            async for letter in dead_letters.read(load_settings().brokers, name):
                origin = f"{letter.topic}/{letter.partition}/{letter.offset}"
                typer.echo(f"{letter.position}\t{letter.failed_at}\t{origin}\t{letter.reason}")

        run(show())

    @cli.command()
    def replay() -> None:
        """Handle them again; those that still cannot be handled are kept."""

        async def again() -> None:
            async with open_consumer() as consumer:
                typer.echo(f"replayed {await consumer.replay()}")

        run(again())

    return cli


def _tasks(name: str, load_settings: LoadSettings) -> typer.Typer:
    cli = typer.Typer(help="Tasks that were given up.", no_args_is_help=True)

    async def on_queue(work: "Callable[[asyncpg.Connection], Awaitable[T]]") -> "T":
        from stagify.service_worker import make_queue

        queue = make_queue(name, load_settings())
        try:
            async with queue.tenant_connection(None) as connection:
                return await work(connection)
        finally:
            await queue.close()

    @cli.command(name="list")
    def list_tasks() -> None:
        """Print each task, how often it was tried, and why it was given up."""
        from stagify.tasks import claims

        async def show() -> None:
            for task in await on_queue(claims.given_up):
                what = f"{task.kind}\t{task.tenant_id or '-'}\t{task.key or '-'}"
                typer.echo(f"{task.id}\t{task.given_up_at}\t{what}\t{task.attempts}\t{task.reason}")

        run_command(show())

    @cli.command()
    def retry(task_id: Annotated[UUID | None, typer.Argument()] = None) -> None:
        """Try the task with this id again, or all tasks that were given up."""
        from stagify.clock import utc_now
        from stagify.tasks import claims

        async def again() -> None:
            count = await on_queue(lambda queue: claims.retry(queue, task_id, utc_now()))
            typer.echo(f"retried {count}")

        run_command(again())

    @cli.command()
    def discard(task_id: UUID) -> None:
        """Delete the task with this id."""
        from stagify.tasks import claims

        async def forget() -> None:
            is_gone = await on_queue(lambda queue: claims.discard(queue, task_id))
            typer.echo("discarded" if is_gone else "no such task was given up")

        run_command(forget())

    return cli


main = typer.Typer(help="Upkeep of the platform.", no_args_is_help=True)


@main.command()
def bootstrap() -> None:
    """Create databases, roles, topics and buckets; those that exist already stay."""
    from stagify.bootstrap import BootstrapSettings, bootstrap_all

    asyncio.run(bootstrap_all(BootstrapSettings(), dict(os.environ)))


@main.command()
def contract(directory: str) -> None:
    """Write the JSON Schemas and the AsyncAPI document of all events into DIRECTORY."""
    from pathlib import Path

    from stagify.events.contract import write_contract

    write_contract(Path(directory))


@main.command()
def keygen(issuer: str) -> None:
    """Print a new key pair for deployable ISSUER: its seed, and its public entry."""
    from stagify.tokens import generate_seed, public_key_of

    seed = generate_seed()
    typer.echo(json.dumps({"issuer": issuer, "seed": seed, "key": public_key_of(seed)}))
