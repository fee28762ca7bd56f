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
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.members.service import add_member
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.people.schemas import Locale
from identity_svc.people.service import Account, Standing, WeakPasswordError, check_password
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
from identity_svc.throttling.service import (
    Limit,
    Scope,
    count_attempt,
    mailbox_of,
    share_of,
    uncount_attempt,
)
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
# An expired sign-up is kept for this long, so that we can say that it expired; then it is deleted,
# address included.
SIGNUP_MEMORY = timedelta(hours=1)
# For one mailbox because of one source, which cannot keep others from signing up with that address, and
# for one mailbox in all, which cannot be flooded. Each code can be guessed five times, so strangers who
# sign up with somebody's address have at most 200 guesses a day, a chance of 1 in 5,000.
MAILS_PER_SOURCE_HOUR, MAILS_PER_SOURCE_DAY = 5, 10
MAILS_PER_HOUR, MAILS_PER_DAY = 20, 40
# A source that signs up more often in an hour counts as frequent.
SELDOM = 3
# After so many wrong codes, the code of the mail is no longer valid.
MAX_FAILED_ATTEMPTS = 5
# The right code may be sent so often, because of interruptions, before it has confirmed the sign-up.
MAX_CONFIRMATIONS = 20

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def code_hash(digester: Digester, signup_id: UUID, code: str) -> bytes:
    """The hash that is stored of a code; it is valid for no other sign-up."""
    return digester.digest("signup_code", str(signup_id), code)


async def start_signup(parts: Parts, *, request: SignupCreate, source: Source) -> SignupRead:
    """Queue a mail with a code for exactly this request.

    Others may ask for the same slug meanwhile, or for an account of the same address: each has a code
    of its own, and whoever confirms first gets the slug.
    """
    limits = _mailbox_limits(parts, request.email, source)
    # 1. Count.
    async with parts.database.system() as session:
        await _count_signup(session, parts, limits, source)
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


@dataclass(frozen=True, slots=True)
class _MailboxLimits:
    """How many mails one mailbox gets: because of one source, and of all."""

    narrow: tuple[Limit, ...]
    wide: tuple[Limit, ...]


def _mailbox_limits(parts: Parts, email: str, source: Source) -> _MailboxLimits:
    mailbox = mailbox_of(email)
    everyones = parts.digester.digest("throttle", "mailbox", mailbox)
    # The widest prefix, because whoever has many lines could use up the mails of all.
    own = parts.digester.digest("throttle", "mailbox", mailbox, source.prefixes[-1])
    return _MailboxLimits(
        narrow=(
            Limit("signup_mailbox_source_hour", own, MAILS_PER_SOURCE_HOUR, HOUR),
            Limit("signup_mailbox_source_day", own, MAILS_PER_SOURCE_DAY, DAY),
        ),
        wide=(
            Limit("signup_mailbox_hour", everyones, MAILS_PER_HOUR, HOUR),
            Limit("signup_mailbox_day", everyones, MAILS_PER_DAY, DAY),
        ),
    )


async def _count_signup(
    session: Session, parts: Parts, mailbox: _MailboxLimits, source: Source
) -> None:
    await count_attempt(session, *mailbox.narrow)
    per_source = parts.settings.signups_per_source_hour
    by_source = await count_attempt(
        session,
        *(
            Limit("signup_source_hour", digest, per_source * share_of(position), HOUR)
            for position, digest in enumerate(_sources(parts, source))
        ),
    )
    await count_attempt(session, *mailbox.wide)
    # Those who ask often have a limit of their own, so that they cannot use up everybody else's.
    is_frequent = any(
        counted > SELDOM * share_of(position) for position, counted in enumerate(by_source)
    )
    scope: Scope = "signup_frequent_hour" if is_frequent else "signup_all_hour"
    everyone = parts.digester.digest("throttle", "")
    await count_attempt(session, Limit(scope, everyone, parts.settings.signups_per_hour, HOUR))


def _sources(parts: Parts, source: Source) -> list[bytes]:
    return [parts.digester.digest("throttle", "source", prefix) for prefix in source.prefixes]


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


async def confirm_signup(
    parts: Parts, *, signup_id: UUID, code: str, password: str, source: Source
) -> SignupConfirmed:
    """Create the account and its tenant, or return those that the same confirmation has created."""
    answer_hash = parts.digester.digest("signup_answer", str(signup_id), code, password)
    # 1. Check the code and mint the ids. A crash after this goes on with the same ones.
    signup = await _check_code(parts, signup_id, code, password, source)
    if signup.confirmed_at is not None:
        return _confirmed_before(signup, answer_hash)
    # From here on the caller, who has the code, acts as the person that is created.
    with cause.named(f"user:{signup.user_id}"):
        # 2. Make the tenant. A crash after this leaves one that expires without our receipt.
        tenant = await _make_tenant(parts, signup)
        # 3. Make the account, the owner and the events, all or none. Nothing before this is expensive.
        standing = Standing(attempts=signup.confirmations)
        password_hash = await parts.passwords.hash(password, standing)
        proof = _Proof(password_hash, answer_hash)
        signup, is_first = await _register(parts, signup, proof, tenant)
    if not is_first:
        return _confirmed_before(signup, answer_hash)
    SIGNUPS.labels("confirmed").inc()
    return _confirmed(signup)


async def _check_code(
    parts: Parts, signup_id: UUID, code: str, password: str, source: Source
) -> Signup:
    """The sign-up, if `code` is right; a wrong one is counted before it is answered."""
    per_source = parts.settings.signups_per_source_hour * MAX_FAILED_ATTEMPTS
    limits = [
        Limit("code_source_hour", digest, per_source * share_of(position), HOUR)
        for position, digest in enumerate(_sources(parts, source))
    ]
    async with parts.database.system() as session:
        # Before anything is compared: who is over the limit learns nothing.
        await count_attempt(session, *limits)
        signup = await queries.lock_signup(session, signup_id)
        problem: StagifyError | None = SignupNotFoundError()
        if signup is not None:
            problem = await _judge(session, signup, code_hash(parts.digester, signup_id, code))
        if signup is not None and problem is None:
            await uncount_attempt(session, *limits)
            problem = _admit(signup, password)
    # Outside of the block, because the count of wrong codes has to be committed.
    if problem is not None:
        raise problem
    assert signup is not None
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


def _admit(signup: Signup, password: str) -> StagifyError | None:
    """Mint the ids for somebody with the right code; or why they cannot go on."""
    if signup.confirmed_at is not None:
        return None
    try:
        check_password(password, signup.email)
    except WeakPasswordError as error:
        return error
    if signup.confirmations >= MAX_CONFIRMATIONS:
        return CodeExhaustedError()
    signup.confirmations += 1
    signup.user_id = signup.user_id or new_id()
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


@dataclass(frozen=True, slots=True)
class _Proof:
    """The hash of the new password, and that of the confirmation."""

    password_hash: str
    answer_hash: bytes


async def _register(
    parts: Parts, checked: Signup, proof: _Proof, tenant: TenantSummary
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
        account = Account(
            user_id,
            signup.email,
            signup.name,
            proof.password_hash,
            locale=cast(Locale | None, signup.locale),
        )
        if not await people.register(session, account):
            raise AccountExistsError
        owned = NewTenant(tenant_id, signup.slug, signup.tenant_name, signup.tenant_type)
        if not await record_owner(session, owned):
            raise SignupExpiredError
        await add_member(session, tenant_id=tenant_id, user_id=user_id, role="owner")
        publish(session, UserRegistered(user_id=user_id))
        signup.confirmed_at = utc_now()
        signup.answer_hash = proof.answer_hash
        signup.tenant = tenant.model_dump(mode="json")
        return signup, True


def _confirmed_before(signup: Signup, answer_hash: bytes) -> SignupConfirmed:
    """The same answer again, for a repeated request. It costs no password hash, or a code that has
    been used could make us hash without end."""
    if not hmac.compare_digest(signup.answer_hash or b"", answer_hash):
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
