"""The internal routes of the gateway."""

from typing import Annotated

from fastapi import APIRouter, Depends

from identity_svc.credentials import service
from identity_svc.parts import PartsDep
from stagify.auth import service_for_tenant, service_only
from stagify.calls.identity import (
    CREDENTIALS,
    USES,
    ApiKeyUses,
    CredentialLookUp,
    CredentialRead,
    UnknownCredentialError,
)
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(tags=["internal"])

GatewayDep = Annotated[TenantPrincipal, Depends(service_for_tenant("gateway"))]


@router.post(CREDENTIALS, responses=problems(UnknownCredentialError))
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


@router.post(USES, status_code=204, dependencies=[Depends(service_only("gateway"))])
async def note_uses(body: ApiKeyUses, parts: PartsDep) -> None:
    """These API keys are in use; what is none, or no longer, is passed over."""
    for use in body.items:
        parts.usage.note(use.tenant_id, "api_key", use.api_key_id, None)
