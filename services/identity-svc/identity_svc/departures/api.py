"""The routes by which people leave, and come back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_svc.departures import service
from identity_svc.departures.schemas import MemberRestore
from identity_svc.members.schemas import MemberRead
from identity_svc.members.service import LastOwnerError, MemberNotFoundError
from identity_svc.parts import PartsDep
from identity_svc.roles.service import GRANT_ERRORS, RoleNotAllowedError
from identity_svc.seats.service import SEAT_ERRORS
from identity_svc.service_accounts.service import ServiceAccountNotFoundError
from stagify.auth import (
    STEP_UP_ERRORS,
    PersonRequiredError,
    require_step_up,
    requires_person,
)
from stagify.dependencies import SessionDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1", tags=["members"])

MemberDep = Annotated[TenantPrincipal, Depends(requires_person())]
ManagerDep = Annotated[TenantPrincipal, Depends(requires_person("members:manage"))]


@router.delete(
    "/members/{member_id}",
    status_code=204,
    responses=problems(
        PersonRequiredError, MemberNotFoundError, RoleNotAllowedError, LastOwnerError
    ),
)
async def remove_member(member_id: UUID, principal: MemberDep, session: SessionDep) -> None:
    """Remove somebody, or leave. Their sessions, streams and API keys are refused everywhere within a
    second; what they made stays. For 30 days they can be brought back."""
    await service.remove_member(session, principal=principal, member_id=member_id)


@router.delete(
    "/members/{member_id}/sessions",
    status_code=204,
    responses=problems(PersonRequiredError, MemberNotFoundError, RoleNotAllowedError),
)
async def log_out_member(member_id: UUID, principal: ManagerDep, session: SessionDep) -> None:
    """Log a member out of this workspace: all sessions and streams here end within a second, on every
    device, and a log-in elsewhere from before does not lead back in. They can log in again; API keys go
    on."""
    await service.log_out_member(session, principal=principal, member_id=member_id)


@router.post(
    "/members/{member_id}/restore",
    responses=problems(
        *STEP_UP_ERRORS,
        MemberNotFoundError,
        *GRANT_ERRORS,
        *SEAT_ERRORS,
    ),
)
async def restore_member(
    member_id: UUID, body: MemberRestore, principal: ManagerDep, parts: PartsDep
) -> MemberRead:
    """Bring somebody back who was removed in the last 30 days, under the same id. They log in anew. Their
    API keys stay suspended unless `resume_keys` says otherwise, which takes what making keys takes."""
    if body.resume_keys:
        require_step_up(principal.auth_time)
    return await service.restore_member(
        parts,
        principal=principal,
        member_id=member_id,
        key=body.role,
        resumes_keys=bool(body.resume_keys),
    )


@router.delete(
    "/service-accounts/{service_account_id}",
    status_code=204,
    responses=problems(PersonRequiredError, ServiceAccountNotFoundError, RoleNotAllowedError),
)
async def remove_service_account(
    service_account_id: UUID, principal: ManagerDep, session: SessionDep
) -> None:
    """Remove a service account. Its API keys are refused everywhere within a second, and do not come
    back."""
    await service.remove_service_account(
        session, principal=principal, account_id=service_account_id
    )
