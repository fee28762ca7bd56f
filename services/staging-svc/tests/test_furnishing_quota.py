"""The worker reserves what the request could not, as usage-svc was away."""

from stagify.events.staging import StagingFailed
from staging_svc.furnishing.job_loop import JobLoop
from staging_testing import Caller, Published, Rows, UsageService, metered, of_type


async def test_worker_reserves_what_the_request_could_not(
    caller: Caller, job_loop: JobLoop, usage_svc: UsageService, published: Published, rows: Rows
) -> None:
    await usage_svc.stop()
    accepted = await caller.project()
    await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "queued"
    await usage_svc.start()
    await rows.end_waits_of_jobs()
    await job_loop.run_next()
    assert await caller.status_of(accepted["id"]) == "staged"
    [held] = usage_svc.held_by(caller.tenant_id)
    [counted] = metered(await published(caller.tenant_id), "staging")
    assert counted.reservation_id == held


async def test_wait_for_usage_svc_is_no_attempt(
    caller: Caller, job_loop: JobLoop, usage_svc: UsageService, rows: Rows
) -> None:
    await usage_svc.stop()
    await caller.project()
    for _ in range(5):
        assert await job_loop.run_next()
        await rows.end_waits_of_jobs()
    assert await rows.value("SELECT attempts FROM jobs") == 0


async def test_quota_that_is_used_up_by_then_fails_the_project(
    caller: Caller, job_loop: JobLoop, usage_svc: UsageService, published: Published
) -> None:
    await usage_svc.stop()
    accepted = await caller.project()
    await usage_svc.start()
    usage_svc.limit = 0
    await job_loop.run_next()
    project = await caller.read(accepted["id"])
    assert project["failure"]["code"] == "quota_exceeded"
    assert len(of_type(await published(caller.tenant_id), StagingFailed)) == 1
