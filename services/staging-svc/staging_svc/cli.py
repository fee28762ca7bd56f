"""The commands of staging-svc. Imports that only one command needs are inside that command, so
that the parent of the api processes does not load them.
"""

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from stagify.cli import run, service_cli
from staging_svc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stagify.consumer import Consumer


async def _run_worker() -> None:
    from staging_svc import worker

    await worker.main()


@asynccontextmanager
async def _open_consumer() -> "AsyncIterator[Consumer]":
    from staging_svc import worker
    from staging_svc.parts import make_parts

    async with aclosing(make_parts(Settings())) as parts:
        yield worker.make_consumer(parts)


main = service_cli(
    "staging-svc",
    package="staging_svc",
    load_settings=Settings,
    worker=_run_worker,
    open_consumer=_open_consumer,
)


@main.command()
def jobs() -> None:
    """Run the staging process: it takes jobs and furnishes photos."""
    from staging_svc import jobs as process

    run(process.main())
