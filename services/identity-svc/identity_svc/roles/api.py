"""The routes of roles."""

from typing import Annotated

from fastapi import APIRouter, Depends

from identity_svc.roles import service
from identity_svc.roles.schemas import RoleList
from stagify.auth import PersonRequiredError, requires_person
from stagify.dependencies import SessionDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1/roles", tags=["members"])

ReaderDep = Annotated[TenantPrincipal, Depends(requires_person("members:read"))]


@router.get("", responses=problems(PersonRequiredError))
async def list_roles(_: ReaderDep, session: SessionDep) -> RoleList:
    """The roles that members can have here, and what each may do."""
    return await service.list_roles(session)
