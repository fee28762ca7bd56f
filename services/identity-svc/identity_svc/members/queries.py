"""SQL of memberships, of now and of lately."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, func, select

from identity_svc.members.models import FormerMember, Membership
from stagify.database import Session


async def find_own(session: Session, user_id: UUID) -> dict[UUID, str]:
    """The person's role in each tenant that the transaction sees, by the tenant's id."""
    query = select(Membership.tenant_id, Membership.role).where(col(Membership.user_id) == user_id)
    return {tenant_id: role for tenant_id, role in await session.exec(query)}


async def find_membership(
    session: Session, user_id: UUID, *, is_held: bool = False
) -> Membership | None:
    """The person's membership in the tenant. If it `is_held`, it cannot end until the transaction does."""
    query = select(Membership).where(col(Membership.user_id) == user_id)
    if is_held:
        query = query.with_for_update(read=True, key_share=True)
    return (await session.exec(query)).one_or_none()


async def find_logged_out_at(session: Session, user_id: UUID) -> datetime | None:
    """When all of the person's sessions in the tenant have last been ended, as the database has it."""
    query = select(Membership.logged_out_at).where(col(Membership.user_id) == user_id)
    return (await session.exec(query)).one_or_none()


async def count_owners(session: Session) -> int:
    """How many owners the tenant has."""
    query = select(func.count()).select_from(Membership).where(Membership.role == "owner")
    return (await session.exec(query)).one()


async def count_all(session: Session) -> int:
    """How many members the tenant has."""
    return (await session.exec(select(func.count()).select_from(Membership))).one()


async def find_owner_ids(session: Session) -> Sequence[UUID]:
    """Who the tenant's owners are."""
    return (await session.exec(select(Membership.user_id).where(Membership.role == "owner"))).all()


async def find_former(session: Session, user_id: UUID) -> FormerMember | None:
    """What is remembered of somebody who was removed."""
    query = select(FormerMember).where(col(FormerMember.user_id) == user_id)
    return (await session.exec(query)).one_or_none()


async def find_members(session: Session, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these people who are members."""
    query = select(Membership.user_id).where(col(Membership.user_id).in_(user_ids))
    return set(await session.exec(query))


async def find_holders(session: Session, custom_role_id: UUID) -> Sequence[Membership]:
    """Who has this role of the tenant's own."""
    query = select(Membership).where(col(Membership.custom_role_id) == custom_role_id)
    return (await session.exec(query)).all()


async def find_page(session: Session, *, after: UUID | None, limit: int) -> Sequence[Membership]:
    """The tenant's members, newest first, beginning after the id `after`."""
    query = select(Membership)
    if after is not None:
        query = query.where(col(Membership.id) < after)
    return (await session.exec(query.order_by(col(Membership.id).desc()).limit(limit))).all()


async def find_former_page(
    session: Session, *, since: datetime, after: UUID | None, limit: int
) -> Sequence[FormerMember]:
    """The same of those who were removed `since` then."""
    query = select(FormerMember).where(col(FormerMember.removed_at) > since)
    if after is not None:
        query = query.where(col(FormerMember.id) < after)
    return (await session.exec(query.order_by(col(FormerMember.id).desc()).limit(limit))).all()


async def delete_former(session: Session, *, before: datetime, limit: int) -> None:
    """Delete up to `limit` of those who were removed `before`."""
    over = select(FormerMember.id).where(col(FormerMember.removed_at) <= before).limit(limit)
    await session.execute(delete(FormerMember).where(col(FormerMember.id).in_(over)))
