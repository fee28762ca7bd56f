"""Every column and event field that could hold personal data is marked, or known not to."""

import importlib
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy import MetaData, inspect
from sqlmodel import SQLModel

from stagify.events import Event, registered_events
from stagify.events.base import ENVELOPE_FIELDS
from stagify.personal import KIT_COLUMNS, personal_fields
from stagify.testing import TestDatabases
from stagify.topology import TOPICS, Topic

SERVICES = {
    "tenant-svc": "tenant_svc",
    "identity-svc": "identity_svc",
    "staging-svc": "staging_svc",
    "usage-svc": "usage_svc",
}

# Fields that never hold personal data: under this name in any table or event, or in this table.
WORDS_FROM_LISTS = """
    action aggregatetype amr changed code consumer content_type default_role factor failed_checks failure_code
    granularity kind purpose transports
    locale mapped_role means meter permissions plan previous_plan previous_role region role room_type scope scopes service source
    state status style
    tenant_type theme to_role type
"""
IDS_OR_MADE_OF_IDS = """
    actor aggregateid bucket dimensions object_key request_id rp_id traceparent usage_dimensions
    version_num
"""
SECRETS_OR_HASHES_OF_SECRETS = """
    answer_hash browser_hash challenge client_secret code_hash fingerprint handle key_hash last4 nonce password_hash
    public_id public_key secret session_hash sso_session_hash state_hash
    subject_hash token_hash undo_hash
"""
# A task names rows and no people, because operators read it.
TASKS = "tasks.concurrency_key tasks.key tasks.last_error tasks.payload"
ABOUT_PHOTOS = "checks hints options placeholder record sha256"
COLOURS = "accent_color brand_tokens primary_color tokens"
OUR_OWN_WORDS = "failure_message"
NOT_PERSONAL = {
    *WORDS_FROM_LISTS.split(),
    *IDS_OR_MADE_OF_IDS.split(),
    *SECRETS_OR_HASHES_OF_SECRETS.split(),
    *TASKS.split(),
    *ABOUT_PHOTOS.split(),
    *COLOURS.split(),
    *OUR_OWN_WORDS.split(),
}
# Of tables that no model describes.
KIT_WORDS = {
    "aggregateid",
    "aggregatetype",
    "consumer",
    "fingerprint",
    "version_num",
    *TASKS.split(),
}
WORDS = """
    SELECT c.relname || '.' || a.attname AS name
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid = ANY (
          '{text,text[],varchar,varchar[],bpchar,bytea,json,jsonb,inet,cidr,xml}'::regtype[]::oid[])
"""


def tables_of(base: type[SQLModel], metadata: MetaData) -> Iterator[type[SQLModel]]:
    """The models below `base` whose tables are in `metadata`."""
    for model in base.__subclasses__():
        if getattr(getattr(model, "__table__", None), "metadata", None) is metadata:
            yield model
        yield from tables_of(model, metadata)


def marked_columns(package: str) -> set[str]:
    """The columns that the models of a service mark, as table.column."""
    metadata = importlib.import_module(f"{package}.models").METADATA
    return {
        str(column)
        for model in tables_of(SQLModel, metadata)
        for name in personal_fields(model)
        for column in inspect(model).attrs[name].columns
    }


@pytest.mark.parametrize("package", SERVICES.values(), ids=SERVICES)
class TestColumns:
    async def test_each_that_may_hold_words_is_marked_or_known(
        self, test_databases: TestDatabases, package: str
    ) -> None:
        service = package.removesuffix("_svc")
        urls = await test_databases.migrated(service, package)
        connection = await asyncpg.connect(urls.owner)
        try:
            columns = {row["name"] for row in await connection.fetch(WORDS)}
        finally:
            await connection.close()
        marked = marked_columns(package) | KIT_COLUMNS
        assert marked <= columns | KIT_COLUMNS
        assert {name for name in columns - marked if unknown(name)} == set()

    def test_none_is_both(self, package: str) -> None:
        assert {name for name in marked_columns(package) if not unknown(name)} == set()


def unknown(column: str) -> bool:
    return not {column, column.rpartition(".")[2]} & NOT_PERSONAL


def words_of(event: type[Event]) -> set[str]:
    """The fields of an event that may hold words."""
    return {
        name
        for name, field in event.model_fields.items()
        if name not in ENVELOPE_FIELDS and "str" in str(field.annotation)
    }


class TestEvents:
    @pytest.mark.parametrize("event", registered_events().values(), ids=registered_events())
    def test_each_field_that_may_hold_words_is_marked_or_known(self, event: type[Event]) -> None:
        marked = personal_fields(event)
        assert words_of(event) - marked - NOT_PERSONAL == set()
        assert marked & NOT_PERSONAL == set()

    def test_topics_that_others_read_hold_nothing_personal(self) -> None:
        open_topics = {spec.name for spec in TOPICS if not spec.has_personal_data}
        assert open_topics == {Topic.USAGE, Topic.STAGING, Topic.BILLING}
        found = {
            event.__name__
            for event in registered_events().values()
            if event.topic in open_topics and personal_fields(event)
        }
        assert found == set()


def test_the_list_has_no_word_too_many() -> None:
    """A name that is no longer used may come back with another meaning."""
    columns = {
        column.name
        for package in SERVICES.values()
        for table in importlib.import_module(f"{package}.models").METADATA.tables.values()
        for column in table.columns
    }
    fields = {name for event in registered_events().values() for name in words_of(event)}
    assert NOT_PERSONAL - columns - fields - KIT_WORDS == set()
