"""Service accounts: made, changed and removed by whoever has every permission of their role, before and
after. They have no log-in and take no seat; all that they can do, their API keys do."""

from collections.abc import Collection, Sequence
from uuid import UUID

from identity_svc.members.service import require_actor
from identity_svc.roles import service as roles
from identity_svc.roles.service import OWNERS_ALONE, Role, require_covers
from identity_svc.service_accounts import queries
from identity_svc.service_accounts.errors import (
    RoleForPeopleError,
    ServiceAccountNameTakenError,
    ServiceAccountNotFoundError,
    TooManyServiceAccountsError,
)
from identity_svc.service_accounts.models import ServiceAccount
from identity_svc.service_accounts.schemas import (
    ServiceAccountCreate,
    ServiceAccountList,
    ServiceAccountRead,
    ServiceAccountUpdate,
)
from stagify.database import Session
from stagify.events.identity import (
    ServiceAccountCreated,
    ServiceAccountRemoved,
    ServiceAccountUpdated,
)
from stagify.outbox import publish
from stagify.principal import TenantPrincipal

__all__ = [
    "ServiceAccountNotFoundError",
    "announce_role",
    "create_account",
    "delete_account",
    "get_account",
    "is_held",
    "list_accounts",
    "role_of",
    "update_account",
]


async def list_accounts(session: Session) -> ServiceAccountList:
    """The tenant's service accounts, by name."""
    return ServiceAccountList(items=[_read(each) for each in await queries.find_all(session)])


async def create_account(
    session: Session,
    *,
    principal: TenantPrincipal,
    wanted: ServiceAccountCreate,
    max_accounts: int,
) -> ServiceAccountRead:
    """Make a service account; a tenant has at most `max_accounts`."""
    own = await require_actor(session, principal, "members:manage")
    role = await _find_role(session, wanted.role)
    require_covers(own, role.permissions)
    others = await queries.find_all(session)
    if len(others) >= max_accounts:
        raise TooManyServiceAccountsError(limit=max_accounts)
    _require_free(wanted.name, others)
    assert principal.user_id is not None
    account = ServiceAccount(
        tenant_id=principal.tenant_id,
        name=wanted.name,
        role=role.name,
        custom_role_id=role.custom_id,
        created_by=principal.user_id,
    )
    session.add(account)
    await session.flush()
    publish(
        session,
        ServiceAccountCreated(
            tenant_id=account.tenant_id, service_account_id=account.id, role=role.key
        ),
    )
    return _read(account)


async def update_account(
    session: Session,
    *,
    principal: TenantPrincipal,
    account_id: UUID,
    wanted: ServiceAccountUpdate,
) -> ServiceAccountRead:
    """Give a service account another name, or another role, which counts for its keys within a second."""
    own = await require_actor(session, principal, "members:manage")
    account = await get_account(session, account_id)
    old = await role_of(session, account)
    new = old if wanted.role is None else await _find_role(session, wanted.role)
    require_covers(own, old.permissions | new.permissions)
    changed = []
    if wanted.name is not None and wanted.name != account.name:
        _require_free(
            wanted.name, [each for each in await queries.find_all(session) if each is not account]
        )
        account.name = wanted.name
        changed.append("name")
    if new.key != old.key:
        account.role, account.custom_role_id = new.name, new.custom_id
        changed.append("role")
    if changed:
        _announce(session, account, changed)
    return _read(account)


async def get_account(session: Session, account_id: UUID) -> ServiceAccount:
    """The service account with this id; ServiceAccountNotFoundError if there is none."""
    found = await session.get(ServiceAccount, (session.info["tenant_id"], account_id))
    if found is None:
        raise ServiceAccountNotFoundError
    return found


async def role_of(session: Session, account: ServiceAccount) -> Role:
    """The role that a service account has now."""
    return await roles.resolve(session, account.role, account.custom_role_id)


async def is_held(session: Session, custom_role_id: UUID) -> bool:
    """Whether any service account has this role of the tenant's own."""
    return bool(await queries.find_holders(session, custom_role_id))


async def announce_role(session: Session, custom_role_id: UUID) -> None:
    """Tell that this role of the tenant's own has other permissions, for each account that has it."""
    for account in await queries.find_holders(session, custom_role_id):
        _announce(session, account, ["permissions"])


async def delete_account(session: Session, account: ServiceAccount) -> None:
    """Delete a service account, whose keys the caller has ended."""
    await session.delete(account)
    publish(
        session,
        ServiceAccountRemoved(tenant_id=account.tenant_id, service_account_id=account.id),
    )


async def _find_role(session: Session, key: str) -> Role:
    role = await roles.find_role(session, key)
    if role.permissions & OWNERS_ALONE:
        raise RoleForPeopleError
    return role


def _require_free(name: str, others: Collection[ServiceAccount]) -> None:
    if name.casefold() in {each.name.casefold() for each in others}:
        raise ServiceAccountNameTakenError


def _announce(session: Session, account: ServiceAccount, changed: Sequence[str]) -> None:
    publish(
        session,
        ServiceAccountUpdated(
            tenant_id=account.tenant_id,
            service_account_id=account.id,
            role=_key(account),
            changed=[*changed],
        ),
    )


def _key(account: ServiceAccount) -> str:
    return account.role if account.custom_role_id is None else str(account.custom_role_id)


def _read(account: ServiceAccount) -> ServiceAccountRead:
    return ServiceAccountRead(
        id=account.id,
        name=account.name,
        role=_key(account),
        created_by=account.created_by,
        created_at=account.created_at,
    )
