"""The end of an account: memberships end, names and addresses go, ids stay in what was written.

No tenant is left without an owner: all of them are asked before anything ends. Somebody who becomes a
tenant's last owner in between keeps the account, and what has ended by then.
"""

from uuid import UUID

from identity_svc.departures.service import leave, require_not_last_owner
from identity_svc.factors.service import remove_all_factors
from identity_svc.members.service import find_own_roles
from identity_svc.parts import Parts
from identity_svc.password_resets.service import end_resets
from identity_svc.people import service as people
from identity_svc.sessions.service import Person, end_own_sessions
from identity_svc.sso.service import forget_identities_of
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import UnauthorizedError
from stagify.events.identity import UserDeleted
from stagify.outbox import publish


async def delete_account(parts: Parts, person: Person) -> None:
    """End the person's account, and all that is theirs alone; LastOwnerError if a tenant would be left
    without an owner."""
    user_id = person.user_id
    for tenant_id in await _memberships(parts, user_id):
        async with parts.database.tenant(tenant_id) as session:
            await require_not_last_owner(session, tenant_id=tenant_id, user_id=user_id)
    # Once more, if they have joined another one meanwhile.
    while tenants := await _memberships(parts, user_id):
        for tenant_id in tenants:
            async with parts.database.tenant(tenant_id) as session:
                await leave(session, tenant_id=tenant_id, user_id=user_id)
    async with parts.person_database.person(user_id) as session:
        await _erase(session, user_id)


async def _memberships(parts: Parts, user_id: UUID) -> list[UUID]:
    async with parts.person_database.person(user_id) as session:
        return sorted(await find_own_roles(session, user_id))


async def _erase(session: Session, user_id: UUID) -> None:
    account = await people.lock_account(session, user_id)
    if await find_own_roles(session, user_id):
        # They have joined a tenant in this very moment, by an invitation: nothing is lost by asking again.
        raise UnauthorizedError
    await end_own_sessions(session, user_id)
    await end_resets(session, account)
    await remove_all_factors(session, user_id)
    await forget_identities_of(session, user_id)
    await people.rest_address(session, account.email, until=utc_now() + people.REST, of=user_id)
    await people.erase(session, user_id)
    publish(session, UserDeleted(user_id=user_id))
