"""`stagify-local`: starts, stops and shows the platform of this clone."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, NoReturn

import typer

from stagify_local.environment import Engine
from stagify_local.errors import LocalError
from stagify_local.installation import Installation

if TYPE_CHECKING:
    from stagify_local.customer import Account
    from stagify_local.platform import Platform

REPOSITORY = Path(__file__).resolve().parents[3]
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

main = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)
installation = Installation(REPOSITORY / ".stagify")

PortOption = typer.Option(8080, envvar="GATEWAY_PORT", help="Port of the gateway.")
EngineOption = typer.Option(
    "blender", envvar="ENGINE", help="`fast` draws boxes, for machines without Blender's module."
)


@main.command()
def up(port: int = PortOption, engine: Engine = EngineOption) -> None:
    """Start everything and keep it running until Ctrl-C or `down`."""
    from stagify_local.platform import Platform

    begun = time.monotonic()
    # Until everything runs, a signal interrupts the start at any point.
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    platform = Platform(installation.folder, engine=engine, gateway_port=port, say=say)
    try:
        with explained():
            run(platform, begun)
    except KeyboardInterrupt:
        say("stopped")


@main.command()
def down() -> None:
    """Stop the running platform and wait until its last process is down."""
    with explained():
        installation.stop()
    say("stopped")


@main.command()
def status() -> None:
    """Show every process: pid, port, memory, readiness."""
    from rich.console import Console

    from stagify_local.status import status_table

    with explained():
        Console().print(status_table(installation.require_running()))


@main.command()
def logs(service: str = typer.Argument("", help="Such as staging-svc; all without.")) -> None:
    """Follow the logs."""
    paths = sorted(installation.logs.glob(f"{service}*.log"))
    if not paths:
        fail(f"There are no logs of {service or 'anything'!r} in {installation.logs}.")
    os.execvp("tail", ["tail", "-n", "20", "-F", *map(str, paths)])


@main.command()
def demo() -> None:
    """Take the photos of examples/rooms through the running platform."""
    from rich.console import Console

    from stagify_local.demo import run_demo

    with explained():
        run_demo(installation, example_photos(), Console())


def example_photos() -> list[Path]:
    """The empty rooms that come with the project."""
    return sorted((REPOSITORY / "examples/rooms").glob("*.jpg"))


@main.command()
def migrate() -> None:
    """Bring the databases of the running platform to their newest revisions."""
    from stagify_local.revisions import migrate_running

    with explained():
        migrate_running(installation)


@main.command()
def revision(service: str, message: str) -> None:
    """Write a migration for SERVICE that brings its tables to what its models say now."""
    from stagify_local.revisions import write_revision

    with explained():
        write_revision(service, message)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn a LocalError into its message and exit status 1."""
    try:
        yield
    except LocalError as error:
        fail(str(error))


def run(platform: "Platform", begun: float) -> None:
    """Start, print the addresses, wait for a signal, stop."""
    from httpx import HTTPError

    from stagify_local.demo import ensure_demo_tenant, furnish_demo

    platform.start()
    try:
        demo = ensure_demo_tenant(platform)
        say(summary(platform, demo, time.monotonic() - begun))
        try:
            furnish_demo(platform, demo, example_photos())
        except (LocalError, HTTPError) as error:
            # It is tried again at the next start; the platform is fine without.
            say(f"the example photos were not sent to the demo workspace: {error}")
        Event().wait()
    finally:
        # From here on a second Ctrl-C must not cut the orderly stop short.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        say("stopping")
        platform.stop()


def summary(platform: "Platform", demo: "Account", seconds: float) -> str:
    """The addresses to open, and the credentials to log in with."""
    return f"""
StagifyAI is ready after {seconds:.0f} s.

  start      {platform.gateway_url}
  demo       {demo.url}
             {demo.email} / {demo.password}
  docs       {platform.gateway_url}/docs
  mail       {platform.mail_url} (files in {platform.mail_dir})

`make demo` stages the example photos, `make status` shows the processes, Ctrl-C stops all.
"""


def say(line: str) -> None:
    """One line on the terminal."""
    print(line, flush=True)


def fail(message: str) -> NoReturn:
    """Say what is wrong and exit."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
