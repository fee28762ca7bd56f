"""The routes of API keys."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_svc.api_keys import service
from identity_svc.api_keys.errors import (
    ApiKeyNotFoundError,
    ApiKeyRotatedError,
    ExpiryInPastError,
    ScopeNotAllowedError,
    TooManyApiKeysError,
)
from identity_svc.api_keys.schemas import (
    ApiKeyCreate,
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyRead,
    ApiKeyReport,
    ApiKeyRotate,
    ApiKeyUpdate,
)
from identity_svc.parts import PartsDep
from identity_svc.roles.service import RoleNotAllowedError
from identity_svc.service_accounts.service import ServiceAccountNotFoundError
from identity_svc.throttling.service import TooManyAttemptsError
from stagify.auth import STEP_UP_ERRORS, PlatformDep, requires
from stagify.dependencies import SessionDep
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.links import link
from stagify.pagination import InvalidCursorError, PageParamsDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from stagify.source import SourceDep

router = APIRouter(prefix="/v1/api-keys", tags=["api keys"])

ManagerDep = Annotated[TenantPrincipal, Depends(requires("api_keys:manage"))]
# Who only has a session that was left open cannot get at a secret, nor make a key last longer or go further.
SteppedUpManagerDep = Annotated[TenantPrincipal, Depends(requires("api_keys:manage", step_up=True))]

_OF_THE_KEY = (
    link("revoke_api_key", api_key_id="/id")
    | link("change_api_key", api_key_id="/id")
    | link("rotate_api_key", api_key_id="/id")
)


@router.post(
    "",
    status_code=201,
    response_model=ApiKeyCreated,
    responses=problems(
        ExpiryInPastError,
        ScopeNotAllowedError,
        TooManyApiKeysError,
        ServiceAccountNotFoundError,
        RoleNotAllowedError,
        *STEP_UP_ERRORS,
        *IDEMPOTENCY_ERRORS,
    )
    | {201: idempotent(_OF_THE_KEY)},
)
async def create_api_key(
    body: ApiKeyCreate,
    principal: SteppedUpManagerDep,
    session: SessionDep,
    parts: PartsDep,
    idempotency: IdempotencyDep,
) -> Response:
    """Create a key, for oneself or for a service account. Its secret is in this answer and nowhere else, not
    even in a replay."""
    return await idempotency.run(
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


@router.patch(
    "/{api_key_id}",
    responses=problems(ApiKeyNotFoundError, ApiKeyRotatedError, ExpiryInPastError, *STEP_UP_ERRORS),
)
async def change_api_key(
    api_key_id: UUID, body: ApiKeyUpdate, principal: SteppedUpManagerDep, session: SessionDep
) -> ApiKeyRead:
    """Change the name of a key, when it expires, or from where it may be used. It counts everywhere within
    a second."""
    return await service.change_api_key(
        session, principal=principal, api_key_id=api_key_id, wanted=body
    )


@router.post(
    "/{api_key_id}/rotate",
    status_code=201,
    response_model=ApiKeyCreated,
    responses=problems(
        ApiKeyNotFoundError,
        ApiKeyRotatedError,
        ScopeNotAllowedError,
        RoleNotAllowedError,
        *STEP_UP_ERRORS,
        *IDEMPOTENCY_ERRORS,
    )
    | {201: idempotent(_OF_THE_KEY)},
)
async def rotate_api_key(
    api_key_id: UUID,
    body: ApiKeyRotate,
    principal: SteppedUpManagerDep,
    session: SessionDep,
    parts: PartsDep,
    idempotency: IdempotencyDep,
) -> Response:
    """Replace a key with one that has the same name, scopes, lifetime and addresses, and another secret. The
    old one goes on working for the overlap, so that programs can be given the new one meanwhile."""
    return await idempotency.run(
        session,
        201,
        lambda: service.rotate_api_key(
            session,
            principal=principal,
            api_key_id=api_key_id,
            overlap_hours=body.overlap_hours,
            keys=parts.keys,
        ),
        shown_once=frozenset({"key"}),
    )


@router.post(
    "/report", status_code=202, response_class=Response, responses=problems(TooManyAttemptsError)
)
async def report_api_key(
    body: ApiKeyReport, _: PlatformDep, source: SourceDep, parts: PartsDep
) -> Response:
    """Report a key that was found where it should not be; anyone may. If it is one, it is revoked at once
    and the owners of its workspace are told. The answer is the same for whatever is reported."""
    await service.report_api_key(parts, text=body.key.get_secret_value(), source=source)
    return Response(status_code=202)


@router.delete("/{api_key_id}", status_code=204, responses=problems(ApiKeyNotFoundError))
async def revoke_api_key(api_key_id: UUID, principal: ManagerDep, session: SessionDep) -> None:
    """Revoke a key. It is refused everywhere within a second."""
    await service.revoke_api_key(session, tenant_id=principal.tenant_id, api_key_id=api_key_id)
