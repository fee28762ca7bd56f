"""Sessions begin: for somebody who has shown who they are, on a tenant's host or on the platform's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity_svc.digests.service import new_token
from identity_svc.factors.service import is_multi_factor
from identity_svc.members.service import hold_role
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.roles.service import OWNER, Role
from identity_svc.sessions import devices, models
from identity_svc.sessions.cookies import DEVICE_COOKIE_NAME, Cookie, cookie
from identity_svc.sessions.device_names import device_name
from identity_svc.sessions.devices import DeviceOwner
from identity_svc.sessions.ending import revoke_session
from identity_svc.sessions.errors import SsoRequiredError
from identity_svc.sessions.own import OpenSession, with_token
from identity_svc.sessions.persons import (
    BY_PASSWORD,
    end_person_session,
    find_person,
    open_person_session,
)
from identity_svc.sessions.proofs import renewed_cookie
from identity_svc.sessions.tokens import LIFE, session_hash
from identity_svc.tenants.service import (
    KnownTenant,
    find_mfa_due,
    get_tenant,
    is_sso_enforced,
)
from stagify.clock import utc_now
from stagify.database import Session


@dataclass(frozen=True, slots=True)
class Browser:
    """The values of the cookies by which it is known and by which it finishes a log-in, whatever they are
    worth, and what the browser says it is."""

    device_cookie: str = ""
    user_agent: str = ""
    challenge_secret: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An account, and how somebody has just shown that it is theirs."""

    account: people.Account
    amr: tuple[str, ...] = BY_PASSWORD


@dataclass(frozen=True, slots=True)
class PersonLogIn:
    """A new session on the platform's host, and the new value of the device cookie."""

    session: OpenSession
    device_cookie: str
    account: people.Account


@dataclass(frozen=True, slots=True)
class LogIn(PersonLogIn):
    """A new session in a tenant."""

    role: Role
    tenant: KnownTenant
    # From when on the session may do nothing but show or set up a second factor; None if never.
    mfa_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """How and when somebody proved who they are, how long that is good for, and the session on the
    platform's host that it was proved for, if it was there."""

    amr: Sequence[str]
    auth_time: datetime
    expires_at: datetime
    parent_id: UUID | None = None
    sso_connection_id: UUID | None = None
    # What is kept of the session at the provider, if it has a name.
    sso_session_hash: bytes | None = None


async def is_kept_out(session: Session, tenant_id: UUID, role: Role | None) -> bool:
    """Whether the tenant lets somebody with this role in by their company's log-in only. Owners have another
    way always: when the provider fails, somebody has to get in."""
    is_bound = role is not None and role != OWNER
    return is_bound and await is_sso_enforced(session, tenant_id)


async def enter(
    session: Session,
    parts: Parts,
    browser: Browser,
    *,
    tenant_id: UUID,
    shown: Shown,
    replaces: UUID | None,
) -> LogIn | None:
    """A session in the tenant for a member who has shown who they are, in place of the one that the
    browser has there, if any; None if they are no member any more, or have another password."""
    account = shown.account
    if replaces is not None:
        await revoke_session(session, tenant_id=tenant_id, session_id=replaces)
    # Checked again: during the hashing the password may have been changed, and the member removed.
    if not await people.hold_password(session, account):
        return None
    role = await hold_role(session, account.id)
    if role is None:
        return None
    if await is_kept_out(session, tenant_id, role):
        raise SsoRequiredError
    now = utc_now()
    return await open_session(
        session,
        parts,
        tenant_id=tenant_id,
        account=account,
        role=role,
        facts=Facts(shown.amr, auth_time=now, expires_at=now + LIFE),
        device_cookie=parts.devices.renew(browser.device_cookie, owner_of(account)),
        user_agent=browser.user_agent,
    )


async def sign_in(
    session: Session,
    parts: Parts,
    browser: Browser,
    *,
    shown: Shown,
    replaces: str = "",
) -> PersonLogIn | None:
    """A session on the platform's host for somebody who has just shown who they are, in place of the one
    with the token that the browser has there, if any; None if the password has been changed meanwhile."""
    account = shown.account
    if not await people.hold_password(session, account):
        return None
    old = await find_person(session, parts.digester, replaces)
    if old is not None:
        await end_person_session(session, old.session_id)
    made = open_person_session(
        session,
        parts.digester,
        user_id=account.id,
        device=device_name(browser.user_agent),
        amr=shown.amr,
    )
    return PersonLogIn(
        session=made,
        device_cookie=parts.devices.renew(browser.device_cookie, owner_of(account)),
        account=account,
    )


async def open_session(
    session: Session,
    parts: Parts,
    *,
    tenant_id: UUID,
    account: people.Account,
    role: Role,
    facts: Facts,
    device_cookie: str,
    user_agent: str,
) -> LogIn:
    """Make a session in the tenant for a member, who has proved by `facts` who they are."""
    now, token = utc_now(), new_token()
    made = models.Session(
        tenant_id=tenant_id,
        user_id=account.id,
        token_hash=session_hash(parts.digester, token),
        device=device_name(user_agent),
        created_at=now,
        parent_id=facts.parent_id,
        sso_connection_id=facts.sso_connection_id,
        sso_session_hash=facts.sso_session_hash,
        amr=list(facts.amr),
        auth_time=facts.auth_time,
        last_seen_at=now,
        expires_at=facts.expires_at,
    )
    session.add(made)
    # Whoever comes from the company's log-in has shown there what the tenant asks for.
    is_enough = is_multi_factor(facts.amr) or facts.sso_connection_id is not None
    return LogIn(
        session=with_token(token, made),
        device_cookie=device_cookie,
        account=account,
        role=role,
        tenant=await get_tenant(session, tenant_id),
        mfa_due_at=None
        if is_enough
        else await find_mfa_due(session, tenant_id, parts.settings.mfa_due_at),
    )


def cookies_of(made: PersonLogIn) -> tuple[Cookie, Cookie]:
    """The cookies that a browser keeps of a log-in: the session's, and the one by which it is known."""
    return (
        renewed_cookie(made.session),
        cookie(DEVICE_COOKIE_NAME, made.device_cookie, devices.LIFE, samesite="strict"),
    )


def owner_of(account: people.Account) -> DeviceOwner:
    """Whom a device of this account is known to."""
    return DeviceOwner(account.id, account.password_hash)
