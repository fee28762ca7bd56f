"""Deleting what has ended, in bounded batches.

Tables without a tenant are cleaned in one go. Sessions and keys are under row-level security, and no
role here may see several tenants: the upkeep goes from tenant to tenant, some in each round.
"""

from dataclasses import dataclass
from uuid import UUID

from identity_svc.addresses.service import forget_changes
from identity_svc.api_keys.service import forget_dead
from identity_svc.factors.service import forget_challenges
from identity_svc.invitations.service import forget_closed
from identity_svc.members.service import forget_former
from identity_svc.ownership.service import forget_transfers
from identity_svc.parts import Parts
from identity_svc.password_resets.service import forget_resets
from identity_svc.people.service import forget_rested
from identity_svc.sessions.service import forget_expired, forget_expired_persons
from identity_svc.signup.service import forget_signups
from identity_svc.sso.service import forget_attempts, forget_log_outs
from identity_svc.tenants.service import tenants_after
from identity_svc.throttling.service import forget_old_attempts

BATCH_ROWS = 1_000
# Under attack there are more rows of attempts than of anything else: as many as there is time to hash.
ATTEMPT_ROWS = 20_000
TENANTS_PER_ROUND = 100

_FIRST = UUID(int=0)


@dataclass(slots=True)
class Turn:
    """Which tenant the rounds have come to."""

    last_tenant: UUID = _FIRST


async def upkeep(parts: Parts, turn: Turn, *, tenants_per_round: int = TENANTS_PER_ROUND) -> None:
    """One round; it goes on after the tenant where the last one with this `turn` ended."""
    async with parts.database.system() as session:
        await forget_signups(session, BATCH_ROWS)
        await forget_resets(session, BATCH_ROWS)
        await forget_expired_persons(session, BATCH_ROWS)
        await forget_challenges(session, BATCH_ROWS)
        await forget_changes(session, BATCH_ROWS)
        await forget_attempts(session, BATCH_ROWS)
        await forget_rested(session, BATCH_ROWS)
        await forget_old_attempts(session, ATTEMPT_ROWS)
        tenants = await tenants_after(session, turn.last_tenant, tenants_per_round)
    for tenant_id in tenants:
        async with parts.database.tenant(tenant_id) as session:
            await forget_expired(session, BATCH_ROWS)
            await forget_dead(session, BATCH_ROWS)
            await forget_former(session, BATCH_ROWS)
            await forget_closed(session, BATCH_ROWS)
            await forget_transfers(session, BATCH_ROWS)
            await forget_log_outs(session, BATCH_ROWS)
    # A round with fewer tenants was the last one: begin again.
    is_last = len(tenants) < tenants_per_round
    turn.last_tenant = _FIRST if is_last else tenants[-1]
