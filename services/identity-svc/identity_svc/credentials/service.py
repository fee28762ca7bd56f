"""Whose credential is this? Asked by the gateway for every credential it does not remember.

One indexed read under the tenant of the host: a credential of another tenant is not there, so
it cannot be told from one that never was. The membership is part of the read, so a role that
changed counts at once.
"""

from uuid import UUID

import asyncpg
from prometheus_client import Counter

from identity_svc.api_keys.keyring import KeyRing, public_id_of
from identity_svc.credentials.usage import UsageRecorder
from identity_svc.digests.service import Digester
from identity_svc.roles.service import permissions_of
from identity_svc.sessions.service import IDLE_LIFE, session_hash
from stagify.calls.identity import CredentialRead, CredentialType, UnknownCredentialError
from stagify.database import Database

LOOK_UPS = Counter(
    "stagify_identity_credential_look_ups", "Credentials looked up.", ["type", "outcome"]
)

# Both join the membership: capabilities meet in this read model alone.
SESSION = """
    SELECT s.id, s.user_id, s.last_seen_at, m.role,
        least(s.expires_at, s.last_seen_at + $2::interval) AS expires_at
    FROM sessions s
    JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
    WHERE s.token_hash = $1
        AND s.expires_at > now() AND s.last_seen_at > now() - $2::interval
"""
API_KEY = """
    SELECT k.id, k.created_by, k.key_hash, k.scopes, k.last_used_at, k.expires_at, m.role
    FROM api_keys k
    JOIN memberships m ON m.tenant_id = k.tenant_id AND m.user_id = k.created_by
    WHERE k.public_id = $1
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
"""


class Credentials:
    """Recognises sessions and API keys."""

    def __init__(
        self, database: Database, *, digester: Digester, keys: KeyRing, usage: UsageRecorder
    ) -> None:
        self._database = database
        self._digester = digester
        self._keys = keys
        self._usage = usage

    async def look_up(self, tenant_id: UUID, kind: CredentialType, value: str) -> CredentialRead:
        """Whose it is; UnknownCredentialError for whatever reason it is not good here and now."""
        look_up = self._session if kind == "session" else self._api_key
        found = await look_up(tenant_id, value)
        LOOK_UPS.labels(kind, "unknown" if found is None else "known").inc()
        if found is None:
            raise UnknownCredentialError
        return found

    async def _session(self, tenant_id: UUID, token: str) -> CredentialRead | None:
        digest = session_hash(self._digester, token)
        row = await self._row(tenant_id, SESSION, digest, IDLE_LIFE)
        if row is None:
            return None
        self._usage.note(tenant_id, "session", row["id"], row["last_seen_at"])
        return CredentialRead(
            kind="user",
            subject=row["user_id"],
            user_id=row["user_id"],
            credential_id=row["id"],
            role=row["role"],
            permissions=sorted(permissions_of(row["role"])),
            expires_at=row["expires_at"],
        )

    async def _api_key(self, tenant_id: UUID, text: str) -> CredentialRead | None:
        public_id = public_id_of(text)
        if public_id is None:
            return None
        row = await self._row(tenant_id, API_KEY, public_id)
        if row is None or not self._keys.matches(text, row["key_hash"]):
            return None
        self._usage.note(tenant_id, "api_key", row["id"], row["last_used_at"])
        return CredentialRead(
            kind="api_key",
            subject=row["id"],
            user_id=row["created_by"],
            credential_id=row["id"],
            role=None,
            permissions=sorted(permissions_of(row["role"]) & set(row["scopes"])),
            expires_at=row["expires_at"],
        )

    async def _row(self, tenant_id: UUID, query: str, *arguments: object) -> asyncpg.Record | None:
        rows = await self._database.fetch(tenant_id, query, *arguments)
        return rows[0] if rows else None
