"""What people do with their own sessions: see them, and end them, on all hosts at once.

These use cases work in a transaction of the person (`Database.person`), who sees nobody else's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity_svc.digests.service import Digester, new_token
from identity_svc.sessions import models, queries
from identity_svc.sessions.tokens import IDLE_LIFE, person_hash, session_hash
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
    """One of a person's sessions; on the host of a tenant, or without one on the platform's."""

    id: UUID
    tenant: KnownTenant | None
    device: str | None
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that was just made, or goes on under another id, with the only copy of its token."""

    token: str
    expires_at: datetime
    amr: tuple[str, ...]
    auth_time: datetime


async def list_own_sessions(session: Session, user_id: UUID) -> list[OwnSession]:
    """The person's sessions that are not over, last used first."""
    now = utc_now()
    since = now - IDLE_LIFE
    in_tenants = await queries.find_own(
        session, user_id, now=now, unused_since=since, limit=MAX_SHOWN
    )
    on_platform = await queries.find_own_on_platform(
        session, user_id, now=now, unused_since=since, limit=MAX_SHOWN
    )
    tenants = await find_tenants(session, {row.tenant_id for row in in_tenants})
    found = [_own(row, tenants[row.tenant_id]) for row in in_tenants]
    found += [_own(row, None) for row in on_platform]
    return sorted(found, key=lambda each: (each.last_seen_at, each.id), reverse=True)[:MAX_SHOWN]


def _own(row: models.Session | models.PersonSession, tenant: KnownTenant | None) -> OwnSession:
    return OwnSession(
        id=row.id,
        tenant=tenant,
        device=row.device,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
    )


async def end_own_session(session: Session, user_id: UUID, session_id: UUID) -> bool:
    """End one of the person's sessions at once, everywhere, and with one on the platform's host those that
    came from it; False if they have no such one."""
    is_on_platform = await queries.delete_own_on_platform(session, user_id, only=session_id)
    ended = await queries.delete_own(
        session, user_id, only=session_id, is_parent=bool(is_on_platform)
    )
    _announce(session, user_id, ended)
    return bool(ended or is_on_platform)


async def end_own_sessions(session: Session, user_id: UUID, keep: UUID | None = None) -> None:
    """End all of the person's sessions at once, everywhere, except the one to `keep`."""
    # Those on the platform's host first: whoever comes from there by a hand-off holds theirs until the
    # session that it becomes is there to be ended.
    await queries.delete_own_on_platform(session, user_id, keep=keep)
    _announce(session, user_id, await queries.delete_own(session, user_id, keep=keep))


async def renew_session(
    session: Session,
    person: Person,
    *,
    digester: Digester,
    proved: Sequence[str] = (),
    proved_at: datetime | None = None,
) -> OpenSession | None:
    """Go on with the session in which the person calls, under another id and token: whoever had got hold
    of the old one is out. None if it has ended meanwhile.

    What the person has `proved` is added to what the session knows of them; with a `proved_at`, that is
    when they last proved who they are.
    """
    token = new_token()

    def renaming(token_hash: bytes) -> queries.Renaming:
        return queries.Renaming(new_id(), token_hash, proved, proved_at)

    made = await queries.rename_own(
        session, person.user_id, person.session_id, renaming(session_hash(digester, token))
    )
    if made is not None:
        _announce(session, person.user_id, [(made.tenant_id, person.session_id)])
        return with_token(token, made)
    on_platform = await queries.rename_own_on_platform(
        session, person.user_id, person.session_id, renaming(person_hash(digester, token))
    )
    return None if on_platform is None else with_token(token, on_platform)


def with_token(token: str, made: models.Session | models.PersonSession) -> OpenSession:
    """The session that `token` names."""
    return OpenSession(token, made.expires_at, tuple(made.amr), made.auth_time)


def _announce(session: Session, user_id: UUID, ended: list[tuple[UUID, UUID]]) -> None:
    for tenant_id, session_id in ended:
        publish(
            session, SessionRevoked(tenant_id=tenant_id, session_id=session_id, user_id=user_id)
        )
