"""The parts that the services need, each with its port and secrets from the state."""

from collections.abc import Callable
from pathlib import Path

from stagify.topology import KAFKA_USERS
from stagify_local.environment import kafka_password
from stagify_local.guardian import Guardian
from stagify_local.jars import cache_folder, fetch, read_lock
from stagify_local.kafka import Kafka
from stagify_local.mail import MailServer
from stagify_local.objectstore import ObjectStore
from stagify_local.ports import LOOPBACK
from stagify_local.postgres import Postgres
from stagify_local.state import State
from stagify_local.supervisor import Say, Unit

ACCESS_KEY_ID = "stagify"

# By the name of a part, the port that its clients are told instead of its own.
Detour = Callable[[str, int], int]


def straight(part: str, port: int) -> int:
    """No detour."""
    return port


class Parts:
    """PostgreSQL, Kafka, the object store and the mail server of one data folder."""

    def __init__(
        self,
        folder: Path,
        logs: Path,
        state: State,
        guardian: Guardian,
        *,
        durable: bool,
        detour: Detour = straight,
    ) -> None:
        self.mail = MailServer(
            folder / "mail", smtp_port=state.port("smtp"), page_port=state.port("mail page")
        )
        self.postgres = Postgres(
            folder / "postgres",
            guardian,
            log=logs / "postgres.log",
            password=state.secret("postgres.superuser"),
            port=state.port("postgres"),
            durable=durable,
        )
        kafka_port = state.port("kafka")
        self.kafka = Kafka(
            folder / "kafka",
            guardian,
            log=logs / "kafka.log",
            port=kafka_port,
            controller_port=state.port("kafka controller"),
            advertised_port=detour(Kafka.name, kafka_port),
            users={user: kafka_password(state, user) for user in KAFKA_USERS},
        )
        self.objectstore = ObjectStore(
            folder / "objectstore",
            guardian,
            log=logs / "objectstore.log",
            access_key_id=ACCESS_KEY_ID,
            secret_access_key=state.secret("objectstore"),
            port=state.port("objectstore"),
        )
        # The ports that clients are told if there is a detour; Kafka announces its own itself.
        self.postgres_port = detour(self.postgres.name, self.postgres.port)
        objectstore_port = detour(self.objectstore.name, self.objectstore.port)
        self.objectstore_url = f"http://{LOOPBACK}:{objectstore_port}"

    def prepare(self) -> list[Unit]:
        """Prepare them, which takes time mostly at the first start; returns the units to start."""
        parts = (self.postgres, self.kafka, self.objectstore)
        for part in parts:
            part.prepare()
        return [Unit(part.process, part.ready, part.port) for part in parts]

    @property
    def identity(self) -> str:
        """A value that changes when one of them has lost its data."""
        parts = (self.postgres, self.kafka, self.objectstore)
        return "\n".join(part.identity for part in parts)


def download_jars(say: Say) -> None:
    """Download what the Java parts need; says nothing if it is there already."""
    jars = [jar for lock in ("kafka", "s3proxy") for jar in read_lock(lock)]

    def progress(done: int, total: int) -> None:
        if done % 24 == 0 or done == total:
            say(f"downloaded {done} of {total} Java archives")

    fetch(jars, cache_folder() / "jars", progress=progress)
