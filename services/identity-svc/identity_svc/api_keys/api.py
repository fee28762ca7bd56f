"""The routes of API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_svc.api_keys import service
from identity_svc.api_keys.errors import (
    ApiKeyNotFoundError,
    ExpiryInPastError,
    ScopeNotAllowedError,
    TooManyApiKeysError,
)
from identity_svc.api_keys.schemas import ApiKeyCreate, ApiKeyCreated, ApiKeyPage
from identity_svc.parts import PartsDep
from stagify.auth import requires
from stagify.dependencies import SessionDep
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems

router = APIRouter(prefix="/v1/api-keys", tags=["api keys"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires("api_keys:manage"))]


@router.post(
    "",
    status_code=201,
    response_model=ApiKeyCreated,
    responses=problems(
        ExpiryInPastError, ScopeNotAllowedError, TooManyApiKeysError, *IDEMPOTENCY_ERRORS
    )
    | {201: idempotent(link("revoke_api_key", api_key_id="/id"))},
)
async def create_api_key(
    body: ApiKeyCreate,
    principal: ManagerDep,
    session: SessionDep,
    parts: PartsDep,
    idempotency: IdempotencyDep,
) -> Response:
    """Create a key. Its secret is in this answer and nowhere else, not even in a replay."""
    response = await idempotency.run(
        session,
        201,
        lambda: service.create_api_key(
            session,
            principal=principal,
            wanted=body,
            keys=parts.keys,
            max_keys=parts.settings.api_keys_per_tenant,
        ),
        shown_once=frozenset({"key"}),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get(
    "",
    responses=problems(InvalidCursorError)
    | {
        200: {
            "links": link("revoke_api_key", api_key_id="/items/0/id")
            | link("list_api_keys", cursor="/next_cursor")
        }
    },
)
async def list_api_keys(_: ManagerDep, session: SessionDep, params: PageParamsDep) -> ApiKeyPage:
    """The tenant's keys, without their secrets."""
    return await service.list_api_keys(session, params)


@router.delete("/{api_key_id}", status_code=204, responses=problems(ApiKeyNotFoundError))
async def revoke_api_key(api_key_id: UUID, principal: ManagerDep, session: SessionDep) -> None:
    """Revoke a key. It is refused everywhere within a second."""
    await service.revoke_api_key(session, tenant_id=principal.tenant_id, api_key_id=api_key_id)
