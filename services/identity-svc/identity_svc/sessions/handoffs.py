"""Hand-offs: how a person goes from the platform's host into one of their tenants without a password.

The tenant's host first gives the browser a nonce in a cookie, and its page the hash of it, the challenge.
For that challenge a session on the platform's host gets a code, which travels in the fragment of an
address, where no server sees it. The code is worth something for a minute, once, at that tenant, with the
nonce, and as long as the session it comes from has not ended. So nobody can send somebody else into an
account that is not theirs: that browser has another nonce.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import new_token
from identity_svc.members.service import find_role, hold_role, is_logged_out_since
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions import persons, queries
from identity_svc.sessions.devices import DeviceOwner
from identity_svc.sessions.errors import (
    InvalidHandoffError,
    SsoRequiredError,
    TenantNotFoundError,
    TenantProvisioningError,
)
from identity_svc.sessions.models import Handoff
from identity_svc.sessions.service import (
    Browser,
    Facts,
    LogIn,
    is_kept_out,
    open_session,
    revoke_session,
)
from identity_svc.tenants.service import TenantSuspendedError, find_tenant
from identity_svc.throttling.service import Limit, count_attempt, limits_of_source
from stagify.auth import StepUpRequiredError
from stagify.clock import utc_now
from stagify.database import Session
from stagify.source import Source

HANDOFFS = Counter("stagify_identity_handoffs", "Hand-offs: asked for, used, refused.", ["outcome"])

LIFE = timedelta(minutes=1)
# Long enough to log in on the platform's host on the way.
NONCE_LIFE = timedelta(minutes=5)
# A browser has one for each host that it is opened at; many people may be behind one source.
PER_PERSON_MINUTE, PER_SOURCE_MINUTE = 30, 120
MINUTE = timedelta(minutes=1)

_NONCE = re.compile(r"[A-Za-z0-9_-]{43}")


def nonce_for(cookie: str) -> str:
    """The nonce for a browser: the one that it has, so that two of its pages do not get into each other's
    way, or a new one."""
    return cookie if _NONCE.fullmatch(cookie) else new_token()


def challenge_of(nonce: str) -> str:
    """The hash of a nonce, 43 characters of base64url."""
    digest = hashlib.sha256(nonce.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class HandoffRequest:
    """Who wants to go where, and with which browser; `token` is that of a session on the platform's
    host."""

    token: str
    tenant_id: UUID
    challenge: str
    # The value of the device cookie on the platform's host, whatever it is worth.
    device_cookie: str = ""


@dataclass(frozen=True, slots=True)
class NewHandoff:
    """The address that leads into the tenant, with the only copy of the code, and until when."""

    url: str
    expires_at: datetime


async def hand_off(parts: Parts, *, request: HandoffRequest) -> NewHandoff:
    """Let a person into a tenant of theirs that is active. A tenant of others seems not to exist. Whom
    somebody has logged out there since they logged in here proves first who they are."""
    async with parts.database.system() as session:
        person = await persons.get_person(session, parts.digester, request.token)
        asking = parts.digester.digest("throttle", "handoff", str(person.user_id))
        # Committed whatever follows, so that looking for tenants has a price too.
        await count_attempt(
            session, Limit("handoff_person_minute", asking, PER_PERSON_MINUTE, MINUTE)
        )
    async with parts.database.tenant(request.tenant_id) as session:
        slug = await _require_open(session, request.tenant_id, person.user_id)
        if await is_logged_out_since(session, person.user_id, person.auth_time):
            raise StepUpRequiredError
        account = await people.get_account(session, person.user_id)
        code, expires_at = new_token(), utc_now() + LIFE
        owner = DeviceOwner(account.id, account.password_hash)
        session.add(
            Handoff(
                tenant_id=request.tenant_id,
                user_id=person.user_id,
                parent_id=person.session_id,
                code_hash=parts.digester.digest("handoff", code),
                challenge=request.challenge,
                device_id=parts.devices.find(request.device_cookie, owner),
                expires_at=expires_at,
            )
        )
    HANDOFFS.labels("asked").inc()
    return NewHandoff(f"{parts.settings.tenant_url(slug)}/enter#code={code}", expires_at)


async def _require_open(session: Session, tenant_id: UUID, user_id: UUID) -> str:
    """The name of the tenant, if the person belongs to it and it is active."""
    role, tenant = await find_role(session, user_id), await find_tenant(session, tenant_id)
    if role is None or tenant is None or tenant.status == "expired":
        raise TenantNotFoundError
    if tenant.status == "provisioning":
        raise TenantProvisioningError
    if tenant.status != "active":
        raise TenantSuspendedError
    if await is_kept_out(session, tenant_id, role):
        raise SsoRequiredError
    return tenant.slug


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser shows at a tenant's host, and from where; and the session that is replaced."""

    tenant_id: UUID
    code: str
    nonce: str
    source: Source
    browser: Browser
    replaces: UUID | None = None


async def use_handoff(parts: Parts, *, arrival: Arrival) -> LogIn:
    """A session for the person whose hand-off this is; InvalidHandoffError if it is not valid here and
    now for this browser, for whatever reason. Either way it is used up."""
    limits = limits_of_source(
        parts.digester, "handoff_source_minute", arrival.source, PER_SOURCE_MINUTE, MINUTE
    )
    async with parts.database.system() as session:
        await count_attempt(session, *limits)
    async with parts.database.tenant(arrival.tenant_id) as session:
        made = await _let_in(session, parts, arrival)
    # Outside of the block, because the use of a code has to be committed.
    if made is None:
        HANDOFFS.labels("refused").inc()
        raise InvalidHandoffError
    HANDOFFS.labels("used").inc()
    return made


async def _let_in(session: Session, parts: Parts, arrival: Arrival) -> LogIn | None:
    code_hash = parts.digester.digest("handoff", arrival.code)
    taken = await queries.take_handoff(session, code_hash)
    if taken is None or taken.expires_at <= utc_now():
        return None
    # A browser without a nonce has no challenge, not even the hash of nothing.
    if not _NONCE.fullmatch(arrival.nonce):
        return None
    if not hmac.compare_digest(challenge_of(arrival.nonce), taken.challenge):
        return None
    account = await people.get_account(session, taken.user_id)
    # Whoever changes the password ends all sessions, but does not know of this one yet.
    if not await people.hold_password(session, account):
        return None
    person = await persons.hold_person(session, taken.parent_id)
    role = await hold_role(session, taken.user_id)
    if person is None or role is None:
        return None
    if await is_logged_out_since(session, taken.user_id, person.auth_time):
        return None
    if await is_kept_out(session, arrival.tenant_id, role):
        raise SsoRequiredError
    if arrival.replaces is not None:
        await revoke_session(session, tenant_id=arrival.tenant_id, session_id=arrival.replaces)
    facts = Facts(
        amr=person.amr,
        auth_time=person.auth_time,
        expires_at=person.expires_at,
        parent_id=person.session_id,
    )
    return await open_session(
        session,
        parts,
        tenant_id=arrival.tenant_id,
        account=account,
        role=role,
        facts=facts,
        device_cookie=parts.devices.renew(
            arrival.browser.device_cookie,
            DeviceOwner(account.id, account.password_hash),
            device_id=taken.device_id,
        ),
        user_agent=arrival.browser.user_agent,
    )
