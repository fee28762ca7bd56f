"""When credentials were last used: collected in memory and written in batches, outside of requests.

So a look-up stays a single read. The time is accurate to a minute, and uses that are not written yet
are lost if the process is killed.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from identity_svc.credentials import queries
from stagify.calls.identity import CredentialType
from stagify.clock import utc_now
from stagify.database import Database
from stagify.worker import every

# A use is not written if the last recorded one is more recent than this.
RESOLUTION = timedelta(minutes=1)
FLUSH_SECONDS = 5.0
# Protects the memory from a flood; a credential that does not fit is recorded at its next use.
MAX_PENDING = 10_000


class UsageRecorder:
    """Collects uses, and writes them every FLUSH_SECONDS while `run` runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: dict[tuple[UUID, CredentialType, UUID], datetime] = {}

    def note(
        self, tenant_id: UUID, kind: CredentialType, credential_id: UUID, last: datetime | None
    ) -> None:
        """The credential is being used now; `last` is what its row says."""
        now = utc_now()
        if last is not None and now - last < RESOLUTION:
            return
        if len(self._pending) < MAX_PENDING:
            self._pending[tenant_id, kind, credential_id] = now

    async def flush(self) -> None:
        """Write what was noted, a transaction per tenant."""
        pending, self._pending = self._pending, {}
        batches: dict[tuple[UUID, CredentialType], dict[UUID, datetime]] = defaultdict(dict)
        for (tenant_id, kind, credential_id), at in pending.items():
            batches[tenant_id, kind][credential_id] = at
        for (tenant_id, kind), uses in batches.items():
            # In order, so that two processes never wait for each other's rows in a circle.
            ids = sorted(uses)
            async with self._database.tenant_connection(tenant_id) as connection:
                await queries.set_last_use(connection, kind, ids, [uses[id_] for id_ in ids])

    async def run(self) -> None:
        """Write for ever; when this is cancelled, what is left is written too."""
        try:
            await every(FLUSH_SECONDS, self.flush, name="credential-usage")
        finally:
            await self.flush()
