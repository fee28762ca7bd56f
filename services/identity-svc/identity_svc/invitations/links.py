"""Links by which several people may come in: made, listed, revoked. Who may use one is decided where it is
accepted."""

import secrets
from datetime import timedelta
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.invitations import queries
from identity_svc.invitations.errors import ExpiryOutOfRangeError, InvitationLinkNotFoundError
from identity_svc.invitations.models import InvitationLink, InvitationToken
from identity_svc.invitations.schemas import (
    InvitationLinkCreate,
    InvitationLinkCreated,
    InvitationLinkPage,
    InvitationLinkRead,
)
from identity_svc.invitations.service import LIFE, TOKEN_BYTES, invitation_hash, require_invitable
from identity_svc.members.service import require_actor
from identity_svc.roles.service import find_role
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import InvitationLinkCreated as InvitationLinkCreatedEvent
from stagify.events.identity import InvitationLinkRevoked
from stagify.outbox import publish
from stagify.pagination import PageParams, encode_cursor
from stagify.principal import TenantPrincipal

LONGEST_LIFE = timedelta(days=30)


async def create_link(
    session: Session,
    *,
    principal: TenantPrincipal,
    wanted: InvitationLinkCreate,
    digester: Digester,
    app_url: str,
) -> InvitationLinkCreated:
    """Make a link; its address has the only copy of its secret."""
    own = await require_actor(session, principal, "members:manage")
    role = await find_role(session, wanted.role)
    require_invitable(own, role)
    now = utc_now()
    expires_at = wanted.expires_at or now + LIFE
    if not now < expires_at <= now + LONGEST_LIFE:
        raise ExpiryOutOfRangeError
    assert principal.user_id is not None
    link = InvitationLink(
        tenant_id=principal.tenant_id,
        role=role.key,
        created_by=principal.user_id,
        domains=sorted(set(wanted.domains)),
        max_uses=wanted.max_uses,
        expires_at=expires_at,
    )
    session.add(link)
    await session.flush()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        InvitationToken(
            token_hash=invitation_hash(digester, token), tenant_id=link.tenant_id, link_id=link.id
        )
    )
    publish(
        session,
        InvitationLinkCreatedEvent(tenant_id=link.tenant_id, link_id=link.id, role=link.role),
    )
    return InvitationLinkCreated(**_read(link).model_dump(), url=f"{app_url}/join#token={token}")


async def list_links(session: Session, params: PageParams) -> InvitationLinkPage:
    """The links that were not revoked, newest first."""
    found = await queries.find_links(session, after=params.after, limit=params.limit + 1)
    shown = found[: params.limit]
    next_cursor = encode_cursor(shown[-1].id) if len(found) > params.limit else None
    return InvitationLinkPage(items=[_read(link) for link in shown], next_cursor=next_cursor)


async def revoke_link(session: Session, *, principal: TenantPrincipal, link_id: UUID) -> None:
    """End a link at once; if it is revoked already, nothing changes."""
    await require_actor(session, principal, "members:manage")
    link = await queries.lock_link(session, link_id)
    if link is None:
        raise InvitationLinkNotFoundError
    if link.revoked_at is None:
        link.revoked_at = utc_now()
        publish(session, InvitationLinkRevoked(tenant_id=link.tenant_id, link_id=link.id))


def _read(link: InvitationLink) -> InvitationLinkRead:
    return InvitationLinkRead.model_validate(link.model_dump())
