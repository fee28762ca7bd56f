"""Log-out: a session ends at once, everywhere, and what it came from or what came from it."""

from collections.abc import Collection
from uuid import UUID

from identity_svc.parts import Parts
from identity_svc.sessions import queries
from identity_svc.sessions.own import end_own_session
from identity_svc.sessions.persons import end_person_session, find_person
from stagify import cause
from stagify.database import Session
from stagify.events.identity import MemberRulesChanged, SessionRevoked
from stagify.outbox import publish


async def revoke_session(session: Session, *, tenant_id: UUID, session_id: UUID) -> None:
    """End a session at once, everywhere; nothing happens if it is over already."""
    user_id = await queries.delete_session(session, session_id)
    if user_id is not None:
        publish(
            session, SessionRevoked(tenant_id=tenant_id, session_id=session_id, user_id=user_id)
        )


async def log_out(parts: Parts, *, tenant_id: UUID, session_id: UUID, is_here_only: bool) -> None:
    """End a session, and unless `is_here_only` the one on the platform's host that it came from: with
    that one, a click would bring the person back."""
    async with parts.database.tenant(tenant_id) as session:
        if not is_here_only:
            # That one first, as whoever logs out there does: so neither waits for the other in a circle.
            parent_id = await queries.find_parent(session, session_id)
            if parent_id is not None:
                await end_person_session(session, parent_id)
        await revoke_session(session, tenant_id=tenant_id, session_id=session_id)


async def log_out_person(parts: Parts, token: str, *, is_here_only: bool) -> None:
    """End the session on the platform's host with this token, and unless `is_here_only` those in tenants
    that came from it. Nothing happens if it is over already."""
    async with parts.database.system() as session:
        person = await find_person(session, parts.digester, token)
    if person is None:
        return
    cause.bind_actor(f"user:{person.user_id}")
    async with parts.person_database.person(person.user_id) as session:
        if is_here_only:
            await end_person_session(session, person.session_id)
        else:
            await end_own_session(session, person.user_id, person.session_id)


async def reconsider_single_factor(session: Session, tenant_id: UUID) -> None:
    """Have the gateway ask again what the sessions in this tenant are worth of people who have shown one
    factor alone."""
    for user_id in await queries.find_single_factor_people(session):
        publish(session, MemberRulesChanged(tenant_id=tenant_id, user_id=user_id))


async def end_handoffs_of(session: Session, user_id: UUID) -> None:
    """End a person's ways into the session's tenant."""
    await queries.delete_handoffs_of(session, user_id)


async def end_sessions_of_connection(session: Session, connection_id: UUID) -> None:
    """End all sessions at once that a connection for single sign-on has let in."""
    _announce(session, await queries.delete_of_connection(session, connection_id))


async def end_sessions_at_provider(
    session: Session, connection_id: UUID, *, user_id: UUID | None, session_hash: bytes | None
) -> list[UUID]:
    """End sessions at once whose person has logged out at the connection's provider: of the person, of one
    session there, or of both. Whose those were that there were."""
    ended = await queries.delete_at_provider(
        session, connection_id, user_id=user_id, session_hash=session_hash
    )
    _announce(session, ended)
    return [each for _, each in ended]


async def end_other_sessions(session: Session, *, besides: Collection[UUID]) -> None:
    """End all sessions in the session's tenant that came from no connection, besides those of these
    people, and everybody's hand-offs into it."""
    await queries.delete_handoffs(session)
    _announce(session, await queries.delete_of_no_connection(session, besides=besides))


async def end_sessions_of(session: Session, user_id: UUID) -> None:
    """End all of a person's sessions in the session's tenant at once, everywhere."""
    for tenant_id, session_id in await queries.delete_own(session, user_id):
        publish(
            session, SessionRevoked(tenant_id=tenant_id, session_id=session_id, user_id=user_id)
        )


def _announce(session: Session, ended: list[tuple[UUID, UUID]]) -> None:
    for session_id, user_id in ended:
        publish(
            session,
            SessionRevoked(
                tenant_id=session.info["tenant_id"], session_id=session_id, user_id=user_id
            ),
        )
