"""The queue: fairness across tenants, leases, and what the claim role may see."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from stagify.clock import utc_now
from stagify.database import Database, Session, driver_connection
from stagify.ids import new_id
from stagify.testing import eventually
from staging_svc.projects.models import Project
from staging_svc.queue import service
from staging_svc.queue.models import Job
from staging_svc.queue.service import Lease, LeaseLostError, claim_next

Step = Callable[[Session, Lease], Awaitable[object]]


async def enqueue(database: Database, tenant_id: UUID, count: int = 1) -> list[UUID]:
    """Jobs of projects that need nothing else; their ids, oldest first."""
    made = []
    async with database.tenant(tenant_id) as session:
        for _ in range(count):
            project = Project(
                tenant_id=tenant_id,
                name="Attic",
                room_type="bedroom",
                style="modern",
                reservation_id=new_id(),
                is_reserved=True,
            )
            session.add(project)
            await session.flush()
            connection = await driver_connection(session)
            made.append(
                await service.enqueue(
                    connection,
                    tenant_id=tenant_id,
                    project_id=project.id,
                    also_notify=("changed", ""),
                )
            )
    return made


async def claim(claims: Database, lease_seconds: float = 30) -> Lease | None:
    async with claims.tenant_connection(None) as connection:
        return await claim_next(connection, lease_seconds=lease_seconds)


async def claimed(claims: Database, lease_seconds: float = 30) -> Lease:
    lease = await claim(claims, lease_seconds)
    assert lease is not None
    return lease


async def is_waiting_for_turn(database: Database) -> bool:
    async with database.tenant_connection(None) as connection:
        return bool(
            await connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )


async def finish(database: Database, lease: Lease) -> None:
    async with database.tenant(lease.tenant_id) as session:
        await service.finish(session, lease, is_done=True)


class TestFairness:
    async def test_jobs_of_one_tenant_are_taken_oldest_first(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        made = await enqueue(database, tenant_id, 3)
        assert [(await claimed(claims)).job_id for _ in made] == made
        assert await claim(claims) is None

    async def test_single_job_waits_for_at_most_one_of_a_full_queue(
        self, database: Database, claims: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id, 500)
        for _ in range(3):
            await finish(database, await claimed(claims))
        running = await claimed(claims)
        [single] = await enqueue(database, other_tenant_id)
        await finish(database, running)
        assert (await claimed(claims)).job_id == single

    async def test_tenant_with_fewest_running_jobs_comes_first(
        self, database: Database, claims: Database
    ) -> None:
        tenants = [new_id() for _ in range(3)]
        for tenant in tenants:
            await enqueue(database, tenant, 4)
        taken = Counter([(await claimed(claims)).tenant_id for _ in range(6)])
        assert taken == dict.fromkeys(tenants, 2)

    async def test_tenants_take_turns(self, database: Database, claims: Database) -> None:
        tenants = [new_id(), new_id()]
        for tenant in tenants:
            await enqueue(database, tenant, 3)
        order = []
        for _ in range(6):
            lease = await claimed(claims)
            order.append(lease.tenant_id)
            await finish(database, lease)
        assert order == tenants * 3

    async def test_no_job_is_taken_twice(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id, 10)
        leases = await asyncio.gather(*(claim(claims) for _ in range(15)))
        taken = [lease.job_id for lease in leases if lease is not None]
        assert len(taken) == len(set(taken)) == 10

    async def test_row_that_is_being_cancelled_is_passed_over(
        self, database: Database, claims: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        [free] = await enqueue(database, other_tenant_id)
        async with database.tenant(tenant_id) as session:
            await session.execute(text("SELECT 1 FROM jobs FOR UPDATE"))
            assert (await claimed(claims)).job_id == free


class TestTwoAtOnce:
    """Claims wait for each other. In these tests the first has taken a job, but not yet committed."""

    @staticmethod
    async def claim_two(claims: Database, database: Database) -> tuple[Lease | None, Lease | None]:
        async with claims.tenant_connection(None) as connection:
            first = await claim_next(connection, lease_seconds=30)
            second = asyncio.create_task(claim(claims))

            async def waits_or_is_done() -> bool:
                return second.done() or await is_waiting_for_turn(database)

            await eventually(waits_or_is_done)
        return first, await second

    async def test_second_claim_gets_the_second_job(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        made = await enqueue(database, tenant_id, 2)
        leases = await self.claim_two(claims, database)
        assert [lease.job_id for lease in leases if lease] == made

    async def test_second_claim_counts_what_the_first_took(
        self, database: Database, claims: Database
    ) -> None:
        idle, busy = new_id(), new_id()
        await enqueue(database, busy, 3)
        for _ in range(2):
            await claimed(claims)
        await enqueue(database, idle, 2)
        leases = await self.claim_two(claims, database)
        assert [lease.tenant_id for lease in leases if lease] == [idle, idle]

    async def test_two_claims_serve_two_tenants(self, database: Database, claims: Database) -> None:
        tenants = {new_id(), new_id()}
        for tenant in tenants:
            await enqueue(database, tenant, 2)
        leases = await self.claim_two(claims, database)
        assert {lease.tenant_id for lease in leases if lease} == tenants

    async def test_in_many_rounds_every_claim_finds_its_own_job(
        self, database: Database, claims: Database
    ) -> None:
        tenants = {new_id(), new_id()}
        for _ in range(60):
            for tenant in tenants:
                await enqueue(database, tenant)
            leases = await asyncio.gather(claim(claims), claim(claims))
            assert {lease.tenant_id for lease in leases if lease} == tenants
            for lease in leases:
                assert lease is not None
                await finish(database, lease)


class TestWaiting:
    async def test_held_jobs_wait_for_their_release(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        async with database.tenant(tenant_id) as session:
            await service.hold_all(session)
        assert await claim(claims) is None
        async with database.tenant(tenant_id) as session:
            await service.release_all(session)
        assert await claim(claims) is not None

    async def test_job_with_back_off_is_not_due(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        lease = await claimed(claims)
        async with database.tenant(tenant_id) as session:
            await service.requeue(session, lease, delay_seconds=60)
        assert await claim(claims) is None

    async def test_attempts_are_counted_unless_handed_back(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        attempts = []
        for is_counted in (False, True, True):
            lease = await claimed(claims)
            attempts.append(lease.attempt)
            async with database.tenant(tenant_id) as session:
                await service.requeue(session, lease, is_counted=is_counted)
        assert attempts == [1, 1, 2]


class TestLease:
    async def test_job_of_a_silent_process_is_taken_again(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        lost = await claimed(claims, lease_seconds=-1)
        again = await claimed(claims)
        assert (again.job_id, again.attempt) == (lost.job_id, 2)
        assert again.token != lost.token

    @pytest.mark.parametrize(
        "step",
        [
            partial(service.renew, lease_seconds=30),
            partial(service.finish, is_done=True),
            service.requeue,
            service.mark_started,
        ],
        ids=["renew", "finish", "requeue", "mark_started"],
    )
    async def test_lost_lease_changes_nothing(
        self, database: Database, claims: Database, tenant_id: UUID, step: Step
    ) -> None:
        await enqueue(database, tenant_id)
        lost = await claimed(claims, lease_seconds=-1)
        await claimed(claims)
        with pytest.raises(LeaseLostError):
            async with database.tenant(tenant_id) as session:
                await step(session, lost)

    async def test_job_cannot_be_taken_between_the_look_at_its_lease_and_the_write(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        lease = await claimed(claims, lease_seconds=-1)
        async with database.tenant(tenant_id) as session:
            job = await service.locked(session, lease)
            with pytest.raises(asyncpg.LockNotAvailableError):
                async with claims.tenant_connection(None) as connection:
                    await connection.execute("SET LOCAL lock_timeout = '50ms'")
                    await claim_next(connection, lease_seconds=30)
            assert job.lease_token == lease.token

    async def test_cancelled_job_is_lost(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        lease = await claimed(claims)
        async with database.tenant(tenant_id) as session:
            await service.cancel(session, lease.project_id)
        with pytest.raises(LeaseLostError):
            await finish(database, lease)

    async def test_renewal_prolongs(
        self, database: Database, claims: Database, tenant_id: UUID
    ) -> None:
        await enqueue(database, tenant_id)
        lease = await claimed(claims, lease_seconds=1)
        async with database.tenant(tenant_id) as session:
            await service.renew(session, lease, lease_seconds=60)
        async with database.tenant(tenant_id) as session:
            job = await session.get_one(Job, (tenant_id, lease.job_id))
        assert job.lease_expires_at is not None
        assert job.lease_expires_at > utc_now() + timedelta(seconds=50)


class TestClaimRole:
    @pytest.mark.parametrize("table", ["projects", "images", "uploads", "tenants", "outbox"])
    async def test_sees_no_other_table(self, claims: Database, table: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with claims.tenant_connection(None) as connection:
                await connection.fetch(f"SELECT * FROM {table}")

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM jobs",
            "UPDATE jobs SET tenant_id = gen_random_uuid()",
            "UPDATE jobs SET is_held = false",
            "SELECT payload FROM tasks",
            "DELETE FROM tasks",
        ],
    )
    async def test_may_do_nothing_else(self, claims: Database, statement: str) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with claims.tenant_connection(None) as connection:
                await connection.execute(statement)
