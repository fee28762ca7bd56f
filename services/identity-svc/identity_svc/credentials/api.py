"""The internal route the gateway asks."""

from typing import Annotated

from fastapi import APIRouter, Depends

from identity_svc.credentials import service
from identity_svc.parts import PartsDep
from stagify.auth import service_for_tenant
from stagify.calls.identity import (
    CREDENTIALS,
    CredentialLookUp,
    CredentialRead,
    UnknownCredentialError,
)
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix=CREDENTIALS, tags=["internal"])

GatewayDep = Annotated[TenantPrincipal, Depends(service_for_tenant("gateway"))]


@router.post("", responses=problems(UnknownCredentialError))
async def look_up_credential(
    body: CredentialLookUp, principal: GatewayDep, parts: PartsDep
) -> CredentialRead:
    """Whose credential this is, on the host of the token's tenant."""
    return await service.look_up(
        parts,
        tenant_id=principal.tenant_id,
        kind=body.type,
        value=body.value.get_secret_value(),
    )
