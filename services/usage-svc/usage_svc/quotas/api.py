"""The routes of quotas and reservations."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from stagify.auth import requires, service_for_tenant
from stagify.calls.usage import (
    LEVELS,
    RESERVATIONS,
    LevelRead,
    QuotaExceededError,
    ReservationCreate,
    ReservationRead,
)
from stagify.dependencies import DatabaseDep
from stagify.direct import DirectRoute
from stagify.inputs import Choice
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from usage_svc.parts import Parts, PartsDep
from usage_svc.quotas import service
from usage_svc.quotas.errors import (
    ReservationMismatchError,
    ReservationReleasedError,
    UnknownMeterError,
)
from usage_svc.quotas.schemas import UsageRead

router = APIRouter()
direct_router = APIRouter(route_class=DirectRoute)

ReaderDep = Annotated[TenantPrincipal, Depends(requires("usage:read"))]
IdentityDep = Annotated[TenantPrincipal, Depends(service_for_tenant("identity-svc"))]
reserver_for_tenant = service_for_tenant("staging-svc", "identity-svc")


@router.get("/v1/usage", response_model=UsageRead, tags=["usage"])
async def read_usage(caller: ReaderDep, database: DatabaseDep, parts: PartsDep) -> Response:
    """How much this tenant has used and reserved, and how much is left."""
    async with database.tenant_connection(caller.tenant_id) as connection:
        usage = await service.read_usage(connection, plans=parts.plans)
    # Dashboards ask for this all the time: FastAPI would validate the answer a second time.
    return Response(usage.model_dump_json(), media_type="application/json")


@router.get(f"{LEVELS}/{{meter}}", tags=["internal"], responses=problems(UnknownMeterError))
async def tell_level(meter: Choice, caller: IdentityDep, database: DatabaseDep) -> LevelRead:
    """How much of a meter the tenant has used, for those who know how much it must be."""
    async with database.tenant_connection(caller.tenant_id) as connection:
        return LevelRead(used=await service.read_level(connection, meter))


RESERVATION_BODY = {
    "required": True,
    "content": {"application/json": {"schema": ReservationCreate.model_json_schema()}},
}


# The hottest route of the platform: FastAPI's injection and validation would double its cost,
# so it reads, checks and writes by itself, with the same parts and the same refusals.
@direct_router.post(
    RESERVATIONS,
    status_code=201,
    response_model=ReservationRead,
    tags=["internal"],
    responses=problems(
        UnknownMeterError, QuotaExceededError, ReservationMismatchError, ReservationReleasedError
    ),
    openapi_extra={"requestBody": RESERVATION_BODY},
)
async def reserve(request: Request) -> Response:
    """Hold a part of the tenant's quota; the same call again has the same answer."""
    caller = await reserver_for_tenant(request)
    try:
        body = ReservationCreate.model_validate_json(await request.body())
    except ValidationError as error:
        places = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
        raise RequestValidationError(places) from error
    parts: Parts = request.app.state.parts
    held = await parts.admission.reserve(
        tenant_id=caller.tenant_id,
        reservation_id=body.reservation_id,
        meter=body.meter,
        quantity=body.quantity,
        ttl=timedelta(seconds=body.ttl_seconds) if body.ttl_seconds else None,
    )
    answer = ReservationRead(reservation_id=held.id, expires_at=held.expires_at)
    return Response(answer.model_dump_json(), 201, media_type="application/json")
