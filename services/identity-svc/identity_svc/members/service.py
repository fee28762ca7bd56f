"""Memberships: a person's role in a tenant."""

from typing import cast
from uuid import UUID

from identity_svc.members import queries
from identity_svc.members.models import Membership
from identity_svc.roles.schemas import Role
from stagify.database import Session
from stagify.events.identity import MemberJoined
from stagify.outbox import publish


async def add_member(session: Session, *, tenant_id: UUID, user_id: UUID, role: Role) -> Membership:
    """Let a person into the tenant."""
    membership = Membership(tenant_id=tenant_id, user_id=user_id, role=role)
    session.add(membership)
    await session.flush()
    publish(session, MemberJoined(tenant_id=tenant_id, user_id=user_id, role=role))
    return membership


async def find_own_roles(session: Session, user_id: UUID) -> dict[UUID, str]:
    """The person's role in each of their tenants, by its id; in a transaction of the person."""
    return await queries.find_own(session, user_id)


async def find_role(session: Session, user_id: UUID) -> Role | None:
    """The person's role in the session's tenant; None if they have none."""
    return cast(Role | None, await queries.find_role(session, user_id))
