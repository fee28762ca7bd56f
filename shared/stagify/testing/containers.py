"""The servers as containers of the official images, through testcontainers.

They can be reached on loopback only, because their secrets are weak or missing.
"""

import contextlib
import secrets
from collections.abc import Iterator

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from stagify.testing.object_store import ObjectStoreServer
from stagify_local.ports import free_port

START_SECONDS = 180
LOOPBACK = "127.0.0.1"


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """PostgreSQL 18; yields the URL of its superuser."""
    password, port = secrets.token_urlsafe(16), free_port()
    container = (
        DockerContainer("postgres:18")
        .with_env("POSTGRES_PASSWORD", password)
        .with_command("postgres -c fsync=off -c synchronous_commit=off -c max_connections=200")
        # At its first start it says so twice: once while it initialises, once for real.
        .waiting_for(_log("database system is ready to accept connections", times=2))
    )
    with _published(container, 5432, port):
        yield f"postgresql://postgres:{password}@{LOOPBACK}:{port}/postgres"


@contextlib.contextmanager
def kafka() -> Iterator[str]:
    """Apache Kafka, one node. The KafkaContainer of testcontainers only works with another image."""
    port = free_port()
    # Any KAFKA_ variable replaces the image's whole default configuration.
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "CLIENTS://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"CLIENTS://{LOOPBACK}:{port}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "CLIENTS",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_HEAP_OPTS": "-Xmx384m",
    }
    container = DockerContainer("apache/kafka:4.1.1")
    for name, value in environment.items():
        container.with_env(name, value)
    container.waiting_for(_log("Kafka Server started"))
    with _published(container, 9092, port):
        yield f"{LOOPBACK}:{port}"


@contextlib.contextmanager
def object_store() -> Iterator[ObjectStoreServer]:
    """S3Proxy on the container's own disk."""
    key, secret, port = "test", secrets.token_urlsafe(16), free_port()
    container = (
        DockerContainer("andrewgaul/s3proxy:4.1.1")
        .with_env("S3PROXY_AUTHORIZATION", "aws-v4")
        .with_env("S3PROXY_IDENTITY", key)
        .with_env("S3PROXY_CREDENTIAL", secret)
        .with_env("S3PROXY_ENDPOINT", "http://0.0.0.0:80")
        .with_env("JCLOUDS_PROVIDER", "filesystem-nio2")
        .waiting_for(_log("Started"))
    )
    with _published(container, 80, port):
        yield ObjectStoreServer(f"http://{LOOPBACK}:{port}", "us-east-1", key, secret)


def _published(container: DockerContainer, inside: int, port: int) -> DockerContainer:
    """The container, with its port published as `port` on loopback; `with_bind_ports` takes no address."""
    # The type allows only a port, but the value goes to Docker's client as it is, which takes an address
    # too.
    container.ports[str(inside)] = (LOOPBACK, port)  # type: ignore[assignment]
    return container


def _log(line: str, times: int = 1) -> LogMessageWaitStrategy:
    return LogMessageWaitStrategy(line, times=times).with_startup_timeout(START_SECONDS)
