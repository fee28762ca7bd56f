"""Row-level security, narrow grants, and cleaning within them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from identity_svc.models import METADATA, NOT_TENANT_TABLES
from identity_svc.parts import Parts
from identity_svc.upkeep.service import Turn, upkeep
from identity_testing import (
    Caller,
    Member,
    SignUp,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from stagify.testing import DatabaseUrls
from traveller_testing import Traveller, activate

TENANT_TABLES = (
    "memberships",
    "former_members",
    "roles",
    "invitations",
    "invitation_links",
    "invitation_asks",
    "ownership_transfers",
    "factor_resets",
    "sessions",
    "service_accounts",
    "api_keys",
    "handoffs",
    "sso_connections",
    "sso_domains",
    "sso_identities",
    "sso_log_outs",
)

# What takes more than one call to make.
MORE = (
    (
        "INSERT INTO roles (tenant_id, id, created_at, name, permissions)"
        " VALUES (:tenant, :id, now(), 'Photographer', '{projects:read}')"
    ),
    (
        "INSERT INTO former_members"
        " (tenant_id, id, created_at, user_id, role, removed_by, removed_at)"
        " VALUES (:tenant, :id, now(), :user, 'member', :user, now())"
    ),
    (
        "INSERT INTO invitations (tenant_id, id, created_at, email, email_key, role, invited_by,"
        " state, sends, sent_at, expires_at) VALUES (:tenant, :id, now(), 'grace@example.com',"
        " 'grace@example.com', 'member', :user, 'pending', 1, now(), now() + interval '1 day')"
    ),
    (
        "INSERT INTO invitation_links (tenant_id, id, created_at, role, created_by, domains,"
        " max_uses, uses, expires_at)"
        " VALUES (:tenant, :id, now(), 'member', :user, '{}', 1, 0, now() + interval '1 day')"
    ),
    (
        "INSERT INTO invitation_asks (tenant_id, id, created_at, link_id, email)"
        " SELECT tenant_id, :id, created_at, id, 'grace@example.com' FROM invitation_links"
    ),
    (
        "INSERT INTO ownership_transfers (tenant_id, id, created_at, from_user_id, to_user_id,"
        " to_role, state, expires_at)"
        " VALUES (:tenant, :id, now(), :user, :user, 'member', 'open', now() + interval '1 day')"
    ),
    (
        "INSERT INTO service_accounts (tenant_id, id, created_at, name, role, created_by)"
        " VALUES (:tenant, :id, now(), 'importer', 'member', :user)"
    ),
    (
        "INSERT INTO factor_resets (tenant_id, id, created_at, user_id, requested_by, due_at)"
        " VALUES (:tenant, :id, now(), :user, :user, now() + interval '1 day')"
    ),
    (
        "INSERT INTO sso_connections (tenant_id, id, created_at, name, issuer, client_id, version,"
        " is_enabled, is_enforced, is_just_in_time, default_role, group_claim, group_roles, logs_out_there)"
        " VALUES (:tenant, :tenant, now(), 'Lakeside', 'https://login.example', 'x', 1, true, false,"
        " false, 'member', 'groups', '[]', false)"
    ),
    (
        "INSERT INTO sso_domains (tenant_id, id, created_at, connection_id, domain)"
        " VALUES (:tenant, :id, now(), :tenant, 'lakeside.example')"
    ),
    (
        "INSERT INTO sso_identities (tenant_id, id, created_at, connection_id, issuer, subject,"
        " user_id, last_used_at)"
        " VALUES (:tenant, :id, now(), :tenant, 'https://login.example', 'ada', :user, now())"
    ),
    (
        "INSERT INTO sso_log_outs (tenant_id, id, created_at, connection_id, token_hash, issued_at,"
        " expires_at) VALUES (:tenant, :id, now(), :tenant, 'x', now(), now() + interval '1 hour')"
    ),
)


async def count(database: Database, table: str, tenant: Any) -> int:
    """The rows of a table that a tenant sees."""
    scope = database.system() if tenant is None else database.tenant(tenant)
    async with scope as session:
        found: int = (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
    return found


@pytest.fixture
async def furnished(
    client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
) -> Member:
    """A member with one row of everything."""
    traveller = Traveller(client, caller)
    await activate(database, member.tenant_id)
    await traveller.log_in(member)
    assert (await traveller.hand_off(member.tenant_id)).status_code == 201
    await client.post("/v1/session", json=member.login, headers=caller.anonymous(member.tenant_id))
    await client.post("/v1/api-keys", json={"name": "importer"}, headers=caller.user(member))
    async with database.tenant(member.tenant_id) as session:
        for statement in MORE:
            await session.execute(
                text(statement),
                {"tenant": member.tenant_id, "id": new_id(), "user": member.user_id},
            )
    return member


def test_every_table_has_tenants_or_a_reason_why_not() -> None:
    assert set(METADATA.tables) == {*TENANT_TABLES, *NOT_TENANT_TABLES}


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_rows_are_seen_by_their_tenant_alone(
    database: Database, furnished: Member, table: str
) -> None:
    assert await count(database, table, furnished.tenant_id) == 1
    assert await count(database, table, new_id()) == 0
    assert await count(database, table, None) == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_even_the_owner_is_bound(urls: DatabaseUrls, furnished: Member, table: str) -> None:
    owner = Database(urls.owner, service="identity-svc")
    assert await count(owner, table, None) == 0
    assert await count(owner, table, furnished.tenant_id) == 1
    await owner.close()


async def test_rows_cannot_be_written_for_another_tenant(
    database: Database, furnished: Member
) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.tenant(new_id()) as session:
            await session.execute(
                text(
                    "INSERT INTO memberships (tenant_id, id, user_id, role, created_at)"
                    " VALUES (:tenant, :id, :user, 'owner', now())"
                ),
                {"tenant": furnished.tenant_id, "id": new_id(), "user": furnished.user_id},
            )


async def test_session_needs_a_membership_of_its_own_tenant(
    database: Database, furnished: Member, sign_up: SignUp
) -> None:
    other = await sign_up()
    with pytest.raises(DBAPIError, match="foreign key"):
        async with database.tenant(furnished.tenant_id) as session:
            await session.execute(
                text(
                    "INSERT INTO sessions (tenant_id, id, user_id, token_hash, created_at,"
                    " last_seen_at, expires_at) VALUES (:t, :id, :user, 'x', now(), now(), now())"
                ),
                {"t": furnished.tenant_id, "id": new_id(), "user": other.user_id},
            )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET email = 'x'",
        "UPDATE sessions SET user_id = gen_random_uuid()",
        "UPDATE api_keys SET scopes = '{}'",
        "UPDATE memberships SET user_id = gen_random_uuid()",
        "DELETE FROM users",
        "DELETE FROM outbox",
        "TRUNCATE sessions",
        "CREATE TABLE mine (id int)",
    ],
)
async def test_app_role_may_do_only_what_it_does(
    database: Database, furnished: Member, statement: str
) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        async with database.tenant(furnished.tenant_id) as session:
            await session.execute(text(statement))


class TestCleaning:
    async def test_ended_rows_are_deleted_and_the_rest_stays(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        parts: Parts,
        furnished: Member,
        sign_up: SignUp,
    ) -> None:
        other = await sign_up()
        await client.post(
            "/v1/session", json=other.login, headers=caller.anonymous(other.tenant_id)
        )
        async with database.tenant(other.tenant_id) as session:
            await session.execute(
                text("UPDATE sessions SET last_seen_at = :at"),
                {"at": utc_now() - timedelta(days=8)},
            )
        async with database.system() as session:
            await session.execute(
                text("UPDATE signups SET expires_at = :at WHERE id = :id"),
                {"at": utc_now() - timedelta(hours=2), "id": other.signup_id},
            )
        turn = Turn()
        for _ in range(await count(database, "tenants", None) // 2 + 1):
            await upkeep(parts, turn, tenants_per_round=2)
        assert await count(database, "sessions", other.tenant_id) == 0
        assert await count(database, "memberships", other.tenant_id) == 1
        for table in TENANT_TABLES:
            assert await count(database, table, furnished.tenant_id) == 1
        async with database.system() as session:
            left = await session.execute(
                text("SELECT id::text FROM signups WHERE id::text = ANY (:ids)"),
                {"ids": [furnished.signup_id, other.signup_id]},
            )
            assert list(left.scalars()) == [furnished.signup_id]

    async def test_keys_revoked_long_ago_are_deleted(
        self, database: Database, parts: Parts, furnished: Member
    ) -> None:
        async with database.tenant(furnished.tenant_id) as session:
            await session.execute(
                text("UPDATE api_keys SET revoked_at = :at"),
                {"at": utc_now() - timedelta(days=91)},
            )
        await upkeep(parts, Turn(), tenants_per_round=1_000)
        assert await count(database, "api_keys", furnished.tenant_id) == 0
