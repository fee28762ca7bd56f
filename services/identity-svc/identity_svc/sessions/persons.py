"""Sessions of people on the platform's host: there they belong to no tenant.

The gateway does not know them. It passes the cookie on to identity-svc, which asks its table at each
request; so one that has ended is over at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from identity_svc.digests.service import Digester, new_token
from identity_svc.sessions import queries
from identity_svc.sessions.models import PersonSession
from identity_svc.sessions.own import OpenSession, Person, with_token
from identity_svc.sessions.tokens import IDLE_LIFE, LIFE, person_hash
from stagify import cause
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import UnauthorizedError

# A use is not written if the last recorded one is more recent than this.
RESOLUTION = timedelta(minutes=1)

# Somebody who typed their password (RFC 8176).
BY_PASSWORD = ("pwd",)
# Somebody for whom their company's log-in speaks, for which RFC 8176 has no word.
BY_PROVIDER = ("sso",)


@dataclass(frozen=True, slots=True)
class PlatformPerson(Person):
    """Somebody with a session on the platform's host, and how and when they proved who they are."""

    amr: tuple[str, ...]
    auth_time: datetime
    expires_at: datetime


async def find_person(session: Session, digester: Digester, token: str) -> PlatformPerson | None:
    """Whose session on the platform's host this is, if it is valid; that counts as a use of it."""
    if not token:
        return None
    found = await queries.find_person_session(session, person_hash(digester, token))
    now = utc_now()
    if found is None or found.expires_at <= now or found.last_seen_at <= now - IDLE_LIFE:
        return None
    if now - found.last_seen_at >= RESOLUTION:
        await queries.note_person_seen(session, found.id, now)
    return _person(found)


async def get_person(session: Session, digester: Digester, token: str) -> PlatformPerson:
    """The same; UnauthorizedError if it is not valid. From here on that person is the actor of the
    events that the request publishes."""
    person = await find_person(session, digester, token)
    if person is None:
        raise UnauthorizedError
    cause.bind_actor(f"user:{person.user_id}")
    return person


async def hold_person(session: Session, session_id: UUID) -> PlatformPerson | None:
    """The same by the id of the session, which cannot end until this transaction does."""
    found = await queries.hold_person_session(session, session_id)
    return None if found is None or found.expires_at <= utc_now() else _person(found)


def open_person_session(
    session: Session,
    digester: Digester,
    *,
    user_id: UUID,
    device: str | None,
    amr: Sequence[str] = BY_PASSWORD,
) -> OpenSession:
    """Make a session on the platform's host for somebody who has just proved who they are."""
    now, token = utc_now(), new_token()
    made = PersonSession(
        user_id=user_id,
        token_hash=person_hash(digester, token),
        device=device,
        created_at=now,
        amr=list(amr),
        auth_time=now,
        last_seen_at=now,
        expires_at=now + LIFE,
    )
    session.add(made)
    return with_token(token, made)


async def end_person_session(session: Session, session_id: UUID) -> None:
    """End a session on the platform's host; those that came from it go on. Nothing happens if it is
    over already."""
    await queries.delete_person_session(session, session_id)


async def forget_expired_persons(session: Session, limit: int) -> None:
    """Delete up to `limit` sessions on the platform's host that are over."""
    now = utc_now()
    await queries.delete_persons_over(session, now=now, unused_since=now - IDLE_LIFE, limit=limit)


def _person(found: PersonSession) -> PlatformPerson:
    return PlatformPerson(
        session_id=found.id,
        user_id=found.user_id,
        amr=tuple(found.amr),
        auth_time=found.auth_time,
        expires_at=found.expires_at,
    )
