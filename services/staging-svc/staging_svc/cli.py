"""The commands of staging-svc. Imports that only one command needs are inside that command, so
that the parent of the api processes does not load them.
"""

from typing import TYPE_CHECKING

from stagify.cli import run, service_cli
from stagify.settings import ServiceSettings
from staging_svc.settings import Settings

if TYPE_CHECKING:
    from stagify.consumer import Consumer


async def _run_worker() -> None:
    from staging_svc import worker

    await worker.main()


def _make_consumer(settings: ServiceSettings) -> "Consumer":
    from stagify.database import Database
    from staging_svc import worker
    from staging_svc.parts import NAME

    assert isinstance(settings, Settings)
    return worker.make_consumer(settings, Database.from_settings(settings, service=NAME))


main = service_cli(
    "staging-svc",
    package="staging_svc",
    load_settings=Settings,
    worker=_run_worker,
    make_consumer=_make_consumer,
)


@main.command()
def jobs() -> None:
    """Run the staging process: it takes jobs and furnishes photos."""
    from staging_svc import jobs as process

    run(process.main())
