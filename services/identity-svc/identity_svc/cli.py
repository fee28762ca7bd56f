"""The commands of identity-svc."""

from identity_svc import worker
from identity_svc.settings import Settings
from stagify.cli import service_cli
from stagify.consumer import Consumer
from stagify.database import Database
from stagify.settings import ServiceSettings


def _make_consumer(settings: ServiceSettings) -> Consumer:
    assert isinstance(settings, Settings)
    return worker.make_consumer(settings, Database.from_settings(settings, service=worker.NAME))


main = service_cli(
    "identity-svc",
    package="identity_svc",
    load_settings=Settings,
    worker=worker.main,
    make_consumer=_make_consumer,
)
