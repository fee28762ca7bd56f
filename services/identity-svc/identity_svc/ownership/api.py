"""The routes by which ownership is handed over."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_svc.members.service import MemberNotFoundError
from identity_svc.ownership import service
from identity_svc.ownership.errors import (
    AlreadyOwnerError,
    TransferForAnotherError,
    TransferNotFoundError,
    TransferObsoleteError,
    TransferOpenError,
)
from identity_svc.ownership.schemas import TransferCreate, TransferList, TransferRead
from stagify.auth import STEP_UP_ERRORS, PersonRequiredError, requires, requires_person
from stagify.dependencies import SessionDep
from stagify.links import link
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1/ownership-transfers", tags=["members"])

OwnerDep = Annotated[TenantPrincipal, Depends(requires("ownership:transfer", step_up=True))]
SteppedUpDep = Annotated[TenantPrincipal, Depends(requires(step_up=True))]
MemberDep = Annotated[TenantPrincipal, Depends(requires_person())]

FOLLOWING = link("cancel_ownership_transfer", ownership_transfer_id="/id")


@router.post(
    "",
    status_code=201,
    responses=problems(*STEP_UP_ERRORS, MemberNotFoundError, TransferOpenError, AlreadyOwnerError)
    | {201: {"links": FOLLOWING}},
)
async def request_ownership_transfer(
    body: TransferCreate, principal: OwnerDep, session: SessionDep
) -> TransferRead:
    """Ask a member to be the owner in one's place. They are told by mail, and have a week."""
    return await service.request_transfer(session, principal=principal, member_id=body.member_id)


@router.get("", responses=problems(PersonRequiredError))
async def list_ownership_transfers(_: MemberDep, session: SessionDep) -> TransferList:
    """The transfer that is open, if there is one."""
    return await service.list_transfers(session)


@router.post(
    "/{ownership_transfer_id}/confirm",
    status_code=204,
    responses=problems(
        *STEP_UP_ERRORS, TransferNotFoundError, TransferForAnotherError, TransferObsoleteError
    ),
)
async def confirm_ownership_transfer(
    ownership_transfer_id: UUID, principal: SteppedUpDep, session: SessionDep
) -> None:
    """Become the owner, as the one who was asked. Whoever asked becomes an admin."""
    await service.confirm_transfer(session, principal=principal, transfer_id=ownership_transfer_id)


@router.delete(
    "/{ownership_transfer_id}",
    status_code=204,
    responses=problems(
        PersonRequiredError, TransferNotFoundError, TransferForAnotherError, TransferObsoleteError
    ),
)
async def cancel_ownership_transfer(
    ownership_transfer_id: UUID, principal: MemberDep, session: SessionDep
) -> None:
    """Take it back, as an owner, or say no, as the one who was asked."""
    await service.cancel_transfer(session, principal=principal, transfer_id=ownership_transfer_id)
