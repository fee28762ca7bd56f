"""Whom a provider lets in, and as what.

A subject of the provider's is a person once somebody has connected the two; the address alone never is. It
only helps the first time, in a domain that the tenant has proved to be its own, and then for somebody new, or
with the password of the account. Owners connect themselves while they are logged in. Whoever was removed
stays out until they are invited again.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from identity_svc.invitations.service import OpenInvitation, find_open, use_up
from identity_svc.mail.service import MailKind
from identity_svc.members.service import (
    add_member,
    find_member,
    find_removal,
    find_role,
    hold_role,
    set_role,
)
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.service import Account
from identity_svc.roles.service import OWNER, Role
from identity_svc.seats.service import reserve_seat
from identity_svc.sessions.service import (
    BY_PROVIDER,
    Browser,
    Facts,
    LogIn,
    open_session,
    owner_of,
    revoke_session,
    tell_of_device,
)
from identity_svc.sso import queries
from identity_svc.sso.errors import (
    SsoAttemptInvalidError,
    SsoLinkFirstError,
    SsoNotMemberError,
    SsoTakenError,
)
from identity_svc.sso.log_outs import has_logged_out, session_hash_of
from identity_svc.sso.models import SsoConnection, SsoIdentity
from identity_svc.sso.rules import Claims, mapped_role, name_of, trusted_email
from identity_svc.sso.schemas import SsoTestRead
from identity_svc.sso.service import find_role_or_none, get_connection, proved_domains
from identity_svc.tenants.service import lock_tenant
from stagify import cause
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import (
    UserRegistered,
)
from stagify.events.sso import (
    SsoConnectionTested,
    SsoIdentityLinked,
)
from stagify.ids import new_id
from stagify.outbox import publish

if TYPE_CHECKING:
    from identity_svc.members.models import Membership

# A working day: whoever has left the company is out by the next morning at the latest.
LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Admission:
    """What a connection, in one of its versions, says of somebody who wants to get in."""

    tenant_id: UUID
    connection_id: UUID
    version: int
    claims: Claims


@dataclass(frozen=True, slots=True)
class Proof:
    """That whoever wants to get in knows the password of an account: the one that it had at that time."""

    user_id: UUID
    password_version: int


class ProofNeededError(Exception):
    """There is an account with the address, which the connection does not know yet."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account


@dataclass(frozen=True, slots=True)
class _Found:
    """Who it is, if there is an account, and what they are: a member, or about to become one."""

    connection: SsoConnection
    account: Account | None
    email: str
    identity: SsoIdentity | None
    role: Role | None
    invitation: OpenInvitation | None


async def admit(
    parts: Parts,
    admission: Admission,
    browser: Browser,
    *,
    proof: Proof | None = None,
    replaces: UUID | None = None,
) -> LogIn:
    """A session for the person; ProofNeededError if they have to show first that an account is theirs."""
    async with parts.database.tenant(admission.tenant_id) as session:
        found = await _find(session, admission, proof)
    reservation_id = None
    if found.role is None:
        claims = admission.claims
        reservation_id = uuid5(admission.connection_id, f"{claims.issuer} {claims.subject}")
        await reserve_seat(parts.usage_svc, admission.tenant_id, reservation_id)
    async with parts.database.tenant(admission.tenant_id) as session:
        # Two of one person's log-ins at once make one account and one member.
        await lock_tenant(session, admission.tenant_id)
        if await has_logged_out(session, parts.digester, admission.connection_id, admission.claims):
            raise SsoAttemptInvalidError
        found = await _find(session, admission, proof)
        if found.role is None and reservation_id is None:
            # They were removed in this very moment, and invited again.
            raise SsoAttemptInvalidError
        user_id = new_id() if found.account is None else found.account.id
        with cause.named(f"user:{user_id}"):
            account = await _account(session, found, admission.claims, user_id)
            await _hold(session, account, proof)
            identity = await _link(session, found, admission, account)
            await _join_or_follow(session, found, admission, identity, account, reservation_id)
            # An account that is made by this log-in has no other browser.
            if found.account is not None:
                await tell_of_device(session, parts, browser, account, kind=MailKind.SSO_NEW_DEVICE)
            return await _open(session, parts, admission, account, browser, replaces)


async def _open(
    session: Session,
    parts: Parts,
    admission: Admission,
    account: Account,
    browser: Browser,
    replaces: UUID | None,
) -> LogIn:
    role = await hold_role(session, account.id)
    assert role is not None
    if replaces is not None:
        await revoke_session(session, tenant_id=admission.tenant_id, session_id=replaces)
    now = utc_now()
    return await open_session(
        session,
        parts,
        tenant_id=admission.tenant_id,
        account=account,
        role=role,
        facts=Facts(
            amr=BY_PROVIDER,
            auth_time=now,
            expires_at=now + LIFE,
            sso_connection_id=admission.connection_id,
            sso_session_hash=session_hash_of(
                parts.digester, admission.connection_id, admission.claims.session_id
            ),
        ),
        device_cookie=parts.devices.renew(browser.device_cookie, owner_of(account)),
        user_agent=browser.user_agent,
    )


async def _find(session: Session, admission: Admission, proof: Proof | None) -> _Found:
    connection = await get_connection(session, admission.connection_id)
    if connection.version != admission.version or not connection.is_enabled:
        raise SsoAttemptInvalidError
    claims = admission.claims
    identity = await queries.find_identity(session, connection.id, claims.issuer, claims.subject)
    if identity is not None:
        return await _known(session, connection, identity)
    email = trusted_email(claims, await proved_domains(session, connection.id))
    if email is None:
        raise SsoNotMemberError
    account = await people.find_account(session, email)
    invitation = await find_open(session, email)
    role = None if account is None else await find_role(session, account.id)
    if role == OWNER:
        raise SsoLinkFirstError
    is_welcome = role is not None or invitation is not None or connection.is_just_in_time
    if account is not None and invitation is None and role is None:
        is_welcome = is_welcome and await find_removal(session, account.id) is None
    if not is_welcome:
        raise SsoNotMemberError
    if account is not None and (proof is None or proof.user_id != account.id):
        raise ProofNeededError(account)
    return _Found(connection, account, email, None, role, invitation)


async def _known(session: Session, connection: SsoConnection, identity: SsoIdentity) -> _Found:
    account = await people.get_account(session, identity.user_id)
    role = await find_role(session, account.id)
    invitation = None if role is not None else await find_open(session, account.email)
    if role is None and invitation is None:
        raise SsoNotMemberError
    return _Found(connection, account, account.email, identity, role, invitation)


async def _account(session: Session, found: _Found, claims: Claims, new: UUID) -> Account:
    if found.account is not None:
        return found.account
    # Without a password: a mail to the address makes one, if they ever need it.
    account = Account(new, found.email, name_of(claims, found.email), password_hash="")
    if not await people.register(session, account):
        # The address belonged to somebody else a short while ago.
        raise SsoNotMemberError
    publish(session, UserRegistered(user_id=account.id))
    return account


async def _hold(session: Session, account: Account, proof: Proof | None) -> None:
    """The account stays what it is until the session is there to be ended."""
    held = await people.hold_account(session, account.id)
    if people.is_erased(held):
        raise SsoNotMemberError
    if proof is not None and held.password_version != proof.password_version:
        raise SsoAttemptInvalidError


async def _link(
    session: Session, found: _Found, admission: Admission, account: Account
) -> SsoIdentity:
    now = utc_now()
    if found.identity is not None:
        found.identity.last_used_at = now
        return found.identity
    if await queries.find_identity_of(session, found.connection.id, account.id) is not None:
        raise SsoTakenError
    return await _add_identity(session, found.connection, admission.claims, account.id)


async def _add_identity(
    session: Session, connection: SsoConnection, claims: Claims, user_id: UUID
) -> SsoIdentity:
    identity = SsoIdentity(
        tenant_id=connection.tenant_id,
        connection_id=connection.id,
        issuer=claims.issuer,
        subject=claims.subject,
        user_id=user_id,
        last_used_at=utc_now(),
    )
    session.add(identity)
    await session.flush()
    publish(
        session,
        SsoIdentityLinked(
            tenant_id=connection.tenant_id, connection_id=connection.id, user_id=user_id
        ),
    )
    return identity


async def _join_or_follow(
    session: Session,
    found: _Found,
    admission: Admission,
    identity: SsoIdentity,
    account: Account,
    reservation_id: UUID | None,
) -> None:
    connection, groups = found.connection, admission.claims.groups
    mapped = await _mapped(session, connection, groups)
    if found.role is None:
        invited = None if found.invitation is None else found.invitation.role
        role = mapped or invited or await _default(session, connection)
        if found.invitation is not None:
            await use_up(session, found.invitation.id, account.id)
        identity.mapped_role = None if mapped is None else mapped.key
        await add_member(
            session,
            tenant_id=admission.tenant_id,
            user_id=account.id,
            role=role,
            reservation_id=reservation_id,
        )
        return
    member = await find_member(session, account.id)
    assert member is not None
    await _follow(session, connection, identity, member, found.role, groups, mapped)


async def _follow(
    session: Session,
    connection: SsoConnection,
    identity: SsoIdentity,
    member: "Membership",
    role: Role,
    groups: tuple[str, ...] | None,
    mapped: Role | None,
) -> None:
    """Bring a member's role in line with their groups. An owner stays one; and a role that no group has led
    to stays, as it was given by hand."""
    if role == OWNER or groups is None:
        return
    if mapped is None:
        if identity.mapped_role is None:
            return
        if identity.mapped_role == role.key:
            mapped = await _default(session, connection)
        identity.mapped_role = None
    else:
        identity.mapped_role = mapped.key
    if mapped is not None and mapped.key != role.key:
        set_role(session, member, mapped, previous=role)


async def _mapped(
    session: Session, connection: SsoConnection, groups: tuple[str, ...] | None
) -> Role | None:
    return await find_role_or_none(session, [mapped_role(groups or (), connection.group_roles)])


async def _default(session: Session, connection: SsoConnection) -> Role:
    role = await find_role_or_none(session, [connection.default_role, "viewer"])
    assert role is not None
    return role


async def learn(
    parts: Parts, connection: SsoConnection, claims: Claims, user_id: UUID
) -> SsoTestRead:
    """Know somebody who is logged in by what the provider says of them, from now on; the connection is
    tested then."""
    async with parts.database.tenant(connection.tenant_id) as session:
        await lock_tenant(session, connection.tenant_id)
        now_connection = await get_connection(session, connection.id, is_locked=True)
        role = await hold_role(session, user_id)
        if now_connection.version != connection.version or role is None:
            raise SsoAttemptInvalidError
        identity = await queries.find_identity(
            session, connection.id, claims.issuer, claims.subject
        )
        if identity is not None and identity.user_id != user_id:
            raise SsoTakenError
        if identity is None:
            old = await queries.find_identity_of(session, connection.id, user_id)
            if old is not None:
                await session.delete(old)
                await session.flush()
            await _add_identity(session, now_connection, claims, user_id)
        if "sso:manage" in role.permissions:
            now_connection.proved_at, now_connection.proved_by = utc_now(), user_id
            publish(
                session,
                SsoConnectionTested(
                    tenant_id=connection.tenant_id, connection_id=connection.id, user_id=user_id
                ),
            )
        mapped = await _mapped(session, now_connection, claims.groups)
        would_be = mapped or await _default(session, now_connection)
        email = trusted_email(claims, await proved_domains(session, connection.id))
    return SsoTestRead(
        connection_id=connection.id,
        email=claims.email,
        is_email_trusted=email is not None,
        groups=None if claims.groups is None else list(claims.groups),
        role=would_be.key,
    )
