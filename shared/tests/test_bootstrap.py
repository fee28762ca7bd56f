"""Bootstrap creates what is missing, and a second time changes nothing."""

import json
import secrets
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from pydantic import ValidationError

from stagify.bootstrap import BootstrapSettings, MissingPasswordError, bootstrap_all
from stagify.testing import ObjectStoreServer
from stagify.testing.databases import ROLE_PASSWORD
from stagify.topology import DATABASES, all_topics

ROLES = [role for database in DATABASES for role in database.roles]


@pytest.fixture
def settings(
    postgres_admin_url: str, kafka_server: str, object_store: ObjectStoreServer
) -> BootstrapSettings:
    return BootstrapSettings(
        admin_database_url=postgres_admin_url,
        kafka_bootstrap_servers=kafka_server,
        s3_endpoint=object_store.endpoint,
        s3_region=object_store.region,
        s3_access_key_id=object_store.access_key_id,
        s3_secret_access_key=object_store.secret_access_key,
        s3_buckets=json.dumps({"eu": f"bootstrap-{secrets.token_hex(4)}"}),
    )


async def test_twice_is_as_once(
    settings: BootstrapSettings, postgres_admin_url: str, object_store: ObjectStoreServer
) -> None:
    # The same passwords as the other tests of this session use.
    environment = {f"{role.upper()}_PASSWORD": ROLE_PASSWORD for role in ROLES}
    for _ in range(2):
        await bootstrap_all(settings, environment)
    connection = await asyncpg.connect(postgres_admin_url)
    owners: list[Any] = await connection.fetch(
        "SELECT datname, pg_get_userbyid(datdba) AS owner FROM pg_database"
        " WHERE datname = ANY ($1)",
        [database.name for database in DATABASES],
    )
    powerful = await connection.fetchval(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)"
        " AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole)",
        ROLES,
    )
    await connection.close()
    assert {row["datname"]: row["owner"] for row in owners} == {
        database.name: database.roles[0] for database in DATABASES
    }
    assert powerful == 0
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    topics = set(await admin.list_topics())
    await admin.close()
    assert {spec.name for spec in all_topics()} <= topics
    buckets = {bucket["Name"] for bucket in object_store.client().list_buckets()["Buckets"]}
    assert settings.s3_buckets["eu"] in buckets


async def test_a_missing_password_stops_it_before_anything_is_done(
    settings: BootstrapSettings,
) -> None:
    with pytest.raises(MissingPasswordError, match="TENANT_OWNER_PASSWORD"):
        await bootstrap_all(settings, {})


def test_new_tenants_need_a_bucket(settings: BootstrapSettings) -> None:
    with pytest.raises(ValidationError, match="S3_BUCKETS names no bucket for DEFAULT_REGION us"):
        BootstrapSettings(
            **settings.model_dump(exclude={"s3_buckets", "default_region"}),
            s3_buckets=json.dumps(settings.s3_buckets),
            default_region="us",
        )
