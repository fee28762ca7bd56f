"""SQL of look-ups, and of when credentials were last used.

Look-ups join the memberships: this is the only SQL that reads the tables of several capabilities.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from stagify.calls.identity import CredentialType
from stagify.clock import utc_now
from stagify.database import Database

SESSION = """
    SELECT s.id, s.user_id, s.last_seen_at, s.auth_time, s.amr, s.sso_connection_id,
        least(t.mfa_due_at, t.sso_enforced_at) AS mfa_due_at, m.role, m.custom_role_id, r.permissions,
        least(s.expires_at, s.last_seen_at + $2::interval) AS expires_at
    FROM sessions s
    JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
    LEFT JOIN roles r ON r.tenant_id = m.tenant_id AND r.id = m.custom_role_id
    LEFT JOIN tenants t ON t.id = s.tenant_id
    WHERE s.token_hash = $1
        AND s.expires_at > $3 AND s.last_seen_at > $3::timestamptz - $2::interval
        AND (t.sso_enforced_at IS NULL OR s.sso_connection_id IS NOT NULL OR m.role = 'owner')
"""
API_KEY = """
    SELECT k.id, k.created_by, k.service_account_id, k.key_hash, k.scopes, k.last_used_at, k.expires_at,
        k.addresses, h.role, h.custom_role_id, r.permissions
    FROM api_keys k
    CROSS JOIN LATERAL (
        SELECT m.role, m.custom_role_id FROM memberships m
        WHERE k.service_account_id IS NULL AND m.tenant_id = k.tenant_id AND m.user_id = k.created_by
        UNION ALL
        SELECT a.role, a.custom_role_id FROM service_accounts a
        WHERE a.tenant_id = k.tenant_id AND a.id = k.service_account_id
    ) h
    LEFT JOIN roles r ON r.tenant_id = k.tenant_id AND r.id = h.custom_role_id
    WHERE k.public_id = $1
        AND k.revoked_at IS NULL AND k.suspended_at IS NULL
        AND (k.expires_at IS NULL OR k.expires_at > $2)
"""

# greatest(): another process may have written a later use already.
UPDATE_LAST_USE: dict[CredentialType, str] = {
    "session": (
        "UPDATE sessions SET last_seen_at = greatest(last_seen_at, used.at)"
        " FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE sessions.id = used.id"
    ),
    "api_key": (
        "UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)"
        " FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE api_keys.id = used.id"
    ),
}


async def find_live_session(
    database: Database, tenant_id: UUID, token_hash: bytes, idle_life: timedelta
) -> asyncpg.Record | None:
    """The session with this token, if it is still valid, and the role of its person."""
    return _first(await database.fetch(tenant_id, SESSION, token_hash, idle_life, utc_now()))


async def find_live_api_key(
    database: Database, tenant_id: UUID, public_id: str
) -> asyncpg.Record | None:
    """The key with this public id, if it is still valid, and the role of whom it acts for."""
    return _first(await database.fetch(tenant_id, API_KEY, public_id, utc_now()))


async def set_last_use(
    connection: asyncpg.Connection,
    kind: CredentialType,
    ids: Sequence[UUID],
    moments: Sequence[datetime],
) -> None:
    """Write when each of the credentials was used, unless a later use is already recorded."""
    await connection.execute(UPDATE_LAST_USE[kind], ids, moments)


def _first(rows: Sequence[asyncpg.Record]) -> asyncpg.Record | None:
    return rows[0] if rows else None
