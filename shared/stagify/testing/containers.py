"""The servers as containers of the official images, through testcontainers."""

import contextlib
import secrets
import socket
from collections.abc import Iterator

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from stagify.testing.object_store import ObjectStoreServer

START_SECONDS = 90


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """PostgreSQL 18; the address of its superuser."""
    password = secrets.token_urlsafe(16)
    container = (
        DockerContainer("postgres:18")
        .with_env("POSTGRES_PASSWORD", password)
        .with_command("postgres -c fsync=off -c synchronous_commit=off -c max_connections=200")
        .with_exposed_ports(5432)
        # The first start serves twice: once to initialise, once for real.
        .waiting_for(_log("database system is ready to accept connections", times=2))
    )
    with container:
        address = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
        yield f"postgresql://postgres:{password}@{address}/postgres"


@contextlib.contextmanager
def kafka() -> Iterator[str]:
    """Apache Kafka, one node. testcontainers' own KafkaContainer drives another image only."""
    port = _free_port()
    # Any KAFKA_ variable replaces the image's whole default configuration.
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": "CLIENTS://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"CLIENTS://localhost:{port}",
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
    container = DockerContainer("apache/kafka:4.1.0").with_bind_ports(9092, port)
    for name, value in environment.items():
        container.with_env(name, value)
    with container.waiting_for(_log("Kafka Server started")):
        yield f"localhost:{port}"


@contextlib.contextmanager
def object_store() -> Iterator[ObjectStoreServer]:
    """S3Proxy on the container's own disk."""
    key, secret = "test", secrets.token_urlsafe(16)
    container = (
        DockerContainer("andrewgaul/s3proxy")
        .with_env("S3PROXY_AUTHORIZATION", "aws-v2-or-v4")
        .with_env("S3PROXY_IDENTITY", key)
        .with_env("S3PROXY_CREDENTIAL", secret)
        .with_env("S3PROXY_ENDPOINT", "http://0.0.0.0:80")
        .with_env("JCLOUDS_PROVIDER", "filesystem-nio2")
        .with_exposed_ports(80)
        .waiting_for(_log("Started"))
    )
    with container:
        address = f"{container.get_container_host_ip()}:{container.get_exposed_port(80)}"
        yield ObjectStoreServer(f"http://{address}", "us-east-1", key, secret)


def _log(line: str, times: int = 1) -> LogMessageWaitStrategy:
    return LogMessageWaitStrategy(line, times=times).with_startup_timeout(START_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
