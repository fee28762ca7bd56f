"""The commands of staging-svc."""

from stagify.cli import run, service_cli
from stagify.consumer import Consumer
from stagify.settings import ServiceSettings
from staging_svc import worker
from staging_svc.settings import Settings


def _make_consumer(settings: ServiceSettings) -> Consumer:
    assert isinstance(settings, Settings)
    return worker.make_consumer(settings, worker.make_database(settings))


main = service_cli(
    "staging-svc",
    package="staging_svc",
    load_settings=Settings,
    worker=worker.main,
    make_consumer=_make_consumer,
)


@main.command()
def jobs() -> None:
    """Run the staging process: it takes jobs and furnishes photos."""
    from staging_svc.staging import process

    run(process.main())
