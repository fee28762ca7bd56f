"""What people do with their own account: what they say about themselves, and their sessions.

It works in a transaction of the person, on whichever host they call.
"""

from uuid import UUID

from identity_svc.me.errors import OwnSessionNotFoundError
from identity_svc.me.schemas import (
    MeUpdate,
    OwnSessionRead,
    OwnSessions,
    OwnTenantRead,
    OwnTenants,
)
from identity_svc.members.service import find_own_roles
from identity_svc.people import service as people
from identity_svc.people.service import Account
from identity_svc.sessions.service import (
    OwnSession,
    Person,
    end_own_session,
    end_own_sessions,
    list_own_sessions,
)
from identity_svc.settings import Settings
from identity_svc.tenants.service import find_tenants
from stagify.database import Session


async def update_me(session: Session, person: Person, wanted: MeUpdate) -> Account:
    """Change what the person says about themselves."""
    # Only what was sent: null is a value of its own.
    said = wanted.model_dump(exclude_unset=True)
    return await people.update_account(session, person.user_id, said)


async def list_tenants(session: Session, person: Person, settings: Settings) -> OwnTenants:
    """The person's workspaces; those whose sign-up was never finished are none."""
    roles = await find_own_roles(session, person.user_id)
    tenants = (await find_tenants(session, roles)).values()
    found = [
        OwnTenantRead(
            id=each.id,
            slug=each.slug,
            name=each.name,
            url=settings.tenant_url(each.slug),
            role=roles[each.id],
            status=each.status,
        )
        for each in tenants
        if each.status != "expired"
    ]
    return OwnTenants(items=sorted(found, key=lambda each: (each.name.casefold(), each.slug)))


async def list_sessions(session: Session, person: Person, settings: Settings) -> OwnSessions:
    """The person's sessions on all hosts."""
    found = await list_own_sessions(session, person.user_id)
    return OwnSessions(items=[_read(each, person, settings) for each in found])


async def end_session(session: Session, person: Person, session_id: UUID) -> None:
    """End one of the person's sessions at once, also the one in which they call."""
    if not await end_own_session(session, person.user_id, session_id):
        raise OwnSessionNotFoundError


async def end_other_sessions(session: Session, person: Person) -> None:
    """End all of the person's sessions but the one in which they call, and whatever was begun by now to get
    one: log-ins that wait for a second factor, and hand-offs."""
    await people.lock_account(session, person.user_id)
    await end_own_sessions(session, person.user_id, keep=person.session_id)
    await people.end_attempts(session, person.user_id)


def _read(each: OwnSession, person: Person, settings: Settings) -> OwnSessionRead:
    return OwnSessionRead(
        id=each.id,
        host=settings.tenant_host(each.tenant.slug) if each.tenant else settings.platform_host,
        device=each.device,
        created_at=each.created_at,
        last_seen_at=each.last_seen_at,
        is_current=each.id == person.session_id,
    )
