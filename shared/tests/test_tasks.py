"""Tasks: enqueued in the caller's transaction, run fairly, tried again, and given up where operators
see it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from stagify import cause
from stagify.clock import utc_now
from stagify.database import Database, driver_connection
from stagify.ids import new_id
from stagify.tasks import claims
from stagify.tasks.kinds import (
    GiveUpError,
    Handler,
    Kind,
    LeaseLostError,
    Task,
    TryAgainError,
)
from stagify.tasks.queue import MAX_PAYLOAD_BYTES, enqueue, withdraw
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, DatabaseUrls, next_turn, running

MINUTE = timedelta(minutes=1)

MakeRunner = Callable[..., TaskRunner]


@pytest.fixture
async def queue(kit_urls: DatabaseUrls) -> AsyncIterator[Database]:
    """The database as the tasks role, with no task of another test in it."""
    queue = Database(kit_urls.tasks, service="staging-svc", pool_size=2)
    async with queue.tenant_connection(None) as connection:
        await connection.execute("DELETE FROM tasks")
    yield queue
    await queue.close()


@pytest.fixture
def make_runner(queue: Database, database: Database) -> MakeRunner:
    """A runner of one kind, `work`, with this handler."""

    def make(handler: Handler, **policy: Any) -> TaskRunner:
        return TaskRunner(queue, database, {"work": Kind(handler=handler, **policy)})

    return make


@pytest.fixture
def done() -> list[Task]:
    """What the handler below has done."""
    return []


@pytest.fixture
def runner(make_runner: MakeRunner, done: list[Task]) -> TaskRunner:
    """A runner whose handler always succeeds."""

    async def handle(task: Task) -> None:
        done.append(task)

    return make_runner(handle)


async def add(database: Database, tenant_id: UUID | None, count: int = 1, **options: Any) -> None:
    """Enqueue `work` in a transaction of its own."""
    scope = database.system() if tenant_id is None else database.tenant(tenant_id)
    async with scope as session:
        for _ in range(count):
            await enqueue(session, "work", **options)


async def rows(queue: Database) -> list[asyncpg.Record]:
    """All tasks that exist."""
    async with queue.tenant_connection(None) as connection:
        return list(await connection.fetch("SELECT * FROM tasks ORDER BY id"))


async def widgets(database: Database, tenant_id: UUID) -> list[str]:
    """What handlers have written."""
    return [row["name"] for row in await database.fetch(tenant_id, "SELECT name FROM widgets")]


async def write_widget(task: Task) -> None:
    """An effect in the task's own transaction."""
    async with task.transaction() as session:
        await (await driver_connection(session)).execute(
            "INSERT INTO widgets (tenant_id, name) VALUES ($1, $2)",
            task.tenant_id,
            task.payload.get("name", "made"),
        )
        await task.complete(session)


class TestEnqueue:
    async def test_it_is_done_if_and_only_if_the_transaction_commits(
        self, database: Database, runner: TaskRunner, done: list[Task], tenant_id: UUID
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.tenant(tenant_id) as session:
                await enqueue(session, "work")
                raise ZeroDivisionError
        assert await runner.run_due() == 0
        async with database.tenant(tenant_id) as session:
            await enqueue(session, "work", {"name": "chair"})
            assert await runner.run_due() == 0
        assert await runner.run_due() == 1
        (task,) = done
        assert (task.tenant_id, task.payload) == (tenant_id, {"name": "chair"})

    async def test_one_that_is_done_leaves_nothing(
        self, database: Database, runner: TaskRunner, queue: Database, tenant_id: UUID
    ) -> None:
        await add(database, tenant_id)
        await runner.run_due()
        assert await rows(queue) == []

    async def test_it_waits_until_it_is_due(
        self, clock: Clock, database: Database, runner: TaskRunner, queue: Database, tenant_id: UUID
    ) -> None:
        await add(database, tenant_id, due_at=utc_now() + MINUTE)
        assert await runner.run_due() == 0
        clock.advance(MINUTE)
        assert await runner.run_due() == 1

    async def test_a_key_replaces_the_earlier_one_of_this_tenant_alone(
        self, database: Database, queue: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        for name in ("old", "new"):
            await add(database, tenant_id, key="k", payload={"name": name})
        await add(database, other_tenant_id, key="k", payload={"name": "theirs"})
        await add(database, None, key="k", payload={"name": "nobody's"})
        assert {row["tenant_id"]: row["payload"]["name"] for row in await rows(queue)} == {
            tenant_id: "new",
            other_tenant_id: "theirs",
            UUID(int=0): "nobody's",
        }

    async def test_one_replaced_while_it_runs_is_done_again(
        self, database: Database, make_runner: MakeRunner, queue: Database, tenant_id: UUID
    ) -> None:
        seen = []

        async def handle(task: Task) -> None:
            seen.append(task.payload["name"])
            if len(seen) == 1:
                await add(database, tenant_id, key="k", payload={"name": "new"})

        await add(database, tenant_id, key="k", payload={"name": "old"})
        await make_runner(handle).run_due()
        assert seen == ["old", "new"]
        assert await rows(queue) == []

    async def test_one_that_has_not_begun_can_be_withdrawn(
        self, database: Database, runner: TaskRunner, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        await add(database, tenant_id, key="k")
        async with database.tenant(other_tenant_id) as session:
            assert not await withdraw(session, "work", "k")
        async with database.system() as session:
            assert not await withdraw(session, "work", "k")
        async with database.tenant(tenant_id) as session:
            assert await withdraw(session, "work", "k")
        assert await runner.run_due() == 0

    async def test_one_that_has_begun_cannot(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            raise TryAgainError("away")

        await add(database, tenant_id, key="k")
        await make_runner(handle).run_due()
        async with database.tenant(tenant_id) as session:
            assert not await withdraw(session, "work", "k")

    async def test_large_content_is_refused(self, database: Database, tenant_id: UUID) -> None:
        with pytest.raises(ValueError, match="too large"):
            await add(database, tenant_id, payload={"text": "x" * MAX_PAYLOAD_BYTES})

    async def test_trace_and_cause_go_with_it(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID
    ) -> None:
        seen = []

        async def handle(task: Task) -> None:
            seen.append(cause.current.get())

        with cause.scope("user:ada", "request-1"):
            await add(database, tenant_id)
        await add(database, tenant_id)
        await make_runner(handle, concurrency=1).run_due()
        assert [each.actor for each in seen] == ["user:ada", "service:staging-svc"]
        assert seen[0].request_id == "request-1"


class TestIsolation:
    async def test_a_tenant_sees_its_own_tasks_only(
        self, database: Database, queue: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        for owner in (tenant_id, other_tenant_id, None):
            await add(database, owner)
        assert len(await rows(queue)) == 3
        for owner in (tenant_id, None):
            async with database.tenant_connection(owner) as connection:
                (row,) = await connection.fetch("SELECT tenant_id FROM tasks")
            assert row["tenant_id"] == (owner or UUID(int=0))

    @pytest.mark.parametrize("is_tenant", [True, False])
    async def test_a_tenant_cannot_write_for_another(
        self, database: Database, tenant_id: UUID, other_tenant_id: UUID, is_tenant: bool
    ) -> None:
        target = other_tenant_id if is_tenant else UUID(int=0)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.tenant_connection(tenant_id) as connection:
                await connection.execute(
                    "INSERT INTO tasks (tenant_id, id, created_at, kind, concurrency_key, payload,"
                    " state, due_at, attempts) VALUES ($1, $2, now(), 'x', '', '{}', 'ready',"
                    " now(), 0)",
                    target,
                    new_id(),
                )

    async def test_the_tasks_role_sees_nothing_else(self, queue: Database) -> None:
        for table in ("widgets", "outbox", "inbox"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with queue.tenant_connection(None) as connection:
                    await connection.fetch(f"SELECT * FROM {table}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with queue.tenant_connection(None) as connection:
                await connection.execute("UPDATE tasks SET payload = '{}'")
        await queue.assert_least_privilege()

    async def test_a_handler_works_as_its_tenant(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            async with task.transaction() as session:
                connection = await driver_connection(session)
                await connection.execute(
                    "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'stray')", other_tenant_id
                )

        await add(database, tenant_id)
        await make_runner(handle).run_due()
        assert await widgets(database, other_tenant_id) == []

    async def test_work_of_no_tenant_sees_no_tenants_rows(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            assert task.lease.tenant_id is None
            async with task.transaction() as session:
                connection = await driver_connection(session)
                seen.append(await connection.fetchval("SELECT count(*) FROM widgets"))

        seen: list[int] = []
        async with database.tenant_connection(tenant_id) as connection:
            await connection.execute(
                "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'mine')", tenant_id
            )
        await add(database, None)
        await make_runner(handle).run_due()
        assert seen == [0]


class TestFailure:
    async def test_the_wait_doubles_up_to_the_longest(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        async def handle(task: Task) -> None:
            raise TryAgainError("away")

        runner = make_runner(handle, first_wait=MINUTE, longest_wait=3 * MINUTE)
        await add(database, tenant_id)
        for wait in (1, 2, 3, 3):
            assert await runner.run_due() == 1
            (row,) = await rows(queue)
            assert (row["state"], row["last_error"]) == ("waiting", "away")
            assert timedelta(0) <= utc_now() + wait * MINUTE - row["due_at"] < MINUTE / 2
            assert await runner.run_due() == 0
            clock.advance(wait * MINUTE)

    async def test_an_error_is_kept_without_its_text(
        self,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        async def handle(task: Task) -> None:
            raise RuntimeError("ada@example.com")

        await add(database, tenant_id)
        await make_runner(handle).run_due()
        (row,) = await rows(queue)
        assert row["last_error"] == "RuntimeError"
        # A bug is logged with its traceback.
        assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == [
            "tasks.broken"
        ]

    async def test_one_that_takes_too_long_is_cancelled(
        self, database: Database, make_runner: MakeRunner, queue: Database, tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            await asyncio.Event().wait()

        await add(database, tenant_id)
        await make_runner(handle, timeout=timedelta(seconds=0.05)).run_due()
        (row,) = await rows(queue)
        assert row["last_error"] == "TimeoutError"

    async def test_one_failure_does_not_keep_the_others(
        self, database: Database, make_runner: MakeRunner, queue: Database, tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            if task.payload:
                raise TryAgainError("broken")

        await add(database, tenant_id, payload={"is": "broken"})
        await add(database, tenant_id, 3)
        assert await make_runner(handle, concurrency=1).run_due() == 4
        assert len(await rows(queue)) == 1

    async def test_it_is_given_up_when_it_has_been_tried_long_enough(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        async def handle(task: Task) -> None:
            raise TryAgainError("away")

        policy = {"first_wait": MINUTE, "longest_wait": MINUTE, "give_up_after": 2.5 * MINUTE}
        runner = make_runner(handle, **policy)
        # No runner worked for a day: the task is tried all the same.
        await add(database, tenant_id)
        clock.advance(timedelta(days=1))
        states = []
        for _ in range(4):
            await runner.run_due()
            states += [row["state"] for row in await rows(queue)]
            clock.advance(MINUTE)
        assert states == ["waiting", "waiting", "given_up", "given_up"]
        (row,) = await rows(queue)
        assert (row["attempts"], row["last_error"]) == (3, "away")

    async def test_its_own_deadline_comes_before_that_of_its_kind(
        self, database: Database, runner: TaskRunner, done: list[Task], queue: Database
    ) -> None:
        await add(database, None, give_up_at=utc_now())
        await runner.run_due()
        assert done == []
        (row,) = await rows(queue)
        assert (row["state"], row["last_error"]) == ("given_up", "too late")

    async def test_a_handler_can_give_up(
        self,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        async def handle(task: Task) -> None:
            raise GiveUpError("no such place")

        await add(database, tenant_id)
        await make_runner(handle).run_due()
        (row,) = await rows(queue)
        assert (row["state"], row["last_error"]) == ("given_up", "no such place")
        (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
        assert record.message == "tasks.given_up"
        assert record.__dict__["reason"] == "no such place"

    async def test_what_was_given_up_is_listed_retried_and_discarded(
        self, database: Database, make_runner: MakeRunner, queue: Database, tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            raise GiveUpError("nobody home")

        runner = make_runner(handle)
        await add(database, tenant_id, 2)
        await runner.run_due()
        async with queue.tenant_connection(None) as connection:
            first, second = await claims.given_up(connection)
            assert (first.tenant_id, first.reason) == (tenant_id, "nobody home")
            assert await claims.retry(connection, first.id, utc_now()) == 1
        assert await runner.run_due() == 1
        async with queue.tenant_connection(None) as connection:
            assert await claims.discard(connection, second.id)
            assert not await claims.discard(connection, second.id)
            assert [each.id for each in await claims.given_up(connection)] == [first.id]
            await claims.forget_old(connection, utc_now() + claims.RETENTION - MINUTE)
            assert len(await claims.given_up(connection)) == 1
            await claims.forget_old(connection, utc_now() + claims.RETENTION + MINUTE)
            assert await claims.given_up(connection) == []

    async def test_a_task_of_an_unknown_kind_waits(
        self, database: Database, runner: TaskRunner, queue: Database, tenant_id: UUID
    ) -> None:
        async with database.tenant(tenant_id) as session:
            await enqueue(session, "of a later version")
        await add(database, tenant_id)
        assert await runner.run_due() == 1
        (row,) = await rows(queue)
        assert (row["kind"], row["state"], row["attempts"]) == ("of a later version", "ready", 0)


class TestTurns:
    async def test_tenants_take_turns(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        order: list[UUID] = []

        async def handle(task: Task) -> None:
            order.append(task.tenant_id)

        await add(database, tenant_id, 20)
        await add(database, other_tenant_id, 3)
        await make_runner(handle, concurrency=1).run_due()
        assert order[:6].count(other_tenant_id) == 3
        assert len(order) == 23

    async def test_the_one_with_the_fewest_running_comes_first(
        self, database: Database, queue: Database, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        kinds = {"work": Kind(handler=write_widget)}
        await add(database, tenant_id, 5)

        async def take(places: int) -> list[UUID | None]:
            async with queue.tenant_connection(None) as connection:
                leases, _ = await claims.claim(
                    connection, kinds, free={"work": places}, served=[], now=utc_now()
                )
            return [lease.tenant_id for lease in leases]

        assert await take(2) == [tenant_id, tenant_id]
        await add(database, other_tenant_id, 5)
        assert await take(3) == [other_tenant_id, other_tenant_id, tenant_id]

    async def test_of_one_concurrency_key_one_runs_at_a_time(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        now_running: set[tuple[UUID, str]] = set()
        most = 0

        async def handle(task: Task) -> None:
            nonlocal most
            line = (task.tenant_id, task.lease.concurrency_key)
            assert line not in now_running
            now_running.add(line)
            most = max(most, len(now_running))
            await asyncio.sleep(0.01)
            now_running.remove(line)

        for owner in (tenant_id, other_tenant_id):
            for key in ("a", "b"):
                await add(database, owner, 5, concurrency_key=key)
        runners = [make_runner(handle, concurrency=8) for _ in range(3)]
        while sum(await asyncio.gather(*(runner.run_due() for runner in runners))):
            pass
        assert 2 <= most <= 4

    async def test_no_tenant_is_overlooked_when_there_are_more_lines_than_one_claim_looks_at(
        self, database: Database, make_runner: MakeRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[UUID] = []

        async def handle(task: Task) -> None:
            seen.append(task.tenant_id)

        monkeypatch.setattr(claims, "MAX_LINES", 3)
        tenants = [new_id() for _ in range(10)]
        for tenant_id in tenants:
            await add(database, tenant_id, 3)
        await make_runner(handle, concurrency=2).run_due()
        assert sorted(seen) == sorted(tenants * 3)
        # All had their first turn before anybody had the third.
        assert set(seen[:20]) == set(tenants)

    async def test_a_kind_has_its_own_places(
        self, database: Database, queue: Database, tenant_id: UUID
    ) -> None:
        running_now, most = 0, 0

        async def handle(task: Task) -> None:
            nonlocal running_now, most
            running_now += 1
            most = max(most, running_now)
            await asyncio.sleep(0.01)
            running_now -= 1

        async def blocked(task: Task) -> None:
            await asyncio.sleep(0.01)

        await add(database, tenant_id, 9)
        async with database.tenant(tenant_id) as session:
            await enqueue(session, "slow")
        kinds = {"slow": Kind(handler=blocked), "work": Kind(handler=handle, concurrency=3)}
        assert await TaskRunner(queue, database, kinds).run_due() == 10
        assert most == 3

    async def test_two_runners_do_each_task_once(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID
    ) -> None:
        async def handle(task: Task) -> None:
            await write_widget(task)

        await add(database, tenant_id, 40)
        counts = await asyncio.gather(*(make_runner(handle).run_due() for _ in range(4)))
        assert sum(counts) == 40
        assert len(await widgets(database, tenant_id)) == 40


class TestLeases:
    async def test_a_runner_that_has_lost_the_lease_changes_nothing(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        lost = []

        async def slow(task: Task) -> None:
            clock.advance(claims.LEASE)
            await make_runner(write_widget).run_due()
            try:
                await write_widget(task)
            except LeaseLostError:
                lost.append(task)
                raise

        await add(database, tenant_id)
        await make_runner(slow).run_due()
        assert len(lost) == 1
        assert await widgets(database, tenant_id) == ["made"]
        assert await rows(queue) == []

    async def test_a_lost_task_is_not_ended_by_its_late_handler(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        async def failing(task: Task) -> None:
            raise TryAgainError("away")

        async def slow(task: Task) -> None:
            clock.advance(claims.LEASE)
            await make_runner(failing).run_due()

        await add(database, tenant_id)
        await make_runner(slow).run_due()
        (row,) = await rows(queue)
        assert (row["state"], row["attempts"]) == ("waiting", 2)

    async def test_a_renewed_lease_is_kept(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        async def slow(task: Task) -> None:
            clock.advance(claims.LEASE - timedelta(seconds=1))
            await mine._renew()
            clock.advance(timedelta(seconds=2))
            assert await make_runner(write_widget).run_due() == 0

        mine = make_runner(slow)
        await add(database, tenant_id)
        await mine.run_due()
        assert await rows(queue) == []

    async def test_work_on_a_lost_task_is_cancelled(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        ended: list[Task] = []

        async def slow(task: Task) -> None:
            clock.advance(claims.LEASE)
            await make_runner(write_widget).run_due()
            await mine._renew()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append(task)
                raise

        mine = make_runner(slow)
        await add(database, tenant_id)
        await mine.run_due()
        assert len(ended) == 1

    async def test_a_failure_after_the_effect_undoes_the_effect(
        self, database: Database, make_runner: MakeRunner, queue: Database, tenant_id: UUID
    ) -> None:
        async def broken(task: Task) -> None:
            async with task.transaction() as session:
                await (await driver_connection(session)).execute(
                    "INSERT INTO widgets (tenant_id, name) VALUES ($1, 'half')", task.tenant_id
                )
                await task.complete(session)
                raise TryAgainError("after all")

        await add(database, tenant_id)
        await make_runner(broken).run_due()
        assert await widgets(database, tenant_id) == []
        (row,) = await rows(queue)
        assert row["last_error"] == "after all"


class TestRunning:
    async def test_a_commit_wakes_it(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID
    ) -> None:
        arrived = asyncio.Event()

        async def handle(task: Task) -> None:
            arrived.set()

        async with running(make_runner(handle).run()):
            # Twice: the runner may find the first one as it starts, without being woken.
            for _ in range(2):
                arrived.clear()
                started = asyncio.get_running_loop().time()
                await add(database, tenant_id)
                async with asyncio.timeout(5):
                    await arrived.wait()
            # Polling alone would take up to two seconds.
            assert asyncio.get_running_loop().time() - started < 1

    async def test_many_are_done_without_a_poll_between_them(
        self, database: Database, make_runner: MakeRunner, tenant_id: UUID
    ) -> None:
        left = asyncio.Semaphore(0)

        async def handle(task: Task) -> None:
            left.release()

        async with running(make_runner(handle, concurrency=2).run()):
            await add(database, tenant_id, 20)
            # Polling alone would take two seconds for each pair.
            async with asyncio.timeout(6):
                for _ in range(20):
                    await left.acquire()

    async def test_it_survives_the_loss_of_its_connections(
        self,
        database: Database,
        make_runner: MakeRunner,
        tenant_id: UUID,
        kit_urls: DatabaseUrls,
        postgres_admin_url: str,
    ) -> None:
        arrived = asyncio.Event()

        async def handle(task: Task) -> None:
            arrived.set()

        async with running(make_runner(handle).run()):
            await add(database, tenant_id)
            async with asyncio.timeout(5):
                await arrived.wait()
            admin = await asyncpg.connect(postgres_admin_url)
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = $1 AND usename LIKE '%_tasks'",
                kit_urls.name,
            )
            await admin.close()
            arrived.clear()
            await add(database, tenant_id)
            async with asyncio.timeout(8):
                await arrived.wait()

    async def test_a_stop_lets_what_is_in_hand_end(
        self, database: Database, make_runner: MakeRunner, queue: Database, tenant_id: UUID
    ) -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def handle(task: Task) -> None:
            begun.set()
            await may_end.wait()
            await write_widget(task)

        await add(database, tenant_id)
        async with running(make_runner(handle).run()) as job:
            async with asyncio.timeout(5):
                await begun.wait()
            job.cancel()
            await next_turn()
            may_end.set()
        assert await rows(queue) == []
        assert await widgets(database, tenant_id) == ["made"]

    async def test_a_stop_hands_back_what_does_not_end(
        self,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        begun = asyncio.Event()

        async def handle(task: Task) -> None:
            begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr("stagify.tasks.runner.FINISH_SECONDS", 0.05)
        await add(database, tenant_id)
        async with running(make_runner(handle).run()):
            async with asyncio.timeout(5):
                await begun.wait()
        # So nobody has to wait until the lease has run out.
        assert await make_runner(write_widget).run_due() == 1

    async def test_a_database_that_fails_under_a_handler_is_tried_again(
        self,
        clock: Clock,
        database: Database,
        make_runner: MakeRunner,
        queue: Database,
        tenant_id: UUID,
    ) -> None:
        async def handle(task: Task) -> None:
            if task.lease.attempt > 1:
                await write_widget(task)
                return
            async with task.transaction() as session:
                connection = await driver_connection(session)
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        await add(database, tenant_id)
        runner = make_runner(handle)
        await runner.run_due()
        clock.advance(MINUTE)
        await runner.run_due()
        assert await widgets(database, tenant_id) == ["made"]
