"""An owner takes the second factors of a member away who has lost them.

It happens a day later, and the person is told at once: who still has a factor says no, in any session of
theirs. Nobody is logged in by it; the next log-in asks for the password alone, and in a tenant that requires
a factor leads to setting one up. It ends all sessions of the person, as every change of factors does.
"""

from datetime import datetime, timedelta
from uuid import UUID

from identity_svc.factors.service import find_factors, remove_all_factors
from identity_svc.lost_factors import queries
from identity_svc.lost_factors.errors import (
    FactorResetNotFoundError,
    NoFactorsError,
    OwnFactorsError,
)
from identity_svc.lost_factors.models import FactorReset
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import find_role, get_member, require_actor, role_of
from identity_svc.parts import Parts
from identity_svc.password_resets.service import end_resets
from identity_svc.people import service as people
from identity_svc.roles.service import require_covers
from identity_svc.sessions.service import Person, end_own_sessions
from stagify import cause
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import FactorRemoved, FactorResetCancelled, FactorResetRequested
from stagify.outbox import publish
from stagify.principal import TenantPrincipal
from stagify.tasks.queue import enqueue

NOTICE = timedelta(days=1)
NOTE_LIFE = timedelta(days=1)
PERMISSION = "ownership:transfer"
TASK = "factor_reset.due"


async def request_reset(
    session: Session, parts: Parts, *, principal: TenantPrincipal, member_id: UUID
) -> datetime:
    """Have a member's second factors taken away in a day; asked for again, at the same time."""
    own = await require_actor(session, principal, PERMISSION)
    member = await get_member(session, member_id)
    require_covers(own, (await role_of(session, member)).permissions)
    assert principal.user_id is not None
    if member.user_id == principal.user_id:
        raise OwnFactorsError
    if not (await find_factors(session, parts, member.user_id)).methods:
        raise NoFactorsError
    found = await queries.find_of(session, member.user_id)
    if found is not None:
        return found.due_at
    reset = FactorReset(
        tenant_id=principal.tenant_id,
        user_id=member.user_id,
        requested_by=principal.user_id,
        due_at=utc_now() + NOTICE,
    )
    session.add(reset)
    await session.flush()
    publish(session, FactorResetRequested(tenant_id=principal.tenant_id, user_id=member.user_id))
    await queue_mail(
        session, kind=MailKind.FACTOR_RESET, subject_id=member.user_id, give_up_at=reset.due_at
    )
    await enqueue(
        session,
        TASK,
        {"user_id": str(member.user_id)},
        key=str(member.user_id),
        due_at=reset.due_at,
    )
    return reset.due_at


async def list_own(session: Session, person: Person) -> list[datetime]:
    """When the person's factors are to be taken away; in a transaction of the person."""
    return [each.due_at for each in await queries.list_own(session, person.user_id)]


async def refuse(session: Session, person: Person) -> None:
    """The person keeps their factors; FactorResetNotFoundError if nobody wants to take them away."""
    tenants = await queries.delete_own(session, person.user_id)
    if not tenants:
        raise FactorResetNotFoundError
    for tenant_id in tenants:
        publish(session, FactorResetCancelled(tenant_id=tenant_id, user_id=person.user_id))


async def carry_out(parts: Parts, tenant_id: UUID, user_id: UUID) -> None:
    """Take the factors away, if the day is over, the person has not said no, and whoever asked for it may
    still do so. Repeated, it changes nothing."""
    async with parts.database.tenant(tenant_id) as session:
        reset = await queries.find_of(session, user_id)
        if reset is None or reset.due_at > utc_now():
            return
        by = await find_role(session, reset.requested_by)
        if by is None or PERMISSION not in by.permissions:
            await queries.delete_reset(session, reset.id)
            return
    with cause.named(f"user:{reset.requested_by}"):
        async with parts.person_database.person(user_id) as session:
            account = await people.lock_account(session, user_id)
            # Whoever says no at this moment is first, or too late.
            if tenant_id not in await queries.delete_own(session, user_id):
                return
            await end_own_sessions(session, user_id)
            await remove_all_factors(session, user_id)
            await people.end_attempts(session, user_id)
            await end_resets(session, account)
            publish(session, FactorRemoved(user_id=user_id, factor="all", means="reset"))
            await queue_mail(
                session,
                kind=MailKind.FACTORS_CHANGED,
                subject_id=user_id,
                give_up_at=utc_now() + NOTE_LIFE,
            )
