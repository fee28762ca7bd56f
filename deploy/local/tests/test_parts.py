"""Starting and stopping the real parts, which answer as the services need them to."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import boto3
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from botocore.config import Config

from stagify_local.guardian import Guardian
from stagify_local.kafka import Kafka
from stagify_local.objectstore import ObjectStore
from stagify_local.ports import accepts
from stagify_local.postgres import Postgres


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that PostgreSQL can enter, also when it runs as another user."""
    folder = tmp_path_factory.mktemp("parts")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)
    return folder


@pytest.fixture
def postgres(open_folder: Path, guardian: Guardian) -> Iterator[Postgres]:
    server = Postgres(
        open_folder / "postgres",
        guardian,
        log=open_folder / "postgres.log",
        password="only-for-tests",
        durable=False,
    )
    server.start()
    yield server
    server.stop()


async def test_postgres_keeps_its_data_and_wants_the_password(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.admin_url)
    await connection.execute("CREATE TABLE kept AS SELECT uuidv7() AS id")
    await connection.close()
    postgres.stop()
    assert not accepts(postgres.port)

    postgres.start()
    connection = await asyncpg.connect(postgres.admin_url)
    assert await connection.fetchval("SELECT count(*) FROM kept") == 1
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.admin_url.replace("only-for-tests", "wrong"))


async def test_postgres_listens_on_loopback_alone(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.admin_url)
    assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
    assert await connection.fetchval("SHOW unix_socket_directories") == ""
    await connection.close()


@pytest.fixture
async def kafka(tmp_path: Path, guardian: Guardian) -> AsyncIterator[Kafka]:
    server = Kafka(tmp_path / "kafka", guardian, log=tmp_path / "kafka.log")
    server.start()
    yield server
    server.stop()


async def test_kafka_carries_a_message_and_keeps_it(kafka: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic("rooms", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("rooms", b"before")
    await producer.stop()

    kafka.stop()
    assert not accepts(kafka.port)
    kafka.start()

    consumer = AIOKafkaConsumer(
        "rooms",
        bootstrap_servers=kafka.bootstrap_servers,
        group_id="test",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    message = await consumer.getone()
    await consumer.stop()
    assert message.value == b"before"


def test_kafka_can_be_read_by_its_owner_alone(kafka: Kafka, tmp_path: Path) -> None:
    closed = (kafka.folder, tmp_path / "kafka.log")
    assert [path.stat().st_mode & 0o777 for path in closed] == [0o700, 0o600]


@pytest.fixture
def objectstore(tmp_path: Path, guardian: Guardian) -> Iterator[ObjectStore]:
    server = ObjectStore(
        tmp_path / "store",
        guardian,
        log=tmp_path / "store.log",
        access_key_id="test",
        secret_access_key="only-for-tests",
    )
    server.start()
    yield server
    server.stop()


def test_the_object_store_can_be_read_by_its_owner_alone(
    objectstore: ObjectStore, tmp_path: Path
) -> None:
    closed = (objectstore.folder, objectstore.folder / "s3proxy.properties", tmp_path / "store.log")
    assert [path.stat().st_mode & 0o777 for path in closed] == [0o700, 0o600, 0o600]


def test_the_object_store_takes_a_presigned_put(objectstore: ObjectStore) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=objectstore.endpoint,
        region_name=objectstore.region,
        aws_access_key_id="test",
        aws_secret_access_key="only-for-tests",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
        ),
    )
    client.create_bucket(Bucket="rooms")
    parameters = {
        "Bucket": "rooms",
        "Key": "a.jpg",
        "ContentLength": 3,
        "ContentType": "image/jpeg",
    }
    url = client.generate_presigned_url("put_object", Params=parameters, ExpiresIn=60)
    headers = {"Content-Type": "image/jpeg"}

    assert httpx.put(url, content=b"four", headers=headers).status_code == 403
    assert httpx.put(url, content=b"yes", headers=headers | {"X": "1"}).status_code == 200
    assert httpx.get(url.partition("?")[0]).status_code == 403
    assert client.get_object(Bucket="rooms", Key="a.jpg")["Body"].read() == b"yes"
