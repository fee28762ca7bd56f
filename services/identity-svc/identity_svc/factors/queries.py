"""SQL of second factors, and of what waits for them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select

from identity_svc.factors.models import (
    Challenge,
    FactorOwner,
    Passkey,
    PendingTotp,
    RecoveryCode,
    Totp,
)
from stagify.database import Session

# Jumps from host to host in the index, however many passkeys there are.
PASSKEY_HOSTS = text(
    "WITH RECURSIVE hosts AS ("
    " SELECT min(rp_id) AS host FROM passkeys"
    " UNION ALL SELECT (SELECT min(rp_id) FROM passkeys WHERE rp_id > host) FROM hosts WHERE host IS NOT NULL"
    ") SELECT host FROM hosts WHERE host IS NOT NULL"
)


async def count_factors(session: Session, user_id: UUID, rp_id: str) -> tuple[int, int, int, bool]:
    """How many apps for codes, passkeys of this host and recovery codes the person has, and whether they
    are always asked for one."""
    apps, passkeys, codes = (
        select(func.count()).select_from(table).where(col(table.user_id) == user_id)
        for table in (Totp, Passkey, RecoveryCode)
    )
    counts = (apps, passkeys.where(col(Passkey.rp_id) == rp_id), codes)
    owner = select(FactorOwner.is_always_asked).where(col(FactorOwner.user_id) == user_id)
    query = select(  # type: ignore[call-overload]
        *(each.scalar_subquery() for each in counts), owner.scalar_subquery()
    )
    *found, is_always_asked = (await session.execute(query)).one()
    return *found, bool(is_always_asked)


async def get_owner(session: Session, user_id: UUID, handle: bytes) -> FactorOwner:
    """What holds for all factors of the person; with this `handle`, if there is nothing yet."""
    await session.execute(
        insert(FactorOwner)
        .values(user_id=user_id, handle=handle, is_always_asked=False)
        .on_conflict_do_nothing(index_elements=[col(FactorOwner.user_id)])
    )
    return await session.get_one(FactorOwner, user_id, populate_existing=True)


async def find_owner(session: Session, user_id: UUID) -> FactorOwner | None:
    """The same, if there is something."""
    return await session.get(FactorOwner, user_id)


async def find_totp(session: Session, user_id: UUID) -> Totp | None:
    """The person's app for codes."""
    return await session.get(Totp, user_id, populate_existing=True)


async def use_step(session: Session, user_id: UUID, step: int, now: datetime) -> bool:
    """Use up the code of a step, and of all before it; False if it was used already. Of many at once, one
    gets True."""
    used = await session.execute(
        update(Totp)
        .where(col(Totp.user_id) == user_id, col(Totp.last_step) < step)
        .values(last_step=step, last_used_at=now)
        .returning(col(Totp.user_id))
    )
    return used.first() is not None


async def burn_steps(session: Session, user_id: UUID, step: int) -> None:
    """Let no code of this step, or of one before it, be used any more."""
    await session.execute(
        update(Totp)
        .where(col(Totp.user_id) == user_id, col(Totp.last_step) < step)
        .values(last_step=step)
    )


async def replace_totp(session: Session, totp: Totp) -> None:
    """Keep an app for codes in place of the one that the person has."""
    await session.execute(delete(Totp).where(col(Totp.user_id) == totp.user_id))
    session.add(totp)
    await session.flush()


async def find_pending_totp(
    session: Session, user_id: UUID, session_id: UUID, now: datetime
) -> PendingTotp | None:
    """The app that is being set up in a session."""
    query = select(PendingTotp).where(
        col(PendingTotp.user_id) == user_id,
        col(PendingTotp.session_id) == session_id,
        col(PendingTotp.expires_at) > now,
    )
    return (await session.exec(query)).one_or_none()


async def delete_pending_totps(session: Session, user_id: UUID) -> None:
    """Delete what the person is setting up, in all sessions."""
    await session.execute(delete(PendingTotp).where(col(PendingTotp.user_id) == user_id))


async def delete_totp(session: Session, user_id: UUID) -> bool:
    """Delete the person's app for codes; False if there is none."""
    gone = await session.execute(
        delete(Totp).where(col(Totp.user_id) == user_id).returning(col(Totp.user_id))
    )
    return gone.first() is not None


async def use_recovery_code(session: Session, user_id: UUID, code_hash: bytes) -> bool:
    """Use up a recovery code; False if it is not one of the person's. Of two at once, one gets True."""
    used = await session.execute(
        delete(RecoveryCode)
        .where(col(RecoveryCode.user_id) == user_id, col(RecoveryCode.code_hash) == code_hash)
        .returning(col(RecoveryCode.user_id))
    )
    return used.first() is not None


async def replace_recovery_codes(
    session: Session, user_id: UUID, code_hashes: Collection[bytes]
) -> None:
    """Give the person these recovery codes instead of those that they have."""
    await session.execute(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=each) for each in code_hashes)


async def list_passkey_hosts(session: Session) -> list[str]:
    """All hosts that there are passkeys of; none before the first migration."""
    is_there = await session.execute(text("SELECT to_regclass('passkeys') IS NOT NULL"))
    if not is_there.scalar_one():
        return []
    return list((await session.execute(PASSKEY_HOSTS)).scalars())


async def list_passkeys(session: Session, user_id: UUID, rp_id: str) -> list[Passkey]:
    """The person's passkeys of this host, oldest first."""
    query = select(Passkey).where(col(Passkey.user_id) == user_id, col(Passkey.rp_id) == rp_id)
    return list(await session.exec(query.order_by(col(Passkey.created_at), col(Passkey.id))))


async def find_passkey(session: Session, credential_id: bytes) -> Passkey | None:
    """The passkey that its authenticator knows by this id, whosever it is."""
    query = select(Passkey).where(col(Passkey.credential_id) == credential_id)
    return (await session.exec(query)).one_or_none()


async def find_own_passkey(session: Session, user_id: UUID, passkey_id: UUID) -> Passkey | None:
    """A passkey of the person."""
    query = select(Passkey).where(col(Passkey.user_id) == user_id, col(Passkey.id) == passkey_id)
    return (await session.exec(query)).one_or_none()


async def add_passkey(session: Session, passkey: Passkey) -> bool:
    """Keep a new passkey; False if its id is known already."""
    made = await session.execute(
        insert(Passkey)
        .values(passkey.model_dump())
        .on_conflict_do_nothing(index_elements=[col(Passkey.credential_id)])
        .returning(col(Passkey.id))
    )
    return made.first() is not None


async def note_use(session: Session, passkey: Passkey, sign_count: int, now: datetime) -> None:
    """Write that a passkey was used, and what its authenticator counts."""
    await session.execute(
        update(Passkey)
        .where(col(Passkey.id) == passkey.id)
        .values(sign_count=sign_count, last_used_at=now)
    )


async def delete_all(session: Session, user_id: UUID) -> None:
    """Delete all second factors of the person, and what waits for one."""
    for table in (Challenge, PendingTotp, Totp, Passkey, RecoveryCode):
        await session.execute(delete(table).where(col(table.user_id) == user_id))


async def lock_challenge(session: Session, challenge_id: UUID) -> Challenge | None:
    """A challenge, at which only one answer is looked at until the transaction ends."""
    return await session.get(Challenge, challenge_id, with_for_update=True, populate_existing=True)


async def take_challenge(session: Session, challenge: Challenge) -> bool:
    """Use up a challenge; False if that has been done. Of two at once, one gets True."""
    taken = await session.execute(
        delete(Challenge).where(col(Challenge.id) == challenge.id).returning(col(Challenge.id))
    )
    return taken.first() is not None


async def keep_answered(session: Session, challenge: Challenge) -> bool:
    """Note that a challenge was answered of which there is no row; False if that has been done. Of two at
    once, one gets True."""
    kept = await session.execute(
        insert(Challenge)
        .values(challenge.model_dump())
        .on_conflict_do_nothing(index_elements=[col(Challenge.id)])
        .returning(col(Challenge.id))
    )
    return kept.first() is not None


async def delete_over(session: Session, *, now: datetime, limit: int) -> None:
    """Delete up to `limit` challenges that nobody has answered in time, and as many apps that nobody
    has finished setting up."""
    over = select(Challenge.id).where(col(Challenge.expires_at) <= now).limit(limit)
    await session.execute(delete(Challenge).where(col(Challenge.id).in_(over)))
    unfinished = (
        select(PendingTotp.session_id).where(col(PendingTotp.expires_at) <= now).limit(limit)
    )
    await session.execute(delete(PendingTotp).where(col(PendingTotp.session_id).in_(unfinished)))
