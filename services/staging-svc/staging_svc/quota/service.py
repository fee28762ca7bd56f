"""Reserving quota at usage-svc: one call with a deadline, and a defined answer when it is down."""

import logging
from uuid import UUID

from prometheus_client import Counter

from stagify.calls import usage
from stagify.calls.client import InternalCallError, InternalClient
from stagify.tokens import TokenSigner
from staging_svc.settings import Settings

logger = logging.getLogger(__name__)

RESERVATIONS = Counter(
    "stagify_staging_reservations",
    "Quota reservations: made, refused, or unanswered (made later by the worker).",
    ["outcome"],
)

METER = "staging"


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

        It can be repeated for the same reservation, also if an answer was lost.
        QuotaExceededError if nothing is left.
        """
        wanted = usage.ReservationCreate(
            reservation_id=reservation_id, meter=METER, quantity=1, ttl_seconds=ttl_seconds
        )
        try:
            await usage.reserve(self._client, tenant_id, wanted)
        except InternalCallError:
            RESERVATIONS.labels("unanswered").inc()
            logger.warning("quota.unanswered")
            return False
        except usage.QuotaExceededError:
            RESERVATIONS.labels("refused").inc()
            raise
        RESERVATIONS.labels("made").inc()
        return True

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.close()
