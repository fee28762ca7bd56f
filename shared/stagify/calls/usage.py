"""The calls that staging-svc and identity-svc make to usage-svc."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from stagify.calls.client import InternalClient
from stagify.errors import Members, PaymentRequiredError
from stagify.inputs import Choice, Whole

RESERVATIONS = "/internal/reservations"
ENTITLEMENTS = "/internal/entitlements"
LEVELS = "/internal/levels"


class ReservationCreate(BaseModel):
    """A reservation to be made; the caller chooses its id and may repeat the call.

    Without `ttl_seconds`, one of a meter that resets lasts a quarter of an hour, and one of a level,
    such as `storage_bytes`, until it is used or released.
    """

    model_config = ConfigDict(extra="forbid")

    reservation_id: UUID
    meter: Choice
    quantity: Annotated[int, Whole(1, 2**53)]
    ttl_seconds: Annotated[int, Whole(1, 3600)] | None = None


class ReservationRead(BaseModel):
    """A reservation that holds until `expires_at`, unless a project takes it over; in the year 9999 if it
    lasts until it is used or released."""

    reservation_id: UUID
    expires_at: datetime


class _QuotaRead(BaseModel):
    """The members of the refusal that the caller passes on to customers."""

    meter: str
    used: int
    reserved: int
    limit: int
    resets_at: datetime | None


class QuotaExceededError(PaymentRequiredError):
    """The plan's quota is used up."""

    code = "quota_exceeded"
    example = Members(
        meter="staging",
        used=10,
        reserved=0,
        limit=10,
        resets_at="2026-12-01T00:00:00Z",
    )

    def __init__(
        self, *, meter: str, used: int, reserved: int, limit: int, resets_at: datetime | None
    ) -> None:
        super().__init__(
            meter=meter,
            used=used,
            reserved=reserved,
            limit=limit,
            resets_at=resets_at.isoformat().replace("+00:00", "Z") if resets_at else None,
        )

    @classmethod
    def from_problem(cls, problem: dict[str, Any]) -> Self:
        """See the base class."""
        return cls(**dict(_QuotaRead.model_validate(problem)))


async def reserve(usage: InternalClient, tenant_id: UUID, wanted: ReservationCreate) -> None:
    """Hold part of the tenant's quota; repeating the call with the same reservation holds no more.
    QuotaExceededError if too little is left."""
    await usage.call(
        "POST", RESERVATIONS, body=wanted, tenant_id=tenant_id, refusals=(QuotaExceededError,)
    )


class EntitlementsRead(BaseModel):
    """What a tenant's plan includes: features by their names, and for each meter how much of it; null
    means that there is no limit."""

    plan: str
    # Neither names are a closed list: features and meters are added.
    features: list[str]
    limits: dict[str, int | None]


async def read_entitlements(usage: InternalClient, tenant_id: UUID) -> EntitlementsRead:
    """What the tenant's plan includes now."""
    return await usage.ask(EntitlementsRead, "GET", ENTITLEMENTS, tenant_id=tenant_id)


class LevelRead(BaseModel):
    """How much of something there is, as far as events have told usage-svc; those under way are not
    included."""

    used: int


async def read_level(usage: InternalClient, tenant_id: UUID, meter: str) -> int:
    """How much of a meter that never resets the tenant has, as usage-svc has counted it."""
    return (await usage.ask(LevelRead, "GET", f"{LEVELS}/{meter}", tenant_id=tenant_id)).used
