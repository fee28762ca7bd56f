"""Reserving quota at usage-svc: one call with a deadline, and a defined answer when it is down."""

import logging
from uuid import UUID

from prometheus_client import Counter

from stagify.errors import PaymentRequiredError
from stagify.internal import InternalCallError, InternalClient
from stagify.tokens import TokenSigner
from staging_svc.settings import Settings

logger = logging.getLogger(__name__)

RESERVATIONS = Counter(
    "stagify_staging_reservations",
    "Quota reservations: made, refused, or unanswered (made later by the worker).",
    ["outcome"],
)

METER = "staging"
# What usage-svc tells of a refusal; other members stay inside.
REFUSAL_MEMBERS = ("meter", "used", "reserved", "limit", "resets_at")


class QuotaExceededError(PaymentRequiredError):
    """The plan's staged photos are used up."""

    code = "quota_exceeded"


class UnexpectedAnswerError(RuntimeError):
    """usage-svc said something that its contract does not have."""


class Quota:
    """The quota of staged photos."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    @classmethod
    def from_settings(cls, settings: Settings) -> "Quota":
        """The quota as this process reaches it."""
        client = InternalClient(
            str(settings.usage_svc_url),
            audience="usage-svc",
            signer=TokenSigner.from_settings(settings),
            timeout_seconds=settings.usage_svc_timeout_seconds,
        )
        return cls(client)

    async def reserve(
        self, tenant_id: UUID, reservation_id: UUID, *, ttl_seconds: int = 900
    ) -> bool:
        """Whether one photo is reserved now; False if usage-svc does not answer in time.

        Idempotent for each reservation, also after an answer that was lost.
        QuotaExceededError if nothing is left.
        """
        wanted = {
            "reservation_id": str(reservation_id),
            "meter": METER,
            "quantity": 1,
            "ttl_seconds": ttl_seconds,
        }
        try:
            answer = await self._client.request(
                "POST", "/internal/reservations", json=wanted, tenant_id=tenant_id
            )
        except InternalCallError:
            RESERVATIONS.labels("unanswered").inc()
            logger.warning("quota.unanswered")
            return False
        if answer.status == 402:
            RESERVATIONS.labels("refused").inc()
            raise QuotaExceededError(
                **{name: answer.body[name] for name in REFUSAL_MEMBERS if name in answer.body}
            )
        if not answer.is_success:
            raise UnexpectedAnswerError(f"{answer.status} {answer.code!r} to a reservation")
        RESERVATIONS.labels("made").inc()
        return True

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.close()
