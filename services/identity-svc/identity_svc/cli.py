"""The commands of identity-svc. Imports that only one command needs are inside that command, so
that the parent of the api processes does not load them.
"""

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from identity_svc.settings import Settings
from stagify.cli import service_cli

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stagify.consumer import Consumer


async def _run_worker() -> None:
    from identity_svc import worker

    await worker.main()


@asynccontextmanager
async def _open_consumer() -> "AsyncIterator[Consumer]":
    from identity_svc import worker
    from identity_svc.parts import make_parts

    async with aclosing(make_parts(Settings())) as parts:
        yield worker.make_consumer(parts)


main = service_cli(
    "identity-svc",
    package="identity_svc",
    load_settings=Settings,
    worker=_run_worker,
    open_consumer=_open_consumer,
)
