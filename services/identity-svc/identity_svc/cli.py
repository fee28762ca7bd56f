"""The commands of identity-svc. Imports that only one command needs are inside that command, so
that the parent of the api processes does not load them.
"""

from typing import TYPE_CHECKING

from identity_svc.settings import Settings
from stagify.cli import service_cli
from stagify.settings import ServiceSettings

if TYPE_CHECKING:
    from stagify.consumer import Consumer


async def _run_worker() -> None:
    from identity_svc import worker

    await worker.main()


def _make_consumer(settings: ServiceSettings) -> "Consumer":
    from identity_svc import worker
    from identity_svc.parts import NAME
    from stagify.database import Database

    assert isinstance(settings, Settings)
    return worker.make_consumer(settings, Database.from_settings(settings, service=NAME))


main = service_cli(
    "identity-svc",
    package="identity_svc",
    load_settings=Settings,
    worker=_run_worker,
    make_consumer=_make_consumer,
)
