"""SQL of API keys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, update
from sqlmodel import col, select

from identity_svc.api_keys.models import ApiKey, ApiKeyTenant
from stagify.database import Session


async def find_unrevoked(session: Session, *, after: UUID | None, limit: int) -> Sequence[ApiKey]:
    """The tenant's keys that were not revoked, newest first, beginning after the id `after`."""
    query = select(ApiKey).where(col(ApiKey.revoked_at).is_(None))
    if after is not None:
        query = query.where(col(ApiKey.id) < after)
    return (await session.exec(query.order_by(col(ApiKey.id).desc()).limit(limit))).all()


async def count_live(session: Session, now: datetime) -> int:
    """How many of the tenant's keys are still valid."""
    live = select(func.count()).where(
        col(ApiKey.revoked_at).is_(None),
        # One that has been replaced ends soon, and does not keep anybody from replacing others.
        col(ApiKey.successor_id).is_(None),
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now),
    )
    return (await session.exec(live)).one()


async def lock_with_predecessor(session: Session, api_key_id: UUID) -> Sequence[ApiKey]:
    """The key with this id and the one that it has replaced, those that are there; locked in order."""
    query = select(ApiKey).where(
        or_(col(ApiKey.id) == api_key_id, col(ApiKey.successor_id) == api_key_id)
    )
    return (await session.exec(query.order_by(col(ApiKey.id)).with_for_update())).all()


async def lock_by_public_id(session: Session, public_id: str) -> ApiKey | None:
    """The tenant's key with this public id."""
    query = select(ApiKey).where(ApiKey.public_id == public_id).with_for_update()
    return (await session.exec(query)).one_or_none()


async def find_tenants(session: Session, public_id: str) -> Sequence[UUID]:
    """The tenants that have a key with this public id: hardly ever more than one."""
    query = select(ApiKeyTenant.tenant_id).where(ApiKeyTenant.public_id == public_id)
    return (await session.exec(query)).all()


async def suspend_all(session: Session, created_by: UUID, at: datetime) -> list[UUID]:
    """Suspend the keys that act for their creator; the ids of those that were not yet."""
    return await _set_suspended(session, created_by, since=None, until=at)


async def resume_all(session: Session, created_by: UUID, suspended_at: datetime) -> list[UUID]:
    """Let the keys that were suspended in that moment count again; their ids."""
    return await _set_suspended(session, created_by, since=suspended_at, until=None)


async def _set_suspended(
    session: Session, created_by: UUID, *, since: datetime | None, until: datetime | None
) -> list[UUID]:
    found = select(ApiKey.id).where(
        ApiKey.created_by == created_by,
        col(ApiKey.service_account_id).is_(None),
        col(ApiKey.revoked_at).is_(None),
        col(ApiKey.suspended_at).is_not_distinct_from(since),
    )
    # In order: those who write when keys were used lock them in order too.
    ids = list(await session.exec(found.order_by(col(ApiKey.id)).with_for_update()))
    await session.execute(update(ApiKey).where(col(ApiKey.id).in_(ids)).values(suspended_at=until))
    return ids


async def lock_of_account(session: Session, service_account_id: UUID) -> Sequence[ApiKey]:
    """The keys of a service account that were not revoked."""
    query = select(ApiKey).where(
        col(ApiKey.service_account_id) == service_account_id, col(ApiKey.revoked_at).is_(None)
    )
    return (await session.exec(query.order_by(col(ApiKey.id)).with_for_update())).all()


async def delete_dead(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` of the tenant's keys that were revoked or ran out `before`."""
    dead = (
        select(ApiKey.id)
        .where(or_(col(ApiKey.revoked_at) <= before, col(ApiKey.expires_at) <= before))
        .limit(limit)
    )
    gone = delete(ApiKey).where(col(ApiKey.id).in_(dead))
    ids = (await session.execute(gone.returning(col(ApiKey.public_id)))).scalars().all()
    # Another tenant's key may have the same public id.
    await session.execute(
        delete(ApiKeyTenant).where(
            col(ApiKeyTenant.public_id).in_(ids),
            ApiKeyTenant.tenant_id == session.info["tenant_id"],
        )
    )
