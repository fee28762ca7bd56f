"""Objects that nobody owns go, all others stay, and missing ones are told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from stagify.database import Database
from stagify.ids import new_id
from stagify.tasks.kinds import Kind
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, ObjectStoreServer
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.objects.service import upload_key
from staging_svc.objects.store import Listed, Storage
from staging_svc.objects.tasks import object_kinds
from staging_svc.reconciliation.service import MISSING, reconcile_page, stretches
from staging_svc.reconciliation.tasks import RECONCILE, Reconcile, plan
from staging_svc.uploads.service import forget_unused
from staging_testing import STAGED, Caller, Keys, Rows, put, room_photo

LATER = timedelta(hours=2)


class Reconciliation:
    """Goes through the whole bucket, two objects at a time."""

    def __init__(self, database: Database, storage: Storage, bucket: str) -> None:
        self._database = database
        self._storage = storage
        self._bucket = bucket

    async def run(self, size: int = 2) -> None:
        """Compare every page."""
        after: str | None = ""
        while after is not None:
            after = await reconcile_page(
                self._database, self._storage, self._bucket, after, size=size
            )


@pytest.fixture
def object_store(object_store: ObjectStoreServer) -> ObjectStoreServer:
    """A bucket of this test's own: to go through the objects of all other tests, two at a time, would
    take minutes."""
    own = replace(object_store, bucket=f"own-{uuid4().hex}")
    own.client().create_bucket(Bucket=own.bucket)
    return own


@pytest.fixture
def reconciliation(
    database: Database, storage: Storage, object_store: ObjectStoreServer
) -> Reconciliation:
    return Reconciliation(database, storage, object_store.bucket)


async def test_object_that_came_after_its_intents_goes(
    caller: Caller,
    runner: TaskRunner,
    rows: Rows,
    keys: Keys,
    reconciliation: Reconciliation,
    clock: Clock,
) -> None:
    upload = await caller.open_upload(len(room_photo()))
    await rows.end_waits_of_tasks()
    await runner.run_due()
    # The intent was carried out, the row is gone; only now does the PUT end.
    assert (await put(upload, room_photo())).status_code == 200
    await reconciliation.run()
    await runner.run_due()
    # It is too young.
    assert len(keys(caller.tenant_id)) == 1
    clock.advance(LATER)
    await reconciliation.run()
    await runner.run_due()
    assert keys(caller.tenant_id) == set()


async def test_object_in_nobodys_folder_goes(
    object_store: ObjectStoreServer,
    runner: TaskRunner,
    keys: Keys,
    reconciliation: Reconciliation,
    clock: Clock,
) -> None:
    nobody = uuid4()
    key = upload_key(nobody, new_id())
    object_store.client().put_object(Bucket=object_store.bucket, Key=key, Body=b"x")
    clock.advance(LATER)
    await reconciliation.run()
    await runner.run_due()
    assert keys(nobody) == set()


async def test_objects_that_have_an_owner_or_may_get_one_stay(
    caller: Caller,
    other: Caller,
    job_loop: JobLoop,
    runner: TaskRunner,
    keys: Keys,
    reconciliation: Reconciliation,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for each in (caller, other):
        await each.project()
        await job_loop.run_next()
        # Used but not staged, filled but not used, and not filled.
        await each.project()
        await each.upload(room_photo())
        await each.open_upload(10)
    before = [keys(each.tenant_id) for each in (caller, other)]
    assert [len(found) for found in before] == [STAGED + 2, STAGED + 2]
    for size in (1, 2, 3, 1000):
        clock.advance(LATER)
        await reconciliation.run(size)
        await runner.run_due()
    assert [keys(each.tenant_id) for each in (caller, other)] == before
    assert missing_of(caplog, caller.tenant_id) == missing_of(caplog, other.tenant_id) == set()


def missing_of(caplog: pytest.LogCaptureFixture, tenant_id: UUID) -> set[str]:
    """The keys that were said to be missing in a tenant's folder."""
    logged = [each for each in caplog.records if each.message == "storage.object_missing"]
    keys: list[str] = [each.__dict__["object_key"] for each in logged]
    assert len(keys) == len(set(keys))
    return {key for key in keys if str(tenant_id) in key}


@pytest.mark.parametrize("size", [1, 2, 1000])
async def test_rows_without_an_object_are_told_of(
    caller: Caller,
    job_loop: JobLoop,
    keys: Keys,
    object_store: ObjectStoreServer,
    reconciliation: Reconciliation,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    size: int,
) -> None:
    await caller.project()
    await job_loop.run_next()
    used = await caller.upload(room_photo())
    await caller.create(used)
    unused = await caller.upload(room_photo())
    kept = upload_key(caller.tenant_id, UUID(unused))
    everything = sorted(keys(caller.tenant_id) - {kept})
    assert len(everything) == STAGED + 1
    store = object_store.client()
    gone = {everything[0], everything[-1]}
    for key in gone:
        store.delete_object(Bucket=object_store.bucket, Key=key)
    clock.advance(LATER)
    before = MISSING._value.get()
    await reconciliation.run(size)
    assert missing_of(caplog, caller.tenant_id) == gone
    assert MISSING._value.get() >= before + 2


async def test_one_task_for_each_bucket_goes_on_where_it_was(
    caller: Caller,
    database: Database,
    queue: Database,
    storage: Storage,
    object_store: ObjectStoreServer,
    clock: Clock,
) -> None:
    for _ in range(5):
        await caller.upload(room_photo())
    async with database.tenant_connection(None) as connection:
        await connection.execute("DELETE FROM tasks WHERE kind = $1", RECONCILE)
    bucket = object_store.bucket
    for _ in range(2):
        await plan(database, bucket)
    interval = timedelta(hours=6)
    handler = Reconcile(database, storage, interval=interval, page_size=2)
    runner = TaskRunner(
        queue,
        database,
        {**object_kinds(storage, forget_unused), RECONCILE: Kind(handler=handler, concurrency=1)},
    )

    async def planned() -> tuple[str, datetime]:
        async with database.tenant_connection(None) as connection:
            [row] = await connection.fetch(
                "SELECT payload->>'after' AS after, due_at FROM tasks WHERE kind = $1", RECONCILE
            )
        return row["after"], row["due_at"]

    seen = [(await planned())[0]]
    for _ in range(500):
        await runner.run_due()
        after, due_at = await planned()
        seen.append(after)
        if not after:
            break
        # A worker that plans while another is in the middle changes nothing.
        await plan(database, bucket)
        assert (await planned())[0] == after
        clock.advance(timedelta(seconds=1))
    assert seen == [*sorted(seen[:-1]), ""]
    assert len(seen) > 2
    assert due_at - datetime.now(UTC) > interval - timedelta(minutes=5)


def listing(*keys: str) -> list[Listed]:
    """A page with these keys."""
    return [Listed(key, datetime.now(UTC)) for key in keys]


def test_stretches_leave_no_gap_between_pages() -> None:
    first, second = (UUID(int=1), UUID(int=2))
    a, b, c, d = (f"tenants/{each}/{name}" for each in (first, second) for name in ("a", "b"))
    [only] = stretches(listing(a), "", is_last=False)
    assert (only.after, only.to) == (f"tenants/{first}/", a)
    rest, begun = stretches(listing(b, c), a, is_last=False)
    assert (rest.tenant_id, rest.after, rest.to) == (first, a, f"tenants/{first}0")
    assert (begun.tenant_id, begun.after, begun.to) == (second, f"tenants/{second}/", c)
    [end] = stretches(listing(d), c, is_last=True)
    assert (end.after, end.to) == (c, f"tenants/{second}0")


def test_keys_of_no_tenant_are_left_alone() -> None:
    assert list(stretches(listing("tenants/somebody/x"), "", is_last=True)) == []
