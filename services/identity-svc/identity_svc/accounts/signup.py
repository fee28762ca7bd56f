"""Starting a sign-up: the same work and the same answer for every address.

These use cases take the database and not a session: between their transactions they ask
tenant-svc or hash a password, and no transaction may wait for either.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.accounts.models import Signup
from identity_svc.accounts.schemas import SignupCreate, SignupRead
from identity_svc.accounts.service import CODE_LIFE
from identity_svc.accounts.tenant_client import TenantClient
from identity_svc.digests import Digester
from identity_svc.inputs import email_key
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.metrics import SIGNUPS
from identity_svc.throttling import Limit, count_attempt
from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id

# Each mail is a code to guess five times: at most 100 guesses a day, 1 in 10,000.
MAILS_PER_HOUR = 10
MAILS_PER_DAY = 20


async def start_signup(
    database: Database,
    *,
    request: SignupCreate,
    tenants: TenantClient,
    digester: Digester,
    signups_per_hour: int,
) -> SignupRead:
    """Hold the slug and queue a mail; asking again renews the sign-up and kills its old code."""
    expires_at = utc_now() + CODE_LIFE
    # 1. Count, and reserve the id under which the slug is held. A crash after this leaves a
    #    sign-up that no mail was sent for; it expires.
    async with database.system() as session:
        await count_attempt(session, *_limits(request, digester, signups_per_hour))
        signup_id = await _reserve(session, request, expires_at)
    # 2. Hold the slug. A crash after this holds it until it expires; asking again goes on.
    await tenants.hold_slug(request.tenant.slug, signup_id, expires_at)
    # 3. Queue the mail.
    async with database.system() as session:
        await _renew(session, signup_id, request, expires_at)
    SIGNUPS.labels("started").inc()
    return SignupRead(id=signup_id, expires_at=expires_at)


def _limits(request: SignupCreate, digester: Digester, signups_per_hour: int) -> list[Limit]:
    address = digester.digest("throttle", email_key(request.email))
    everyone = digester.digest("throttle", "")
    return [
        Limit("signup_address_hour", address, MAILS_PER_HOUR, timedelta(hours=1)),
        Limit("signup_address_day", address, MAILS_PER_DAY, timedelta(days=1)),
        Limit("signup_all_hour", everyone, signups_per_hour, timedelta(hours=1)),
    ]


async def _reserve(session: AsyncSession, request: SignupCreate, expires_at: datetime) -> UUID:
    """The id of the open sign-up of this address for this slug, made if there is none."""
    key = email_key(request.email)
    statement = (
        insert(Signup)
        .values(
            id=new_id(),
            email=request.email,
            email_key=key,
            name=request.name,
            tenant_type=request.tenant.type,
            tenant_name=request.tenant.name,
            slug=request.tenant.slug,
            failed_attempts=0,
            expires_at=expires_at,
            created_at=utc_now(),
        )
        .on_conflict_do_update(
            index_elements=["email_key", "slug"],
            index_where=text("confirmed_at IS NULL"),
            # Nothing changes yet; an update is how the existing row is returned.
            set_={"email_key": key},
        )
        .returning(col(Signup.id))
    )
    signup_id: UUID = (await session.execute(statement)).scalar_one()
    return signup_id


async def _renew(
    session: AsyncSession, signup_id: UUID, request: SignupCreate, expires_at: datetime
) -> None:
    signup = await session.get_one(Signup, signup_id, with_for_update=True)
    if signup.confirmed_at is not None:
        # Confirmed while the slug was being held: there is nothing to renew.
        return
    if signup.expires_at <= utc_now():
        # tenant-svc has let us hold the slug, so nothing came of the ids minted back then.
        signup.user_id = signup.tenant_id = None
    signup.code_hash = None
    signup.failed_attempts = 0
    signup.expires_at = expires_at
    if signup.tenant_id is None:
        # Afterwards tenant-svc may know these already, and they stay.
        signup.email = request.email
        signup.name = request.name
        signup.tenant_type = request.tenant.type
        signup.tenant_name = request.tenant.name
    await queue_mail(session, kind=MailKind.SIGNUP, subject_id=signup_id, give_up_at=expires_at)
