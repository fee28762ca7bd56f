"""Creates what the services expect to find: databases, roles, topics and buckets.

It may run any number of times, and the embedded servers, tests, Compose and Kubernetes all use
it. Services themselves have no right to do any of this.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Self

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from pydantic import Json, SecretStr, model_validator

from stagify.brokers import Brokers, KafkaSettings, client_options
from stagify.patches.aiokafka import allow
from stagify.topology import DATABASES, ServiceDatabase, all_topics, kafka_grants

logger = logging.getLogger(__name__)


class BootstrapSettings(KafkaSettings):
    """What `stagify bootstrap` reads, beside `<ROLE>_PASSWORD` of every role. Its user at Kafka is the
    operator."""

    # A superuser's connection to the server that holds all databases.
    admin_database_url: SecretStr
    # Copies of each topic: 1 on one broker, 3 in production.
    kafka_replication_factor: int = 1
    # The object store; buckets by region.
    s3_endpoint: str
    s3_region: str = "auto"
    s3_access_key_id: SecretStr
    s3_secret_access_key: SecretStr
    s3_buckets: Json[dict[str, str]]
    # Region of new tenants.
    default_region: str = "eu"

    @model_validator(mode="after")
    def _new_tenants_have_a_bucket(self) -> Self:
        if self.default_region not in self.s3_buckets:
            raise ValueError(f"S3_BUCKETS names no bucket for DEFAULT_REGION {self.default_region}")
        return self


class MissingPasswordError(ValueError):
    """A role's password is not in the environment."""


async def bootstrap_all(settings: BootstrapSettings, environment: Mapping[str, str]) -> None:
    """Create everything that is missing."""
    passwords = {
        role: _password(role, environment) for database in DATABASES for role in database.roles
    }
    await asyncio.gather(
        create_databases(settings.admin_database_url.get_secret_value(), passwords),
        prepare_kafka(settings.brokers, settings.kafka_replication_factor),
        asyncio.to_thread(create_buckets, settings),
    )


def _password(role: str, environment: Mapping[str, str]) -> str:
    try:
        return environment[f"{role.upper()}_PASSWORD"]
    except KeyError as error:
        raise MissingPasswordError(f"{role.upper()}_PASSWORD is not set") from error


async def create_databases(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Create every service's database, owned by its owner role, and all roles with these passwords."""
    connection = await asyncpg.connect(admin_url)
    try:
        for database in DATABASES:
            for role in database.roles:
                await create_role(connection, role, passwords[role])
            await create_database(connection, database.name, database)
    finally:
        await connection.close()


async def create_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    """Create a login role without any privileges, or give an existing role this password."""
    exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    # Role statements take no parameters; the server quotes the literals itself.
    statement = await connection.fetchval(
        "SELECT format('%s ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
        " PASSWORD %L', $1::text, $2::text, $3::text)",
        verb,
        role,
        password,
    )
    await connection.execute(statement)


async def create_database(
    connection: asyncpg.Connection, name: str, database: ServiceDatabase
) -> None:
    """Create the database `name`; only `database`'s roles may connect to it."""
    exists = await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name)
    if not exists:
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{database.roles[0]}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    for role in database.roles:
        await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{role}"')


async def prepare_kafka(brokers: Brokers, replication_factor: int) -> None:
    """Create the topics and, if users have to prove who they are, say what each of them may do."""
    await create_topics(brokers, replication_factor)
    if brokers.username is not None:
        await grant_topics(brokers)


async def grant_topics(brokers: Brokers) -> None:
    """Allow every user what `kafka_grants` lists; what is allowed already stays. The brokers must refuse
    what nobody has allowed."""
    client = AIOKafkaAdminClient(**client_options(brokers))
    await client.start()
    try:
        for grant in kafka_grants():
            await allow(client, grant)
    finally:
        await client.close()


async def create_topics(brokers: Brokers | str, replication_factor: int) -> None:
    """Create every declared topic that is missing, with its partitions and configuration."""
    client = AIOKafkaAdminClient(**client_options(brokers))
    await client.start()
    try:
        existing = set(await client.list_topics())
        missing = [
            NewTopic(
                spec.name,
                num_partitions=spec.partitions,
                replication_factor=replication_factor,
                topic_configs=spec.config(),
            )
            for spec in all_topics()
            if spec.name not in existing
        ]
        if missing:
            await _create(client, missing)
    finally:
        await client.close()


async def _create(client: AIOKafkaAdminClient, topics: list[NewTopic]) -> None:
    response = await client.create_topics(topics)
    for topic, code, *rest in response.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise KafkaError(f"topic {topic!r} could not be created: {rest}")


def create_buckets(settings: BootstrapSettings) -> None:
    """Create one bucket for each region, without life-cycle rules: not every store has them, so
    staging-svc deletes objects itself."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key_id.get_secret_value(),
        aws_secret_access_key=settings.s3_secret_access_key.get_secret_value(),
        config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=10),
    )
    for bucket in settings.s3_buckets.values():
        try:
            client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            client.create_bucket(Bucket=bucket)
