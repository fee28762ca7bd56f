"""The servers of a test session, each started when the first test asks for it."""

import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stagify.bootstrap import create_topics
from stagify.testing.object_store import BUCKET, ObjectStoreServer

if TYPE_CHECKING:
    from stagify_local.guardian import Guardian

DOCKER_SOCKET = "/var/run/docker.sock"


class ServerStack:
    """Provides each server that is asked for: the one that the environment names, otherwise one in
    Docker, otherwise an embedded one.

    With TEST_SERVERS=embedded Docker is not used, for machines where it cannot get the images.
    """

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack

    @cached_property
    def postgres_admin_url(self) -> str:
        """The URL of a superuser."""
        if given := os.environ.get("TEST_POSTGRES_ADMIN_URL"):
            return given
        if self._has_docker:
            from stagify.testing.containers import postgres

            return self._stack.enter_context(postgres())
        from stagify_local.postgres import Postgres

        server = Postgres(
            self._folder / "postgres",
            self._guardian,
            log=self._folder / "postgres.log",
            password=secrets.token_urlsafe(16),
            durable=False,
        )
        server.start()
        self._stack.callback(server.stop)
        return server.admin_url

    @cached_property
    def kafka_bootstrap_servers(self) -> str:
        """A broker's address."""
        if given := os.environ.get("TEST_KAFKA_BOOTSTRAP_SERVERS"):
            return given
        if self._has_docker:
            from stagify.testing.containers import kafka

            return self._stack.enter_context(kafka())
        from stagify_local.kafka import Kafka

        server = Kafka(self._folder / "kafka", self._guardian, log=self._folder / "kafka.log")
        server.start()
        self._stack.callback(server.stop)
        return server.bootstrap_servers

    @cached_property
    def object_store(self) -> ObjectStoreServer:
        """An S3 API."""
        server = self._object_store()
        client = server.client()
        if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=BUCKET)
        return server

    def _object_store(self) -> ObjectStoreServer:
        if given := os.environ.get("TEST_S3_ENDPOINT"):
            return ObjectStoreServer(
                given,
                os.environ.get("TEST_S3_REGION", "us-east-1"),
                os.environ["TEST_S3_ACCESS_KEY_ID"],
                os.environ["TEST_S3_SECRET_ACCESS_KEY"],
            )
        if self._has_docker:
            from stagify.testing.containers import object_store

            return self._stack.enter_context(object_store())
        from stagify_local.objectstore import ObjectStore

        store = ObjectStore(
            self._folder / "objects",
            self._guardian,
            log=self._folder / "objects.log",
            access_key_id="test",
            secret_access_key=secrets.token_urlsafe(16),
        )
        store.start()
        self._stack.callback(store.stop)
        return ObjectStoreServer(
            store.endpoint, store.region, store.access_key_id, store.secret_access_key
        )

    @cached_property
    def _has_docker(self) -> bool:
        """Whether Docker's engine answers; an installed client is not enough."""
        if os.environ.get("TEST_SERVERS") == "embedded":
            return False
        if os.environ.get("DOCKER_HOST"):
            return True
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            return probe.connect_ex(DOCKER_SOCKET) == 0

    @cached_property
    def _guardian(self) -> "Guardian":
        from stagify_local.guardian import Guardian

        return self._stack.enter_context(Guardian())

    @cached_property
    def _folder(self) -> Path:
        temporary = tempfile.TemporaryDirectory(prefix="stagify-test-", ignore_cleanup_errors=True)
        folder = Path(self._stack.enter_context(temporary))
        # If root runs the tests, PostgreSQL runs as another user, who must be able to enter.
        folder.chmod(0o755)
        return folder


@pytest.fixture(scope="session")
def server_stack() -> Iterator[ServerStack]:
    """The servers of this session; ask for them through the fixtures below."""
    with contextlib.ExitStack() as stack:
        yield ServerStack(stack)


@pytest.fixture(scope="session")
def postgres_admin_url(server_stack: ServerStack) -> str:
    """A superuser's URL of a PostgreSQL server."""
    return server_stack.postgres_admin_url


@pytest.fixture(scope="session")
async def kafka_server(server_stack: ServerStack) -> str:
    """The address of a Kafka broker that has every declared topic."""
    await create_topics(server_stack.kafka_bootstrap_servers, replication_factor=1)
    return server_stack.kafka_bootstrap_servers


@pytest.fixture(scope="session")
def object_store(server_stack: ServerStack) -> ObjectStoreServer:
    """An S3 API with an empty bucket."""
    return server_stack.object_store
