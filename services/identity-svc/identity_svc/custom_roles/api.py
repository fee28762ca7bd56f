"""The routes of a tenant's own roles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from identity_svc.custom_roles import service
from identity_svc.custom_roles.errors import (
    FeatureNotIncludedError,
    PermissionNotGrantableError,
    RoleInUseError,
    RoleNameTakenError,
    RoleNotFoundError,
    TooManyRolesError,
)
from identity_svc.custom_roles.schemas import RoleCreate, RoleUpdate
from identity_svc.parts import PartsDep
from identity_svc.roles.schemas import RoleRead
from identity_svc.roles.service import RoleNotAllowedError
from stagify.auth import PersonRequiredError, requires_person
from stagify.calls.usage import read_entitlements
from stagify.dependencies import SessionDep
from stagify.errors import UnavailableError
from stagify.links import link
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1/roles", tags=["members"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires_person("roles:manage"))]

FEATURE = "custom_roles"
# What may be wrong with a role that is to be made or changed.
MAKE_ERRORS = (
    PersonRequiredError,
    FeatureNotIncludedError,
    UnavailableError,
    RoleNotAllowedError,
    PermissionNotGrantableError,
    RoleNameTakenError,
)


async def may_make(principal: ManagerDep, parts: PartsDep) -> TenantPrincipal:
    """The caller, if the plan of their tenant includes roles of its own; asked before the transaction."""
    included = await read_entitlements(parts.usage_svc, principal.tenant_id)
    if FEATURE not in included.features:
        raise FeatureNotIncludedError
    return principal


MakerDep = Annotated[TenantPrincipal, Depends(may_make)]


@router.post(
    "",
    status_code=201,
    responses=problems(*MAKE_ERRORS, TooManyRolesError)
    | {201: {"links": link("update_role", role_id="/key") | link("delete_role", role_id="/key")}},
)
async def create_role(
    body: RoleCreate, principal: MakerDep, session: SessionDep, parts: PartsDep
) -> RoleRead:
    """Make a role of one's own permissions; the plan must include this."""
    return await service.create_role(
        session,
        principal=principal,
        wanted=body,
        max_roles=parts.settings.roles_per_tenant,
    )


@router.patch(
    "/{role_id}",
    responses=problems(*MAKE_ERRORS, RoleNotFoundError),
)
async def update_role(
    role_id: UUID, body: RoleUpdate, principal: MakerDep, session: SessionDep
) -> RoleRead:
    """Change a role that the workspace has made. For those who have it, it counts everywhere within a
    second."""
    return await service.update_role(session, principal=principal, role_id=role_id, wanted=body)


# Whoever has lost the feature with another plan can still tidy up.
@router.delete(
    "/{role_id}",
    status_code=204,
    responses=problems(PersonRequiredError, RoleNotFoundError, RoleNotAllowedError, RoleInUseError),
)
async def delete_role(role_id: UUID, principal: ManagerDep, session: SessionDep) -> None:
    """Delete a role that the workspace has made and nobody has."""
    await service.delete_role(session, principal=principal, role_id=role_id)
