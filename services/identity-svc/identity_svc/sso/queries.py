"""SQL of single sign-on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select

from identity_svc.sso.models import SsoAttempt, SsoConnection, SsoDomain, SsoIdentity, SsoLogOut
from stagify.database import Session


async def find_connections(session: Session) -> list[SsoConnection]:
    """The tenant's connections, the oldest first."""
    return list(await session.exec(select(SsoConnection).order_by(col(SsoConnection.id))))


async def find_connection(
    session: Session, connection_id: UUID, *, is_locked: bool = False
) -> SsoConnection | None:
    """The tenant's connection with this id; if it `is_locked`, nobody else changes it meanwhile."""
    key = (session.info["tenant_id"], connection_id)
    return await session.get(SsoConnection, key, with_for_update=True if is_locked else None)


async def count_connections(session: Session) -> int:
    """How many connections the tenant has."""
    return (await session.exec(select(func.count()).select_from(SsoConnection))).one()


async def find_domains(session: Session, connection_id: UUID | None = None) -> list[SsoDomain]:
    """The domains of the tenant's connections, or of one, by name."""
    query = select(SsoDomain).order_by(col(SsoDomain.domain))
    if connection_id is not None:
        query = query.where(col(SsoDomain.connection_id) == connection_id)
    return list(await session.exec(query))


async def find_domain(session: Session, connection_id: UUID, domain: str) -> SsoDomain | None:
    """One of a connection's domains."""
    query = select(SsoDomain).where(
        col(SsoDomain.connection_id) == connection_id, col(SsoDomain.domain) == domain
    )
    return (await session.exec(query)).one_or_none()


async def find_domain_by_id(session: Session, domain_id: UUID) -> SsoDomain | None:
    """The tenant's domain with this id."""
    return await session.get(SsoDomain, (session.info["tenant_id"], domain_id))


async def find_identity(
    session: Session, connection_id: UUID, issuer: str, subject: str
) -> SsoIdentity | None:
    """Whom the connection means by the subject."""
    query = select(SsoIdentity).where(
        col(SsoIdentity.connection_id) == connection_id,
        col(SsoIdentity.issuer) == issuer,
        col(SsoIdentity.subject) == subject,
    )
    return (await session.exec(query)).one_or_none()


async def find_identity_of(
    session: Session, connection_id: UUID, user_id: UUID
) -> SsoIdentity | None:
    """As what the connection knows the person."""
    query = select(SsoIdentity).where(
        col(SsoIdentity.connection_id) == connection_id, col(SsoIdentity.user_id) == user_id
    )
    return (await session.exec(query)).one_or_none()


async def find_known_people(session: Session, connection_id: UUID) -> list[UUID]:
    """Whom the connection knows."""
    query = select(SsoIdentity.user_id).where(col(SsoIdentity.connection_id) == connection_id)
    return list(await session.exec(query))


async def delete_identities(session: Session, connection_id: UUID) -> None:
    """Let the connection know nobody."""
    await session.execute(
        delete(SsoIdentity).where(col(SsoIdentity.connection_id) == connection_id)
    )


async def delete_identities_of(session: Session, user_id: UUID) -> None:
    """Let no connection that the transaction sees know the person."""
    await session.execute(delete(SsoIdentity).where(col(SsoIdentity.user_id) == user_id))


async def note_log_out(session: Session, log_out: SsoLogOut) -> bool:
    """Keep a log-out; False if it was told before."""
    noted = await session.execute(
        insert(SsoLogOut)
        .values(log_out.model_dump())
        .on_conflict_do_nothing()
        .returning(col(SsoLogOut.id))
    )
    return noted.scalar_one_or_none() is not None


async def find_log_out(
    session: Session,
    connection_id: UUID,
    *,
    subject_hash: bytes,
    session_hash: bytes | None,
    issued_at: datetime,
) -> bool:
    """Whether a log-out was told of this session at the provider; or of the subject in all of them, or in one
    that is not known to be another one, at `issued_at` or later."""
    of_subject = (col(SsoLogOut.subject_hash) == subject_hash) & (
        col(SsoLogOut.issued_at) >= issued_at
    )
    if session_hash is None:
        meant = of_subject
    else:
        meant = (col(SsoLogOut.session_hash) == session_hash) | (
            of_subject & col(SsoLogOut.session_hash).is_(None)
        )
    query = select(SsoLogOut.id).where(col(SsoLogOut.connection_id) == connection_id, meant)
    return (await session.exec(query.limit(1))).one_or_none() is not None


async def delete_log_outs_over(session: Session, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` log-outs of the tenant that nothing can follow from any more."""
    over = select(SsoLogOut.id).where(col(SsoLogOut.expires_at) <= now).limit(limit)
    await session.execute(delete(SsoLogOut).where(col(SsoLogOut.id).in_(over)))


async def find_attempt(session: Session, state_hash: bytes) -> SsoAttempt | None:
    """The log-in under way with this state."""
    return await session.get(SsoAttempt, state_hash)


async def take_attempt(
    session: Session, state_hash: bytes, *, tenant_id: UUID, browser_hash: bytes
) -> SsoAttempt | None:
    """Delete the log-in under way with this state in this browser at this tenant, and return it. Of two at
    once, one gets it."""
    taken = await session.execute(
        delete(SsoAttempt)
        .where(
            col(SsoAttempt.state_hash) == state_hash,
            col(SsoAttempt.tenant_id) == tenant_id,
            col(SsoAttempt.browser_hash) == browser_hash,
        )
        .returning(SsoAttempt)
    )
    return taken.scalar_one_or_none()


async def delete_attempts_over(session: Session, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` log-ins that nobody has finished in time."""
    over = select(SsoAttempt.state_hash).where(col(SsoAttempt.expires_at) <= now).limit(limit)
    await session.execute(delete(SsoAttempt).where(col(SsoAttempt.state_hash).in_(over)))
