"""The routes of service accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_svc.parts import PartsDep
from identity_svc.roles.service import GRANT_ERRORS
from identity_svc.service_accounts import service
from identity_svc.service_accounts.errors import (
    RoleForPeopleError,
    ServiceAccountNameTakenError,
    ServiceAccountNotFoundError,
    TooManyServiceAccountsError,
)
from identity_svc.service_accounts.schemas import (
    ServiceAccountCreate,
    ServiceAccountList,
    ServiceAccountRead,
    ServiceAccountUpdate,
)
from stagify.auth import PersonRequiredError, requires_person
from stagify.dependencies import SessionDep
from stagify.links import link
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1/service-accounts", tags=["members"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires_person("members:manage"))]
ReaderDep = Annotated[TenantPrincipal, Depends(requires_person("members:read"))]

_LINKS = link("update_service_account", service_account_id="/id") | link(
    "remove_service_account", service_account_id="/id"
)


@router.get("", responses=problems(PersonRequiredError))
async def list_service_accounts(_: ReaderDep, session: SessionDep) -> ServiceAccountList:
    """The members of this workspace that are programs."""
    return await service.list_accounts(session)


@router.post(
    "",
    status_code=201,
    responses=problems(
        PersonRequiredError,
        *GRANT_ERRORS,
        RoleForPeopleError,
        ServiceAccountNameTakenError,
        TooManyServiceAccountsError,
    )
    | {201: {"links": _LINKS}},
)
async def create_service_account(
    body: ServiceAccountCreate, principal: ManagerDep, session: SessionDep, parts: PartsDep
) -> ServiceAccountRead:
    """Make a member for a program, with a role that may do no more than yours. It cannot log in and takes
    no seat; make API keys for it."""
    return await service.create_account(
        session,
        principal=principal,
        wanted=body,
        max_accounts=parts.settings.service_accounts_per_tenant,
    )


@router.patch(
    "/{service_account_id}",
    responses=problems(
        PersonRequiredError,
        ServiceAccountNotFoundError,
        *GRANT_ERRORS,
        RoleForPeopleError,
        ServiceAccountNameTakenError,
    ),
)
async def update_service_account(
    service_account_id: UUID,
    body: ServiceAccountUpdate,
    principal: ManagerDep,
    session: SessionDep,
) -> ServiceAccountRead:
    """Give a service account another name or another role. It counts for its API keys within a second."""
    return await service.update_account(
        session, principal=principal, account_id=service_account_id, wanted=body
    )
