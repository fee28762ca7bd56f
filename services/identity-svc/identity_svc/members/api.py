"""The routes of members."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_svc.members import service
from identity_svc.members.errors import LastOwnerError, MemberNotFoundError
from identity_svc.members.schemas import MemberPage, MemberRead, MemberUpdate
from identity_svc.roles.service import GRANT_ERRORS, OWNER
from stagify.auth import (
    STEP_UP_ERRORS,
    PersonRequiredError,
    require_step_up,
    requires_person,
)
from stagify.dependencies import SessionDep
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1/members", tags=["members"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires_person("members:manage"))]
ReaderDep = Annotated[TenantPrincipal, Depends(requires_person("members:read"))]


@router.get(
    "",
    responses=problems(PersonRequiredError, InvalidCursorError)
    | {
        200: {
            "links": link("change_member_role", member_id="/items/0/id")
            | link("list_members", cursor="/next_cursor")
        }
    },
)
async def list_members(
    _: ReaderDep,
    session: SessionDep,
    params: PageParamsDep,
    include: Literal["removed"] | None = None,
) -> MemberPage:
    """The people of this workspace; with `include=removed` also those who were removed in the last 30
    days."""
    return await service.list_members(session, params, with_removed=include == "removed")


@router.patch(
    "/{member_id}",
    responses=problems(
        *STEP_UP_ERRORS,
        MemberNotFoundError,
        *GRANT_ERRORS,
        LastOwnerError,
    ),
)
async def change_member_role(
    member_id: UUID, body: MemberUpdate, principal: ManagerDep, session: SessionDep
) -> MemberRead:
    """Give a member another role. It counts everywhere within a second, for their API keys too.

    Nobody gives a role that may do more than theirs, nor decides about somebody who may do more. To make
    somebody an owner takes a step-up.
    """
    if body.role == OWNER.key:
        require_step_up(principal.auth_time)
    return await service.change_role(
        session, principal=principal, member_id=member_id, key=body.role
    )
