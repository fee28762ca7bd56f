"""Signing up: the same work and the same answer for every address, until a code proves it.

Both use cases ask tenant-svc or hash a password between their transactions, so that no transaction
waits for either. Every step can be repeated: after an interruption, trying again goes on from there.
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import Digester
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import add_member
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.people.service import Account
from identity_svc.signup import queries
from identity_svc.signup.errors import (
    AccountExistsError,
    AlreadyConfirmedError,
    CodeExhaustedError,
    InvalidCodeError,
    SignupExpiredError,
    SignupNotFoundError,
)
from identity_svc.signup.models import Signup
from identity_svc.signup.schemas import (
    NewTenantRead,
    SignupConfirmed,
    SignupCreate,
    SignupRead,
    UserRead,
)
from identity_svc.tenants.service import NewTenant, record_owner
from identity_svc.throttling.service import Limit, count_attempt
from stagify import cause
from stagify.calls.tenant import (
    SlugHold,
    TenantCreate,
    TenantExpiredError,
    TenantSummary,
    create_tenant,
    hold_slug,
)
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import StagifyError
from stagify.events.identity import UserRegistered
from stagify.ids import new_id
from stagify.outbox import publish

SIGNUPS = Counter("stagify_identity_signups", "Sign-ups by stage: started, confirmed.", ["stage"])

# How long a sign-up can be confirmed.
CODE_LIFE = timedelta(minutes=30)
# An expired sign-up is kept for this long, so that we can say that it expired; then it is deleted,
# address included.
SIGNUP_MEMORY = timedelta(hours=1)
# Each mail has a code that can be guessed five times: at most 100 guesses a day, a chance of 1 in
# 10,000.
MAILS_PER_HOUR = 10
MAILS_PER_DAY = 20
# After so many wrong codes, the code of the mail is no longer valid.
MAX_FAILED_ATTEMPTS = 5


def code_hash(digester: Digester, signup_id: UUID, code: str) -> bytes:
    """The hash that is stored of a code; it is valid for no other sign-up."""
    return digester.digest("signup_code", str(signup_id), code)


async def start_signup(parts: Parts, *, request: SignupCreate) -> SignupRead:
    """Hold the slug and queue a mail. Asking again renews the sign-up and ends its old code."""
    expires_at = utc_now() + CODE_LIFE
    # 1. Count, and reserve the id under which the slug is held. A crash after this leaves a
    #    sign-up that no mail was sent for; it expires.
    async with parts.database.system() as session:
        await count_attempt(session, *_limits(parts, request.email))
        signup_id = await queries.find_or_add_open(session, _new_signup(request, expires_at))
    # 2. Hold the slug. After a crash here it is held until it expires; asking again goes on.
    hold = SlugHold(signup_id=signup_id, expires_at=expires_at)
    await hold_slug(parts.tenant_svc, request.tenant.slug, hold)
    # 3. Queue the mail.
    async with parts.database.system() as session:
        await _renew(session, signup_id, request, expires_at)
    SIGNUPS.labels("started").inc()
    return SignupRead(id=signup_id, expires_at=expires_at)


def _limits(parts: Parts, email: str) -> list[Limit]:
    address = parts.digester.digest("throttle", email_key(email))
    everyone = parts.digester.digest("throttle", "")
    per_hour = parts.settings.signups_per_hour
    return [
        Limit("signup_address_hour", address, MAILS_PER_HOUR, timedelta(hours=1)),
        Limit("signup_address_day", address, MAILS_PER_DAY, timedelta(days=1)),
        Limit("signup_all_hour", everyone, per_hour, timedelta(hours=1)),
    ]


def _new_signup(request: SignupCreate, expires_at: datetime) -> Signup:
    return Signup(
        email=request.email,
        email_key=email_key(request.email),
        name=request.name,
        tenant_type=request.tenant.type,
        tenant_name=request.tenant.name,
        slug=request.tenant.slug,
        expires_at=expires_at,
    )


async def _renew(
    session: Session, signup_id: UUID, request: SignupCreate, expires_at: datetime
) -> None:
    signup = await queries.lock_signup(session, signup_id)
    assert signup is not None
    if signup.confirmed_at is not None:
        # Confirmed while the slug was being held: there is nothing to renew.
        return
    if signup.expires_at <= utc_now():
        # tenant-svc has let us hold the slug, so the ids from back then were never used.
        signup.user_id = signup.tenant_id = None
    signup.code_hash = None
    signup.failed_attempts = 0
    signup.expires_at = expires_at
    if signup.tenant_id is None:
        # After this, tenant-svc may know these ids, so they no longer change.
        signup.email = request.email
        signup.name = request.name
        signup.tenant_type = request.tenant.type
        signup.tenant_name = request.tenant.name
    await queue_mail(session, kind=MailKind.SIGNUP, subject_id=signup_id, give_up_at=expires_at)


async def confirm_signup(
    parts: Parts, *, signup_id: UUID, code: str, password: str
) -> SignupConfirmed:
    """Create the account and its tenant, or return those that an earlier confirmation created."""
    # 1. Check the code and mint the ids. A crash after this goes on with the same ones.
    signup = await _check_code(parts, signup_id, code)
    if signup.confirmed_at is not None:
        return await _confirmed_before(parts, signup, password)
    password_hash = await people.hash_new_password(parts, password=password, email=signup.email)
    # From here on the caller, who has the code, acts as the person that is created.
    with cause.named(f"user:{signup.user_id}"):
        # 2. Make the tenant. A crash after this leaves one that expires without our receipt.
        tenant = await _make_tenant(parts, signup)
        # 3. Make the account, the owner and the events, all or none.
        signup, is_first = await _register(parts, signup, password_hash, tenant)
    if not is_first:
        return await _confirmed_before(parts, signup, password)
    SIGNUPS.labels("confirmed").inc()
    return _confirmed(signup)


async def _check_code(parts: Parts, signup_id: UUID, code: str) -> Signup:
    """The sign-up, if `code` is right; a wrong one is counted before it is answered."""
    async with parts.database.system() as session:
        signup = await queries.lock_signup(session, signup_id)
        if signup is None:
            raise SignupNotFoundError
        problem = await _judge(session, signup, code_hash(parts.digester, signup_id, code))
        if problem is None:
            signup.user_id = signup.user_id or new_id()
            signup.tenant_id = signup.tenant_id or new_id()
    # Outside of the block, because the count of wrong codes has to be committed.
    if problem is not None:
        raise problem
    return signup


async def _judge(session: Session, signup: Signup, offered: bytes) -> StagifyError | None:
    """What is wrong with the code, or None. The row is locked, so parallel guesses are checked one by
    one."""
    if signup.expires_at <= utc_now():
        return SignupExpiredError()
    if signup.failed_attempts >= MAX_FAILED_ATTEMPTS:
        return CodeExhaustedError()
    if not hmac.compare_digest(signup.code_hash or b"", offered):
        signup.failed_attempts += 1
        return InvalidCodeError()
    # Only the owner of the address has the code, so nobody else learns this.
    if signup.confirmed_at is None and await people.find_account(session, signup.email):
        return AccountExistsError()
    return None


async def _make_tenant(parts: Parts, signup: Signup) -> TenantSummary:
    assert signup.tenant_id is not None
    assert signup.user_id is not None
    wanted = TenantCreate.model_validate(
        {
            "signup_id": signup.id,
            "slug": signup.slug,
            "name": signup.tenant_name,
            "type": signup.tenant_type,
            "owner_user_id": signup.user_id,
        }
    )
    try:
        return await create_tenant(parts.tenant_svc, signup.tenant_id, wanted)
    except TenantExpiredError as error:
        # It waited too long for our receipt, so this sign-up can no longer be completed.
        raise SignupExpiredError from error


async def _register(
    parts: Parts, checked: Signup, password_hash: str, tenant: TenantSummary
) -> tuple[Signup, bool]:
    """Commit the account; the second result is False if a parallel confirmation has done so already."""
    user_id, tenant_id = checked.user_id, checked.tenant_id
    assert user_id is not None
    assert tenant_id is not None
    async with parts.database.tenant(tenant_id) as session:
        signup = await queries.lock_signup(session, checked.id)
        assert signup is not None
        if signup.confirmed_at is not None:
            return signup, False
        account = Account(user_id, signup.email, signup.name, password_hash)
        if not await people.register(session, account):
            raise AccountExistsError
        owned = NewTenant(tenant_id, signup.slug, signup.tenant_name, signup.tenant_type)
        if not await record_owner(session, owned):
            raise SignupExpiredError
        await add_member(session, tenant_id=tenant_id, user_id=user_id, role="owner")
        publish(session, UserRegistered(user_id=user_id))
        signup.confirmed_at = utc_now()
        signup.tenant = tenant.model_dump(mode="json")
        return signup, True


async def _confirmed_before(parts: Parts, signup: Signup, password: str) -> SignupConfirmed:
    """The same answer again, for a repeated request."""
    assert signup.user_id is not None
    async with parts.database.system() as session:
        account = await people.get_account(session, signup.user_id)
    if not await parts.passwords.verify(password, account.password_hash):
        raise AlreadyConfirmedError
    return _confirmed(signup)


def _confirmed(signup: Signup) -> SignupConfirmed:
    assert signup.user_id is not None
    return SignupConfirmed(
        user=UserRead(id=signup.user_id, email=signup.email, name=signup.name),
        tenant=NewTenantRead.model_validate(signup.tenant),
    )


async def forget_signups(session: Session, limit: int) -> None:
    """Delete up to `limit` sign-ups that ended long enough ago."""
    await queries.delete_expired(session, before=utc_now() - SIGNUP_MEMORY, limit=limit)
