"""The routes of how people sign in."""

from typing import Annotated

from fastapi import APIRouter, Depends

from stagify.auth import STEP_UP_ERRORS, requires
from stagify.dependencies import SessionDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from tenant_svc.sign_in import service
from tenant_svc.sign_in.schemas import SignInRead, SignInUpdate

router = APIRouter(prefix="/v1/tenant/sign-in", tags=["tenant"])

ReaderDep = Annotated[TenantPrincipal, Depends(requires("tenant:read"))]
OwnerDep = Annotated[TenantPrincipal, Depends(requires("sso:manage", step_up=True))]


@router.get("", responses=problems(*service.CHANGE_ERRORS))
async def read_sign_in_rules(principal: ReaderDep, session: SessionDep) -> SignInRead:
    """How people sign in to the workspace."""
    return await service.read_rules(session, principal.tenant_id)


@router.patch("", responses=problems(*STEP_UP_ERRORS, *service.CHANGE_ERRORS))
async def change_sign_in_rules(
    body: SignInUpdate, principal: OwnerDep, session: SessionDep
) -> SignInRead:
    """Ask everybody for a second factor, after some days in which they can set one up, or no longer. It is
    for owners, after a step-up. Without days it holds within a second, also for open sessions. API keys
    stay as they are."""
    return await service.change_rules(session, principal.tenant_id, body)
