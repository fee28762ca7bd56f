"""Confirming a sign-up: the code becomes an account, a tenant and an owner.

Every step can be repeated, so whoever is interrupted confirms again and gets the same answer.
"""

import hmac
from uuid import UUID

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from identity_svc.accounts import service
from identity_svc.accounts.errors import (
    AccountExistsError,
    AlreadyConfirmedError,
    CodeExhaustedError,
    InvalidCodeError,
    SignupExpiredError,
    SignupNotFoundError,
)
from identity_svc.accounts.models import Signup
from identity_svc.accounts.schemas import NewTenantRead, SignupConfirmed, UserRead
from identity_svc.accounts.tenant_client import TenantClient
from identity_svc.digests import Digester
from identity_svc.members.service import add_member
from identity_svc.metrics import SIGNUPS
from identity_svc.passwords import Passwords, check_password
from identity_svc.tenants.service import NewTenant, record_owner
from stagify.clock import utc_now
from stagify.database import Database
from stagify.errors import StagifyError
from stagify.events.identity import UserRegistered
from stagify.ids import new_id
from stagify.outbox import publish

# Wrong codes after which a mail's code is dead.
MAX_FAILED_ATTEMPTS = 5


async def confirm_signup(
    database: Database,
    *,
    signup_id: UUID,
    code: str,
    password: str,
    tenants: TenantClient,
    digester: Digester,
    passwords: Passwords,
) -> SignupConfirmed:
    """Make the account and its tenant, or answer with what an earlier confirmation made."""
    # 1. Check the code and mint the ids. A crash after this goes on with the same ones.
    signup = await _check_code(database, signup_id, code, digester)
    if signup.confirmed_at is not None:
        return await _confirmed_before(database, signup, password, passwords)
    check_password(password, signup.email)
    password_hash = await passwords.hash(password)
    # 2. Make the tenant. A crash after this leaves one that expires without our receipt.
    tenant = await tenants.create_tenant(signup)
    # 3. Make the account, the owner and the events, all or none.
    signup, is_first = await _register(database, signup, password_hash, tenant)
    if not is_first:
        return await _confirmed_before(database, signup, password, passwords)
    SIGNUPS.labels("confirmed").inc()
    return _answer(signup)


async def _check_code(database: Database, signup_id: UUID, code: str, digester: Digester) -> Signup:
    """The sign-up, if `code` is right; a wrong one is counted before it is answered."""
    async with database.system() as session:
        signup = await session.get(Signup, signup_id, with_for_update=True)
        if signup is None:
            raise SignupNotFoundError
        problem = await _judge(session, signup, code, digester)
        if problem is None:
            signup.user_id = signup.user_id or new_id()
            signup.tenant_id = signup.tenant_id or new_id()
    # Outside: the count of wrong codes has to be committed.
    if problem is not None:
        raise problem
    return signup


async def _judge(
    session: AsyncSession, signup: Signup, code: str, digester: Digester
) -> StagifyError | None:
    """What is wrong, if anything. The row is locked, so parallel guesses come one by one."""
    if signup.expires_at <= utc_now():
        return SignupExpiredError()
    if signup.failed_attempts >= MAX_FAILED_ATTEMPTS:
        return CodeExhaustedError()
    expected = signup.code_hash or b""
    if not hmac.compare_digest(expected, service.code_hash(digester, signup.id, code)):
        signup.failed_attempts += 1
        return InvalidCodeError()
    # Who has the code owns the address, so this tells nobody else.
    if signup.confirmed_at is None and await service.find_account(session, signup.email):
        return AccountExistsError()
    return None


async def _register(
    database: Database, checked: Signup, password_hash: str, tenant: dict[str, JsonValue]
) -> tuple[Signup, bool]:
    """Commit the account; False beside it if a parallel confirmation has done so already."""
    assert checked.user_id is not None
    assert checked.tenant_id is not None
    async with database.tenant(checked.tenant_id) as session:
        signup = await session.get_one(Signup, checked.id, with_for_update=True)
        if signup.confirmed_at is not None:
            return signup, False
        if not await service.register_user(session, signup, password_hash):
            raise AccountExistsError
        owner = NewTenant(
            id=checked.tenant_id,
            slug=signup.slug,
            name=signup.tenant_name,
            type=signup.tenant_type,
        )
        if not await record_owner(session, owner):
            raise SignupExpiredError
        await add_member(
            session, tenant_id=checked.tenant_id, user_id=checked.user_id, role="owner"
        )
        publish(session, UserRegistered(user_id=checked.user_id))
        signup.confirmed_at = utc_now()
        signup.tenant = tenant
        return signup, True


async def _confirmed_before(
    database: Database, signup: Signup, password: str, passwords: Passwords
) -> SignupConfirmed:
    """The same answer again, for who repeats the same request."""
    assert signup.user_id is not None
    async with database.system() as session:
        user = await service.get_account(session, signup.user_id)
    if not await passwords.verify(password, user.password_hash):
        raise AlreadyConfirmedError
    return _answer(signup)


def _answer(signup: Signup) -> SignupConfirmed:
    assert signup.user_id is not None
    return SignupConfirmed(
        user=UserRead(id=signup.user_id, email=signup.email, name=signup.name),
        tenant=NewTenantRead.model_validate(signup.tenant),
    )
