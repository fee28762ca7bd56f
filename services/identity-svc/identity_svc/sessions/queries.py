"""SQL of sessions and hand-offs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, delete, text, update
from sqlmodel import col, select

from identity_svc.sessions import models
from identity_svc.sessions.models import Handoff, PersonSession
from stagify.database import Session


async def delete_session(session: Session, session_id: UUID) -> UUID | None:
    """Delete a session, and return whose it was; None if there is none."""
    ended = await session.execute(
        delete(models.Session)
        .where(col(models.Session.id) == session_id)
        .returning(col(models.Session.user_id))
    )
    user_id: UUID | None = ended.scalar_one_or_none()
    return user_id


async def find_parent(session: Session, session_id: UUID) -> UUID | None:
    """The session on the platform's host that a session came from."""
    query = select(models.Session.parent_id).where(col(models.Session.id) == session_id)
    return (await session.exec(query)).one_or_none()


async def find_own(
    session: Session, user_id: UUID, *, now: datetime, unused_since: datetime, limit: int
) -> list[models.Session]:
    """The person's sessions that are not over, last used first."""
    query = (
        select(models.Session)
        .where(
            # The policy says so too, but only this finds the rows by an index.
            col(models.Session.user_id) == user_id,
            col(models.Session.expires_at) > now,
            col(models.Session.last_seen_at) > unused_since,
        )
        .order_by(col(models.Session.last_seen_at).desc(), col(models.Session.id).desc())
        .limit(limit)
    )
    return list(await session.exec(query))


async def delete_own(
    session: Session,
    user_id: UUID,
    *,
    only: UUID | None = None,
    is_parent: bool = False,
    keep: UUID | None = None,
) -> list[tuple[UUID, UUID]]:
    """Delete the person's sessions in tenants, or `only` one of them, or those that came from it, or all
    but one; the tenants and ids of those that there were."""
    statement = delete(models.Session).where(col(models.Session.user_id) == user_id)
    if only is not None:
        which = models.Session.parent_id if is_parent else models.Session.id
        statement = statement.where(col(which) == only)
    if keep is not None:
        statement = statement.where(col(models.Session.id) != keep)
    ended = await session.execute(
        statement.returning(col(models.Session.tenant_id), col(models.Session.id))
    )
    return [(tenant_id, session_id) for tenant_id, session_id in ended]


@dataclass(frozen=True, slots=True)
class Renaming:
    """The new id and token of a session, and what its person has proved in doing so, if anything."""

    new_id: UUID
    token_hash: bytes
    proved: Sequence[str] = ()
    proved_at: datetime | None = None

    def values(self) -> dict[str, object]:
        """What is written."""
        found: dict[str, object] = {"id": self.new_id, "token_hash": self.token_hash}
        if self.proved:
            found["amr"] = _with(self.proved)
        if self.proved_at is not None:
            found["auth_time"] = self.proved_at
        return found


def _with(proved: Sequence[str]) -> ColumnElement[object]:
    union = text("ARRAY(SELECT DISTINCT unnest(amr || CAST(:proved AS text[])) ORDER BY 1)")
    return cast(ColumnElement[object], union.bindparams(proved=list(proved)))


async def rename_own(
    session: Session, user_id: UUID, session_id: UUID, renaming: Renaming
) -> models.Session | None:
    """Give one of the person's sessions another id and token; the session, or None if it is gone."""
    renamed = await session.execute(
        update(models.Session)
        .where(col(models.Session.user_id) == user_id, col(models.Session.id) == session_id)
        .values(**renaming.values())
        .returning(models.Session)
    )
    return renamed.scalar_one_or_none()


async def find_own_on_platform(
    session: Session, user_id: UUID, *, now: datetime, unused_since: datetime, limit: int
) -> list[PersonSession]:
    """The person's sessions on the platform's host that are not over, last used first."""
    query = (
        select(PersonSession)
        .where(
            col(PersonSession.user_id) == user_id,
            col(PersonSession.expires_at) > now,
            col(PersonSession.last_seen_at) > unused_since,
        )
        .order_by(col(PersonSession.last_seen_at).desc(), col(PersonSession.id).desc())
        .limit(limit)
    )
    return list(await session.exec(query))


async def delete_own_on_platform(
    session: Session, user_id: UUID, *, only: UUID | None = None, keep: UUID | None = None
) -> list[UUID]:
    """Delete the person's sessions on the platform's host, or one of them, or all but one; the ids of
    those that there were."""
    statement = delete(PersonSession).where(col(PersonSession.user_id) == user_id)
    if only is not None:
        statement = statement.where(col(PersonSession.id) == only)
    if keep is not None:
        statement = statement.where(col(PersonSession.id) != keep)
    return list((await session.execute(statement.returning(col(PersonSession.id)))).scalars())


async def rename_own_on_platform(
    session: Session, user_id: UUID, session_id: UUID, renaming: Renaming
) -> PersonSession | None:
    """Give one of the person's sessions on the platform's host another id and token, and tell those that
    came from it; the session, or None if it is gone."""
    renamed = await session.execute(
        update(PersonSession)
        .where(col(PersonSession.user_id) == user_id, col(PersonSession.id) == session_id)
        .values(**renaming.values())
        .returning(PersonSession)
    )
    await session.execute(
        update(models.Session)
        .where(col(models.Session.user_id) == user_id, col(models.Session.parent_id) == session_id)
        .values(parent_id=renaming.new_id)
    )
    return renamed.scalar_one_or_none()


async def delete_of_connection(session: Session, connection_id: UUID) -> list[tuple[UUID, UUID]]:
    """Delete the sessions that a connection for single sign-on has let in; their ids, and whose they were."""
    return await _delete(session, col(models.Session.sso_connection_id) == connection_id)


async def delete_at_provider(
    session: Session, connection_id: UUID, *, user_id: UUID | None, session_hash: bytes | None
) -> list[tuple[UUID, UUID]]:
    """Delete the sessions that a connection has let in: those that belong to one at the provider, and of a
    person also those that no such one is known of; without one all of the person's. Their ids, and whose
    they were."""
    which = col(models.Session.sso_connection_id) == connection_id
    known = col(models.Session.sso_session_hash)
    if user_id is not None:
        which &= col(models.Session.user_id) == user_id
    if session_hash is not None and user_id is None:
        which &= known == session_hash
    elif session_hash is not None:
        which &= (known == session_hash) | known.is_(None)
    return await _delete(session, which)


async def delete_of_no_connection(
    session: Session, *, besides: Collection[UUID]
) -> list[tuple[UUID, UUID]]:
    """Delete the sessions in the tenant that came from no connection, besides those of these people; their
    ids, and whose they were."""
    return await _delete(
        session,
        col(models.Session.sso_connection_id).is_(None)
        & col(models.Session.user_id).not_in(besides),
    )


async def _delete(session: Session, which: ColumnElement[bool]) -> list[tuple[UUID, UUID]]:
    ended = await session.execute(
        delete(models.Session)
        .where(which)
        .returning(col(models.Session.id), col(models.Session.user_id))
    )
    return [(session_id, user_id) for session_id, user_id in ended]


async def find_single_factor_people(session: Session) -> list[UUID]:
    """Who has sessions in the tenant in which they have shown one factor alone."""
    query = select(models.Session.user_id).where(~col(models.Session.amr).contains(["mfa"]))
    return list(await session.exec(query.distinct()))


async def find_session(session: Session, session_id: UUID) -> models.Session | None:
    """The session with this id."""
    query = select(models.Session).where(col(models.Session.id) == session_id)
    return (await session.exec(query)).one_or_none()


async def delete_over(
    session: Session, *, now: datetime, unused_since: datetime, limit: int
) -> None:
    """Delete up to `limit` of the tenant's sessions that have expired or are not used any more."""
    over = (
        select(models.Session.id)
        .where(
            (col(models.Session.expires_at) <= now)
            | (col(models.Session.last_seen_at) <= unused_since)
        )
        .limit(limit)
    )
    await session.execute(delete(models.Session).where(col(models.Session.id).in_(over)))


async def find_person_session(session: Session, token_hash: bytes) -> PersonSession | None:
    """The session on the platform's host with this token, valid or not."""
    query = select(PersonSession).where(col(PersonSession.token_hash) == token_hash)
    return (await session.exec(query)).one_or_none()


async def hold_person_session(session: Session, session_id: UUID) -> PersonSession | None:
    """A session on the platform's host, locked against its end until the transaction ends."""
    query = select(PersonSession).where(col(PersonSession.id) == session_id)
    return (await session.exec(query.with_for_update(read=True))).one_or_none()


async def note_person_seen(session: Session, session_id: UUID, now: datetime) -> None:
    """Write when a session on the platform's host was used."""
    await session.execute(
        update(PersonSession)
        .where(col(PersonSession.id) == session_id, col(PersonSession.last_seen_at) < now)
        .values(last_seen_at=now)
    )


async def delete_person_session(session: Session, session_id: UUID) -> None:
    """Delete a session on the platform's host."""
    await session.execute(delete(PersonSession).where(col(PersonSession.id) == session_id))


async def delete_persons_over(
    session: Session, *, now: datetime, unused_since: datetime, limit: int
) -> None:
    """Delete up to `limit` sessions on the platform's host that have expired or are not used any more."""
    over = (
        select(PersonSession.id)
        .where(
            (col(PersonSession.expires_at) <= now)
            | (col(PersonSession.last_seen_at) <= unused_since)
        )
        .limit(limit)
    )
    await session.execute(delete(PersonSession).where(col(PersonSession.id).in_(over)))


async def take_handoff(session: Session, code_hash: bytes) -> Handoff | None:
    """Delete the hand-off with this code, and return it. Of two at once, one gets it."""
    taken = await session.execute(
        delete(Handoff).where(col(Handoff.code_hash) == code_hash).returning(Handoff)
    )
    return taken.scalar_one_or_none()


async def delete_handoffs_of(session: Session, user_id: UUID) -> None:
    """Delete a person's hand-offs into the tenant."""
    await session.execute(delete(Handoff).where(col(Handoff.user_id) == user_id))


async def delete_handoffs(session: Session) -> None:
    """Delete all hand-offs into the tenant."""
    await session.execute(delete(Handoff).where(col(Handoff.expires_at).is_not(None)))


async def delete_handoffs_over(session: Session, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` of the tenant's hand-offs that nobody has used in time."""
    over = select(Handoff.id).where(col(Handoff.expires_at) <= now).limit(limit)
    await session.execute(delete(Handoff).where(col(Handoff.id).in_(over)))
