"""The rules for every table of every service, as checks on the migrated databases."""

import importlib

import asyncpg
import pytest

from stagify.testing import DatabaseUrls, TestDatabases
from stagify.topology import DATABASES

# Database → import package.
SERVICES = {
    "tenant": "tenant_svc",
    "identity": "identity_svc",
    "staging": "staging_svc",
    "usage": "usage_svc",
}
# Tables that are not tenant tables in any service, and why.
KIT_TABLES = {
    "outbox": "its rows are sent whatever their tenant; the app may only insert",
    "inbox": "event ids only",
    "idempotency_keys": "keyed by a hash that contains the tenant",
    "alembic_version": "one row of Alembic's",
}

# `stagify.migrations.rls.TENANT_CONDITION` as PostgreSQL prints it.
CONDITION = (
    "(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid"
    ' AS "nullif"))'
)
# The same for the kit's tables that also have rows of no tenant: TENANT_OR_NONE_CONDITION.
OR_NONE = (
    "(tenant_id = ( SELECT COALESCE((NULLIF(current_setting('app.tenant_id'::text, true),"
    " ''::text))::uuid, '00000000-0000-0000-0000-000000000000'::uuid) AS \"coalesce\"))"
)
# Indexes of tenant tables that do not start with the tenant, and why. A unique one would reveal
# other tenants' rows by refusing values that collide with them.
KIT_ACROSS_TENANTS = {
    "ix_tasks_due": "those of all tenants become ready as their time comes",
    "ix_tasks_given_up": "operators see those of all tenants",
}
ACROSS_TENANTS: dict[str, dict[str, str]] = {
    "tenant": {},
    "identity": {
        "ix_factor_resets_user_id": "people see to what is theirs in all tenants",
        "ix_invitations_email_key": "people look at what is addressed to them in all tenants",
        "ix_memberships_user_id": "people see to what is theirs in all tenants",
        "ix_sessions_user_id": "the same",
        "ix_sso_identities_user_id": "the same, when an account ends",
    },
    "staging": {},
    "usage": {
        "ix_reservations_closed_at": "upkeep forgets those of all tenants",
        "ix_reservations_due": "upkeep ends those of all tenants",
        "ix_subscriptions_slug": "a command finds the tenant by its slug, as the ingest role",
        "uq_usage_records_source_id": "producers' random event ids; only the ingest role writes",
    },
}
# Foreign keys of tenant tables that lead out of the tenant, and why.
OUT_OF_THE_TENANT = {
    "fk_api_keys_created_by": "people are no tenant's: one may be a member of several",
    "fk_service_accounts_created_by": "the same",
    "fk_memberships_user_id": "the same",
    "fk_former_members_user_id": "the same",
    "fk_sso_identities_user_id": "the same",
    "fk_invitations_invited_by": "the same",
    "fk_invitation_links_created_by": "the same",
    "fk_ownership_transfers_from_user_id": "the same",
    "fk_ownership_transfers_to_user_id": "the same",
}
# Functions that are SECURITY DEFINER, and why.
DEFINERS = {
    "ensure_usage_partition": "adds a month's partition to the ledger, which only its owner may",
}


@pytest.fixture(scope="session", params=SERVICES)
async def migrated(
    request: pytest.FixtureRequest, test_databases: TestDatabases
) -> tuple[str, DatabaseUrls]:
    """A service's name and its migrated database."""
    service: str = request.param
    return service, await test_databases.migrated(service, SERVICES[service])


async def query(urls: DatabaseUrls, statement: str, *args: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(urls.owner)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *args)
        return rows
    finally:
        await connection.close()


def not_tenant_tables(service: str) -> dict[str, str]:
    models = importlib.import_module(f"{SERVICES[service]}.models")
    listed: dict[str, str] = models.NOT_TENANT_TABLES
    return {**listed, **KIT_TABLES}


class TestDatabase:
    async def test_every_tenant_table_forces_row_level_security(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        tables = await query(
            urls,
            "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition",
        )
        unprotected = {row["relname"] for row in tables if not row["forced"]}
        assert unprotected == set(not_tenant_tables(service)) & {row["relname"] for row in tables}
        assert set(not_tenant_tables(service)) - set(KIT_TABLES) <= {
            row["relname"] for row in tables
        }

    async def test_every_policy_is_the_tenants_own_or_a_named_roles(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        extra = {
            f"{database.name}_{role}"
            for database in DATABASES
            for role in ("tasks", *database.extra_roles)
            if database.name == service
        }
        condition = await query(
            urls,
            "SELECT tablename, policyname, roles::text[] AS roles, permissive, cmd, qual,"
            " with_check FROM pg_policies WHERE schemaname = 'public'",
        )
        for policy in condition:
            if policy["policyname"] == "tenant_isolation":
                assert policy["cmd"] == "ALL"
                expected = OR_NONE if policy["tablename"] == "tasks" else CONDITION
                assert (policy["qual"], policy["with_check"]) == (expected, expected)
            else:
                assert set(policy["roles"]) <= extra, policy["policyname"]

    async def test_indexes_of_tenant_tables_are_led_by_the_tenant(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        indexes = await query(
            urls,
            "SELECT c.relname AS table, i.relname AS index, a.attname AS first FROM pg_index x"
            " JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
            " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]"
            " WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition",
        )
        tenant = [row for row in indexes if row["table"] not in not_tenant_tables(service)]
        assert tenant
        others = {row["index"] for row in tenant if row["first"] != "tenant_id"}
        assert others == ACROSS_TENANTS[service].keys() | KIT_ACROSS_TENANTS.keys()

    async def test_primary_keys_of_tenant_tables_are_led_by_the_tenant(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        keys = await query(
            urls,
            "SELECT c.relname AS table, (SELECT attname FROM pg_attribute"
            " WHERE attrelid = c.oid AND attnum = k.conkey[1]) AS first"
            " FROM pg_class c LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition",
        )
        tenant = {
            row["table"]: row["first"]
            for row in keys
            if row["table"] not in not_tenant_tables(service)
        }
        assert set(tenant.values()) == {"tenant_id"}, tenant

    async def test_foreign_keys_stay_within_the_tenant(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        keys = await query(
            urls,
            "SELECT conrelid::regclass::text AS table, conname,"
            " (SELECT attname FROM pg_attribute"
            " WHERE attrelid = conrelid AND attnum = conkey[1]) AS first,"
            " (SELECT attname FROM pg_attribute"
            " WHERE attrelid = confrelid AND attnum = confkey[1]) AS first_there"
            " FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
        )
        assert [
            row["conname"]
            for row in keys
            if row["table"] not in not_tenant_tables(service)
            if row["conname"] not in OUT_OF_THE_TENANT
            if (row["first"], row["first_there"]) != ("tenant_id", "tenant_id")
        ] == []

    async def test_roles_have_no_power_over_the_schema(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        owner = f"{service}_owner"
        foreign = await query(
            urls,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND pg_get_userbyid(relowner) <> $1",
            owner,
        )
        assert foreign == []
        granted = await query(
            urls,
            "SELECT grantee, table_name, privilege_type FROM information_schema.table_privileges"
            " WHERE table_schema = 'public' AND grantee <> $1"
            " AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')",
            owner,
        )
        assert granted == []
        public = await query(
            urls,
            "SELECT table_name FROM information_schema.table_privileges"
            " WHERE table_schema = 'public' AND grantee = 'PUBLIC'",
        )
        assert public == []

    async def test_the_app_cannot_read_what_the_relay_sends(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        _, urls = migrated
        app = await asyncpg.connect(urls.app)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.fetch("SELECT * FROM outbox")
        finally:
            await app.close()

    async def test_nothing_bypasses_the_policies(self, migrated: tuple[str, DatabaseUrls]) -> None:
        _, urls = migrated
        views = await query(
            urls,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND (relkind = 'm' OR (relkind = 'v'"
            " AND NOT coalesce(reloptions @> '{security_invoker=true}', false)))",
        )
        definers = await query(
            urls,
            "SELECT proname, coalesce(proconfig, '{}')::text AS settings,"
            " has_function_privilege('public', oid, 'EXECUTE') AS is_public"
            " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        )
        assert views == []
        assert {row["proname"] for row in definers} <= DEFINERS.keys()
        # Without a fixed search_path the caller decides which tables the function touches.
        assert all("search_path=" in row["settings"] for row in definers)
        assert not any(row["is_public"] for row in definers)
