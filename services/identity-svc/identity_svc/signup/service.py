"""Signing up: the same work and the same answer for every address, until a code proves it.

Both use cases ask tenant-svc or hash a password between their transactions, so that no transaction
waits for either. Every step can be repeated: after an interruption, trying again goes on from there.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import Digester
from identity_svc.factors.service import find_factors
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import add_member
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import Locale
from identity_svc.people.service import (
    Account,
    AccountExistsError,
    Standing,
    WeakPasswordError,
    check_password,
    require_unbreached,
)
from identity_svc.roles.service import OWNER
from identity_svc.sessions.service import Browser, PersonLogIn, Shown, sign_in
from identity_svc.signup import queries
from identity_svc.signup.errors import (
    AlreadyConfirmedError,
    CodeExhaustedError,
    InvalidCodeError,
    SignupExpiredError,
    SignupNotFoundError,
)
from identity_svc.signup.limits import HOUR, count_mail, mailbox_limits
from identity_svc.signup.models import Signup
from identity_svc.signup.schemas import (
    NewTenantRead,
    SignupConfirmed,
    SignupCreate,
    SignupRead,
    UserRead,
)
from identity_svc.tenants.service import NewTenant, record_owner
from identity_svc.throttling.service import count_attempt, limits_of_source, uncount_attempt
from stagify import cause
from stagify.calls.tenant import (
    SlugWish,
    TenantCreate,
    TenantExpiredError,
    TenantSummary,
    ask_for_slug,
    create_tenant,
)
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import StagifyError
from stagify.events.identity import UserRegistered
from stagify.ids import new_id
from stagify.outbox import publish
from stagify.source import Source

SIGNUPS = Counter("stagify_identity_signups", "Sign-ups by stage: started, confirmed.", ["stage"])

# How long a sign-up can be confirmed.
CODE_LIFE = timedelta(minutes=30)
# With further codes it can be confirmed for longer, up to this.
LONGEST_LIFE = timedelta(hours=2)
# An expired sign-up is kept for this long, so that we can say that it expired; then it is deleted,
# address included.
SIGNUP_MEMORY = timedelta(hours=1)
# After so many wrong codes, the code of the mail is no longer valid.
MAX_FAILED_ATTEMPTS = 5
# The right code may be sent so often, because of interruptions, before it has confirmed the sign-up.
MAX_CONFIRMATIONS = 20


def code_hash(digester: Digester, signup_id: UUID, code: str) -> bytes:
    """The hash that is stored of a code; it is valid for no other sign-up."""
    return digester.digest("signup_code", str(signup_id), code)


async def start_signup(parts: Parts, *, request: SignupCreate, source: Source) -> SignupRead:
    """Queue a mail with a code for exactly this request.

    Others may ask for the same slug meanwhile, or for an account of the same address: each has a code
    of its own, and whoever confirms first gets the slug.
    """
    limits = mailbox_limits(parts, request.email, source)
    # 1. Count.
    async with parts.database.system() as session:
        await count_mail(session, parts, limits, source)
    # 2. Is the slug there to be had? If not, no mail goes out.
    try:
        wish = SlugWish(signup_id=new_id(), expires_at=utc_now() + CODE_LIFE)
        await ask_for_slug(parts.tenant_svc, request.tenant.slug, wish)
    except StagifyError:
        async with parts.database.system() as session:
            await uncount_attempt(session, *limits.narrow, *limits.wide)
        raise
    # 3. Note the request, and queue the mail.
    signup = _new_signup(wish, request)
    async with parts.database.system() as session:
        session.add(signup)
        await queue_mail(
            session, kind=MailKind.SIGNUP, subject_id=wish.signup_id, give_up_at=wish.expires_at
        )
    SIGNUPS.labels("started").inc()
    return SignupRead(id=wish.signup_id, expires_at=wish.expires_at)


async def resend_code(parts: Parts, *, signup_id: UUID, source: Source) -> SignupRead:
    """Queue another mail, whose code replaces that of the last one, and counts as a sign-up does. After the
    confirmation nothing is sent, and whoever asks is not told."""
    async with parts.database.system() as session:
        signup = await queries.lock_signup(session, signup_id)
        if signup is None:
            raise SignupNotFoundError
        now = utc_now()
        if signup.expires_at <= now:
            raise SignupExpiredError
        await count_mail(session, parts, mailbox_limits(parts, signup.email, source), source)
        longest = signup.created_at + LONGEST_LIFE
        signup.expires_at = max(signup.expires_at, min(now + CODE_LIFE, longest))
        if signup.confirmed_at is None:
            await queue_mail(
                session,
                kind=MailKind.SIGNUP,
                subject_id=signup_id,
                give_up_at=signup.expires_at,
            )
        return SignupRead(id=signup_id, expires_at=signup.expires_at)


def _new_signup(wish: SlugWish, request: SignupCreate) -> Signup:
    return Signup(
        id=wish.signup_id,
        email=request.email,
        name=request.name,
        tenant_type=request.tenant.type,
        tenant_name=request.tenant.name,
        slug=request.tenant.slug,
        locale=request.locale,
        expires_at=wish.expires_at,
    )


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who confirms which sign-up, by what; and the token of the session on the platform's host that the
    browser has, if any, which the new one replaces."""

    signup_id: UUID
    code: str
    password: str
    source: Source
    browser: Browser
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The account and the tenant, and a session of that person on the platform's host; or none, if they
    have a second factor, which a code and a password do not replace."""

    answer: SignupConfirmed
    log_in: PersonLogIn | None


async def confirm_signup(parts: Parts, *, request: Confirmation) -> Confirmed:
    """Create the account and its tenant, or return those that the same confirmation has created. If the
    address has an account, the tenant is one more of its person, who shows that by its password."""
    # 1. Check the code and mint the ids. A crash after this goes on with the same ones.
    signup, account = await _check_code(parts, request)
    if signup.confirmed_at is not None:
        return await _confirmed_before(parts, request)
    standing = Standing(attempts=signup.confirmations)
    if account is not None and not await parts.passwords.verify(
        request.password, account.password_hash, standing
    ):
        raise AccountExistsError
    if account is None:
        await require_unbreached(parts.breaches, request.password)
    # From here on the caller, who has the code, acts as the person that is created.
    with cause.named(f"user:{signup.user_id}"):
        # 2. Make the tenant. A crash after this leaves one that expires without our receipt.
        tenant = await _make_tenant(parts, signup)
        # 3. Make the account, the owner and the events, all or none. Nothing before this is expensive.
        if account is None:
            account = await _new_account(parts, signup, request.password, standing)
        made = await _register(parts, request, account, tenant)
    if made is None:
        return await _confirmed_before(parts, request)
    SIGNUPS.labels("confirmed").inc()
    return made


async def _check_code(parts: Parts, request: Confirmation) -> tuple[Signup, Account | None]:
    """The sign-up, if the code is right, and the account that its address has already; a wrong code is
    counted before it is answered."""
    per_source = parts.settings.signups_per_source_hour * MAX_FAILED_ATTEMPTS
    limits = limits_of_source(parts.digester, "code_source_hour", request.source, per_source, HOUR)
    account = None
    async with parts.database.system() as session:
        # Before anything is compared: who is over the limit learns nothing.
        await count_attempt(session, *limits)
        signup = await queries.lock_signup(session, request.signup_id)
        problem: StagifyError | None = SignupNotFoundError()
        if signup is not None:
            problem = _judge(signup, code_hash(parts.digester, signup.id, request.code))
        if signup is not None and problem is None:
            await uncount_attempt(session, *limits)
            # Only the owner of the address has the code, so nobody else learns of the account.
            account = await people.find_account(session, signup.email)
            problem = _admit(signup, account, request.password)
    # Outside of the block, because the count of wrong codes has to be committed.
    if problem is not None:
        raise problem
    assert signup is not None
    return signup, account


def _judge(signup: Signup, offered: bytes) -> StagifyError | None:
    """What is wrong with the code, or None. The row is locked, so parallel guesses are checked one by
    one."""
    if signup.expires_at <= utc_now():
        return SignupExpiredError()
    if signup.failed_attempts >= MAX_FAILED_ATTEMPTS:
        return CodeExhaustedError()
    if not hmac.compare_digest(signup.code_hash or b"", offered):
        signup.failed_attempts += 1
        return InvalidCodeError()
    return None


def _admit(signup: Signup, account: Account | None, password: str) -> StagifyError | None:
    """Mint the ids for somebody with the right code; or why they cannot go on."""
    if signup.confirmed_at is None and account is None:
        try:
            check_password(password, signup.email)
        except WeakPasswordError as error:
            return error
    if signup.confirmations >= MAX_CONFIRMATIONS:
        return CodeExhaustedError()
    signup.confirmations += 1
    if signup.confirmed_at is not None:
        return None
    owner_id = signup.user_id or new_id()
    if account is not None and account.id != owner_id:
        if signup.tenant_id is not None:
            # Its tenant was made for somebody who would have been new, and belongs to nobody.
            return SignupExpiredError()
        owner_id = account.id
    signup.user_id = owner_id
    signup.tenant_id = signup.tenant_id or new_id()
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


async def _new_account(parts: Parts, signup: Signup, password: str, standing: Standing) -> Account:
    """The account of somebody new, which is not stored yet."""
    assert signup.user_id is not None
    return Account(
        signup.user_id,
        signup.email,
        signup.name,
        await parts.passwords.hash(password, standing),
        locale=cast(Locale | None, signup.locale),
    )


async def _register(
    parts: Parts, request: Confirmation, account: Account, tenant: TenantSummary
) -> Confirmed | None:
    """Commit the account and its ownership; None if a parallel confirmation has done so already."""
    async with parts.database.tenant(tenant.id) as session:
        signup = await queries.lock_signup(session, request.signup_id)
        assert signup is not None
        if signup.confirmed_at is not None:
            return None
        known = await people.find_account(session, signup.email)
        if known is None and await people.register(session, account):
            publish(session, UserRegistered(user_id=account.id))
        elif known is None or known.id != account.id:
            raise AccountExistsError
        owned = NewTenant(tenant.id, signup.slug, signup.tenant_name, signup.tenant_type)
        if not await record_owner(session, owned):
            raise SignupExpiredError
        await add_member(session, tenant_id=tenant.id, user_id=account.id, role=OWNER)
        signup.confirmed_at = utc_now()
        signup.answer_hash = _answer_hash(parts, request, account)
        signup.tenant = tenant.model_dump(mode="json")
        return await _signed_in(session, parts, request, signup, account)


async def _confirmed_before(parts: Parts, request: Confirmation) -> Confirmed:
    """The same answer again, for a repeated request. It costs no password hash, or a code that has
    been used could make us hash without end."""
    async with parts.database.system() as session:
        signup = await queries.lock_signup(session, request.signup_id)
        assert signup is not None
        assert signup.user_id is not None
        account = await people.get_account(session, signup.user_id)
        expected = _answer_hash(parts, request, account)
        if not hmac.compare_digest(signup.answer_hash or b"", expected):
            raise AlreadyConfirmedError
        return await _signed_in(session, parts, request, signup, account)


def _answer_hash(parts: Parts, request: Confirmation, account: Account) -> bytes:
    """By which a repeated confirmation is recognized, until the account has another password."""
    return parts.digester.digest(
        "signup_answer",
        str(request.signup_id),
        request.code,
        request.password,
        account.password_hash,
    )


async def _signed_in(
    session: Session, parts: Parts, request: Confirmation, signup: Signup, account: Account
) -> Confirmed:
    log_in = None
    if not (await find_factors(session, parts, account.id)).is_asked:
        log_in = await sign_in(
            session, parts, request.browser, shown=Shown(account), replaces=request.replaces
        )
        if log_in is None:
            # Somebody has changed the password in this moment, so it proves nothing any more.
            raise AlreadyConfirmedError
    answer = SignupConfirmed(
        user=UserRead(id=account.id, email=account.email, name=account.name),
        tenant=NewTenantRead.model_validate(signup.tenant),
    )
    return Confirmed(answer, log_in)


async def forget_signups(session: Session, limit: int) -> None:
    """Delete up to `limit` sign-ups that ended long enough ago."""
    await queries.delete_expired(session, before=utc_now() - SIGNUP_MEMORY, limit=limit)
