"""The routes of lost factors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_svc.callers import PERSON_ERRORS, PersonDep, PersonSessionDep
from identity_svc.lost_factors import service
from identity_svc.lost_factors.errors import (
    FactorResetNotFoundError,
    NoFactorsError,
    OwnFactorsError,
)
from identity_svc.lost_factors.schemas import FactorResetRead, OwnFactorResets
from identity_svc.members.service import MemberNotFoundError
from identity_svc.parts import PartsDep
from identity_svc.roles.service import RoleNotAllowedError
from stagify.auth import STEP_UP_ERRORS, requires
from stagify.dependencies import SessionDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter()

OwnerDep = Annotated[TenantPrincipal, Depends(requires(service.PERMISSION, step_up=True))]


@router.post(
    "/v1/members/{member_id}/factor-reset",
    status_code=202,
    tags=["members"],
    responses=problems(
        *STEP_UP_ERRORS,
        MemberNotFoundError,
        RoleNotAllowedError,
        OwnFactorsError,
        NoFactorsError,
    ),
)
async def reset_member_factors(
    member_id: UUID, principal: OwnerDep, session: SessionDep, parts: PartsDep
) -> FactorResetRead:
    """Take the second factors of a member away who has lost them: in a day, of which they are told at once,
    and in which they can refuse it. It is for owners, after a step-up. It ends all sessions of the person."""
    due_at = await service.request_reset(session, parts, principal=principal, member_id=member_id)
    return FactorResetRead(due_at=due_at)


@router.get("/v1/me/mfa/resets", tags=["me"], responses=problems(*PERSON_ERRORS))
async def list_my_factor_resets(person: PersonDep, session: PersonSessionDep) -> OwnFactorResets:
    """Whether, and when, an owner of a workspace of one's own will take one's second factors away."""
    found = await service.list_own(session, person)
    return OwnFactorResets(items=[FactorResetRead(due_at=each) for each in found])


@router.delete(
    "/v1/me/mfa/resets",
    status_code=204,
    tags=["me"],
    responses=problems(*PERSON_ERRORS, FactorResetNotFoundError),
)
async def refuse_my_factor_resets(person: PersonDep, session: PersonSessionDep) -> None:
    """Keep one's second factors, whoever wants to take them away."""
    await service.refuse(session, person)
