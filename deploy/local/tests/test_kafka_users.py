"""A real broker with users: who may do what, and that nobody gets in without a password."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from stagify.bootstrap import create_topics, prepare_kafka
from stagify.brokers import Brokers, client_options
from stagify.kafka import make_producer
from stagify.topology import KAFKA_USERS, Topic, kafka_grants
from stagify_local.guardian import Guardian
from stagify_local.kafka import Kafka
from stagify_local.ports import LOOPBACK


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    folder = tmp_path_factory.mktemp("kafka")
    users = {user: f"password-of-{user}" for user in KAFKA_USERS}
    with Guardian() as guardian:
        server = Kafka(folder / "kafka", guardian, log=folder / "kafka.log", users=users)
        server.start()
        yield server
        server.stop()


def as_user(kafka: Kafka, user: str, password: str | None = None) -> Brokers:
    return Brokers(
        kafka.bootstrap_servers,
        user,
        password or kafka.users[user],
        protocol="SASL_PLAINTEXT",
        mechanism="PLAIN",
    )


@pytest.fixture(scope="module")
async def prepared(kafka: Kafka) -> Kafka:
    for _ in range(2):
        # A second time changes nothing.
        await prepare_kafka(as_user(kafka, "operator"), replication_factor=1)
    return kafka


async def write(brokers: Brokers | str, topic: str, value: bytes = b"x") -> None:
    producer = make_producer(brokers, "test")
    try:
        await producer.start()
        await producer.send_and_wait(topic, value, key=b"key", partition=0)
    finally:
        await producer.stop()


async def read(brokers: Brokers | str, topic: str, group: str | None = None) -> bytes:
    client = AIOKafkaConsumer(
        topic, **client_options(brokers), group_id=group, auto_offset_reset="earliest"
    )
    try:
        await client.start()
        record = await client.getone()
        value: bytes = record.value
        return value
    finally:
        await client.stop()


async def test_each_may_do_its_work(prepared: Kafka) -> None:
    brokers = {user: as_user(prepared, user) for user in KAFKA_USERS}
    await write(brokers["tenant-svc"], Topic.TENANT, b"tenant")
    await write(brokers["tenant-svc"], Topic.DIRECTORY, b"entry")
    await write(brokers["gateway"], Topic.USAGE, b"usage")
    await write(brokers["identity-svc"], "identity-svc.dlq", b"letter")
    assert await read(brokers["identity-svc"], Topic.TENANT, "identity-svc") == b"tenant"
    assert await read(brokers["gateway"], Topic.DIRECTORY) == b"entry"
    letters = read(brokers["identity-svc"], "identity-svc.dlq", "identity-svc.dlq-replay")
    assert await letters == b"letter"
    assert await read(brokers["analytics"], Topic.USAGE, "analytics.daily") == b"usage"


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("analytics", Topic.USAGE),
        ("identity-svc", Topic.TENANT),
        ("gateway", Topic.DIRECTORY),
        ("staging-svc", Topic.BILLING),
        ("staging-svc", "tenant-svc.dlq"),
    ],
)
async def test_nobody_writes_what_is_not_theirs(prepared: Kafka, user: str, topic: str) -> None:
    # Who may write nothing at all is not even given a producer's id.
    with pytest.raises((TopicAuthorizationFailedError, ClusterAuthorizationFailedError)):
        await write(as_user(prepared, user), topic)


@pytest.mark.parametrize(
    ("user", "topic"),
    [
        ("analytics", Topic.TENANT),
        ("analytics", Topic.IDENTITY),
        ("gateway", Topic.TENANT),
        ("staging-svc", Topic.IDENTITY),
        ("usage-svc", "identity-svc.dlq"),
    ],
)
async def test_nobody_reads_what_is_not_for_them(prepared: Kafka, user: str, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await read(as_user(prepared, user), topic)


async def test_nobody_takes_part_in_anothers_group(prepared: Kafka) -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        await read(as_user(prepared, "usage-svc"), Topic.TENANT, "identity-svc")


async def test_only_the_operator_makes_topics(kafka: Kafka) -> None:
    with pytest.raises(KafkaError):
        await create_topics(as_user(kafka, "analytics"), replication_factor=1)


@pytest.mark.parametrize("user", ["operator", "tenant-svc", "stranger"])
async def test_nobody_gets_in_with_a_wrong_password(kafka: Kafka, user: str) -> None:
    with pytest.raises(KafkaError):
        await write(as_user(kafka, user, "wrong"), Topic.USAGE)


@pytest.mark.parametrize("is_controller", [False, True], ids=["broker", "controller"])
async def test_nobody_gets_in_without_a_password(kafka: Kafka, is_controller: bool) -> None:
    port = kafka.controller_port if is_controller else kafka.port
    producer = make_producer(f"{LOOPBACK}:{port}", "test")
    with pytest.raises(KafkaError):
        await producer.start()
    await producer.stop()


def test_the_passwords_can_be_read_by_the_owner_alone(kafka: Kafka) -> None:
    path: Path = kafka.folder / "server.properties"
    assert path.stat().st_mode & 0o777 == 0o600
    # And they are on no command line, which everybody can see.
    assert not any(password in str(kafka.process.command) for password in kafka.users.values())


def test_every_grant_is_for_a_user_there_is() -> None:
    assert {grant.user for grant in kafka_grants()} == set(KAFKA_USERS) - {"operator"}
