"""What people do with their own sessions: see them, and end them, on all hosts at once.

These use cases work in a transaction of the person (`Database.person`), who sees nobody else's.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity_svc.digests.service import Digester, new_token
from identity_svc.sessions import queries
from identity_svc.sessions.tokens import IDLE_LIFE, session_hash
from identity_svc.tenants.service import KnownTenant, find_tenants
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import SessionRevoked
from stagify.ids import new_id
from stagify.outbox import publish

# Of somebody who has more, those that were used last are shown.
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is logged in, and the session in which they call."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's sessions; on the host of a tenant."""

    id: UUID
    tenant: KnownTenant
    device: str | None
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Renewed:
    """A session under a new id, with the only copy of its new token."""

    token: str
    expires_at: datetime


async def list_own_sessions(session: Session, user_id: UUID) -> list[OwnSession]:
    """The person's sessions that are not over, last used first."""
    now = utc_now()
    found = await queries.find_own(
        session, user_id, now=now, unused_since=now - IDLE_LIFE, limit=MAX_SHOWN
    )
    tenants = await find_tenants(session, {row.tenant_id for row in found})
    return [
        OwnSession(
            id=row.id,
            tenant=tenants[row.tenant_id],
            device=row.device,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
        )
        for row in found
    ]


async def end_own_session(session: Session, user_id: UUID, session_id: UUID) -> bool:
    """End one of the person's sessions at once, everywhere; False if they have no such one."""
    ended = await queries.delete_own(session, user_id, only=session_id)
    _announce(session, user_id, ended)
    return bool(ended)


async def end_own_sessions(session: Session, user_id: UUID, keep: UUID | None = None) -> None:
    """End all of the person's sessions at once, everywhere, except the one to `keep`."""
    _announce(session, user_id, await queries.delete_own(session, user_id, keep=keep))


async def renew_session(session: Session, person: Person, *, digester: Digester) -> Renewed | None:
    """Go on with the session in which the person calls, under another id and token: whoever had got hold
    of the old one is out. None if it has ended meanwhile."""
    token, renewed_id = new_token(), new_id()
    found = await queries.rename_own(
        session,
        person.user_id,
        person.session_id,
        new_id=renewed_id,
        token_hash=session_hash(digester, token),
    )
    if found is None:
        return None
    tenant_id, expires_at = found
    _announce(session, person.user_id, [(tenant_id, person.session_id)])
    return Renewed(token, expires_at)


def _announce(session: Session, user_id: UUID, ended: list[tuple[UUID, UUID]]) -> None:
    for tenant_id, session_id in ended:
        publish(
            session, SessionRevoked(tenant_id=tenant_id, session_id=session_id, user_id=user_id)
        )
