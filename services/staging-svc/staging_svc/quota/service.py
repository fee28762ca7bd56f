"""Reserving quota at usage-svc: one call with a deadline, and a defined answer when it is down.

A project reserves one photo, under the id of its upload; an upload reserves the bytes it may store.
"""

import logging
from uuid import UUID, uuid5

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

STAGING = "staging"
STORAGE = "storage_bytes"


def storage_reservation(upload_id: UUID) -> UUID:
    """The reservation of the bytes of an upload."""
    return uuid5(upload_id, STORAGE)


class Quota:
    """The quotas of photos and of bytes."""

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
            reservation_id=reservation_id, meter=STAGING, quantity=1, ttl_seconds=ttl_seconds
        )
        return await self._reserve(tenant_id, wanted)

    async def reserve_storage(self, tenant_id: UUID, upload_id: UUID, size: int) -> bool:
        """The same for the bytes of an upload; it lasts until they are used or released."""
        wanted = usage.ReservationCreate(
            reservation_id=storage_reservation(upload_id), meter=STORAGE, quantity=size
        )
        return await self._reserve(tenant_id, wanted)

    async def _reserve(self, tenant_id: UUID, wanted: usage.ReservationCreate) -> bool:
        try:
            await usage.reserve(self._client, tenant_id, wanted)
        except InternalCallError:
            RESERVATIONS.labels("unanswered").inc()
            logger.warning("quota.unanswered", extra={"meter": wanted.meter})
            return False
        except usage.QuotaExceededError:
            RESERVATIONS.labels("refused").inc()
            raise
        RESERVATIONS.labels("made").inc()
        return True

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.close()
