"""Whose credential is this? Asked by the gateway for every credential it does not remember.

One indexed read under the tenant of the host. A credential of another tenant is invisible there, so
it looks like one that never existed. The membership is part of the read, so a changed role counts at
once.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from prometheus_client import Counter

from identity_svc.api_keys.schemas import SCOPES
from identity_svc.credentials import queries
from identity_svc.factors.service import is_multi_factor
from identity_svc.parts import Parts
from identity_svc.roles.service import OWNER, Role, stored_role
from identity_svc.sessions.service import BY_PROVIDER, IDLE_LIFE, session_hash
from identity_svc.tenants.service import earliest
from stagify.calls.identity import CredentialRead, CredentialType, UnknownCredentialError
from stagify.clock import utc_now

LOOK_UPS = Counter(
    "stagify_identity_credential_look_ups", "Credentials looked up.", ["type", "outcome"]
)


async def look_up(
    parts: Parts, *, tenant_id: UUID, kind: CredentialType, value: str
) -> CredentialRead:
    """Whose credential it is; UnknownCredentialError if it is not valid here and now, for whatever
    reason."""
    recognise = _session if kind == "session" else _api_key
    found = await recognise(parts, tenant_id, value)
    LOOK_UPS.labels(kind, "unknown" if found is None else "known").inc()
    if found is None:
        raise UnknownCredentialError
    return found


async def _session(parts: Parts, tenant_id: UUID, token: str) -> CredentialRead | None:
    token_hash = session_hash(parts.digester, token)
    row = await queries.find_live_session(parts.database, tenant_id, token_hash, IDLE_LIFE)
    if row is None:
        return None
    parts.usage.note(tenant_id, "session", row["id"], row["last_seen_at"])
    role = _role(row)
    expires_at, is_restricted = row["expires_at"], False
    due_at = earliest(row["mfa_due_at"], parts.settings.mfa_due_at)
    is_by_provider = row["sso_connection_id"] is not None
    if due_at is not None and not is_multi_factor(row["amr"]) and not is_by_provider:
        # At that moment the gateway asks again.
        is_restricted = due_at <= utc_now()
        expires_at = expires_at if is_restricted else min(expires_at, due_at)
    return CredentialRead(
        kind="user",
        subject=row["user_id"],
        user_id=row["user_id"],
        credential_id=row["id"],
        role=role.key,
        permissions=[] if is_restricted else sorted(role.permissions),
        expires_at=expires_at,
        auth_time=_auth_time(row, role),
        restriction="second_factor" if is_restricted else None,
    )


def _auth_time(row: Mapping[str, Any], role: Role) -> datetime | None:
    """When the person last proved who they are. What only an owner may do takes a proof of their own:
    whoever runs the company's provider must not be able to do it in their name."""
    is_provider_alone = list(row["amr"]) == list(BY_PROVIDER)
    return None if role == OWNER and is_provider_alone else row["auth_time"]


async def _api_key(parts: Parts, tenant_id: UUID, text: str) -> CredentialRead | None:
    public_id = parts.keys.public_id_of(text)
    if public_id is None:
        return None
    row = await queries.find_live_api_key(parts.database, tenant_id, public_id)
    if row is None or not parts.keys.matches(text, row["key_hash"]):
        return None
    parts.usage.note(tenant_id, "api_key", row["id"], row["last_used_at"])
    account_id = row["service_account_id"]
    scopes = set(row["scopes"]) if account_id is None else set(row["scopes"]) or SCOPES
    return CredentialRead(
        kind="api_key",
        subject=row["id"],
        user_id=row["created_by"] if account_id is None else None,
        service_account_id=account_id,
        credential_id=row["id"],
        role=None,
        permissions=sorted(_role(row).permissions & scopes),
        expires_at=row["expires_at"],
        addresses=row["addresses"],
    )


def _role(row: Mapping[str, Any]) -> Role:
    return stored_role(row["role"], row["custom_role_id"], row["permissions"])
