"""The live stream of a project."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from stagify.database import Database
from stagify.ids import new_id
from stagify.testing import ContextKeys, app_client
from staging_svc.app import create_app
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.projects.errors import TooManyStreamsError
from staging_svc.projects.feed import ProjectFeed
from staging_svc.projects.streams import ProjectStream
from staging_testing import Caller, MakeSettings, ScriptedEngine
from streams_testing import LiveStream


@asynccontextmanager
async def following(
    app: FastAPI, caller: Caller, project_id: str, last_id: int | None = None
) -> AsyncIterator[LiveStream]:
    await app.state.listener.connected.wait()
    last = "" if last_id is None else str(last_id)
    stream = LiveStream(app, caller, f"/v1/projects/{project_id}/events", last)
    await stream.open()
    try:
        yield stream
    finally:
        await stream.close()


def path_of(project: dict[str, Any]) -> str:
    return f"/v1/projects/{project['id']}/events"


Serve = Callable[..., AbstractAsyncContextManager[tuple[FastAPI, Caller, dict[str, Any]]]]


@pytest.fixture
def serve(make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID) -> Serve:
    """Serves with settings of its own; with somebody who calls there, and their project."""

    @asynccontextmanager
    async def run(**settings: Any) -> AsyncIterator[tuple[FastAPI, Caller, dict[str, Any]]]:
        app = create_app(make_settings(**settings))
        async with app_client(app) as client:
            caller = Caller(client, context_keys, tenant_id)
            yield app, caller, await caller.project()

    return run


async def test_anonymous_is_refused(caller: Caller) -> None:
    caller.kind = "anonymous"
    assert (await caller.get(f"/v1/projects/{new_id()}/events")).status_code == 401


async def test_other_tenant_sees_404(caller: Caller, other: Caller) -> None:
    project = await other.project()
    answer = await caller.get(f"/v1/projects/{project['id']}/events")
    assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")


async def test_malformed_last_event_id_is_refused(caller: Caller) -> None:
    project = await caller.project()
    answer = await caller.get(
        f"/v1/projects/{project['id']}/events", headers={"Last-Event-ID": "abc"}
    )
    assert answer.status_code == 422


async def test_changes_are_seen_as_they_happen_until_the_end(
    app: FastAPI, caller: Caller, job_loop: JobLoop
) -> None:
    project = await caller.project()
    async with following(app, caller, project["id"]) as stream:
        first = await stream.status_message()
        assert first.data == project
        working = asyncio.create_task(job_loop.run_next())
        seen = [first]
        while (message := await stream.message()) is not None:
            seen.append(message)
        await working
    assert seen[-1].data == await caller.read(project["id"])
    assert seen[-1].data["status"] == "staged"
    assert [int(m.id) for m in seen] == sorted({int(m.id) for m in seen})
    assert [m.data["progress"] for m in seen] == sorted(m.data["progress"] for m in seen)


async def test_resuming_skips_what_was_seen(
    app: FastAPI, caller: Caller, job_loop: JobLoop, engine: ScriptedEngine
) -> None:
    engine.waits = True
    project = await caller.project()
    async with following(app, caller, project["id"]) as stream:
        seen = await stream.status_message()
    async with following(app, caller, project["id"], int(seen.id)) as stream:
        working = asyncio.create_task(job_loop.run_next())
        message = await stream.status_message()
        assert int(message.id) > int(seen.id)
        assert message.data["status"] == "processing"
        engine.may_go_on.set()
        await working


async def test_final_state_that_was_seen_ends_reconnecting(
    app: FastAPI, caller: Caller, job_loop: JobLoop
) -> None:
    project = await caller.project()
    await job_loop.run_next()
    async with following(app, caller, project["id"]) as stream:
        final = await stream.status_message()
        assert await stream.message() is None
    async with following(app, caller, project["id"], int(final.id)) as stream:
        assert stream.status == 204


async def test_deletion_ends_the_stream(app: FastAPI, caller: Caller) -> None:
    project = await caller.project()
    async with following(app, caller, project["id"]) as stream:
        await stream.status_message()
        await caller.delete(f"/v1/projects/{project['id']}")
        message = await stream.message()
        assert message is not None
        assert message.event == "deleted"
        assert await stream.message() is None


async def test_silence_has_a_heart_beat(serve: Serve) -> None:
    async with (
        serve(stream_heartbeat_seconds=0.05) as (app, caller, project),
        following(app, caller, project["id"]) as stream,
    ):
        await stream.status_message()
        message = await stream.message()
        assert message is not None
        assert message.comment == "heart-beat"


async def test_stream_ends_in_time_to_be_authorised_anew(serve: Serve) -> None:
    async with (
        serve(stream_max_seconds=0.05) as (app, caller, project),
        following(app, caller, project["id"]) as stream,
    ):
        await stream.status_message()
        assert await stream.message() is None


async def test_open_streams_hold_no_connection(app: FastAPI, caller: Caller) -> None:
    project = await caller.project()
    streams = [LiveStream(app, caller, path_of(project)) for _ in range(20)]
    await asyncio.gather(*(stream.open() for stream in streams))
    # The pool has five connections.
    assert (await caller.read(project["id"])) == project
    for stream in streams:
        await stream.close()


async def test_number_of_streams_of_a_tenant_is_limited(serve: Serve) -> None:
    async with serve(max_streams_per_tenant=1) as (app, caller, project):
        async with following(app, caller, project["id"]):
            answer = await caller.get(path_of(project))
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
            assert answer.headers["retry-after"]
        async with following(app, caller, project["id"]) as stream:
            assert stream.status == 200


async def test_missed_notifications_are_made_up_for(
    app: FastAPI, caller: Caller, database: Database
) -> None:
    project = await caller.project()
    async with following(app, caller, project["id"]) as stream:
        await stream.status_message()
        async with database.tenant_connection(caller.tenant_id) as connection:
            # A change without a notification, as if the listener had been disconnected.
            await connection.execute("UPDATE projects SET version = version + 1, name = 'New'")
        app.state.parts.feed.wake_all()
        assert (await stream.status_message()).data["name"] == "New"


async def test_stop_of_the_process_ends_streams(app: FastAPI, caller: Caller) -> None:
    project = await caller.project()
    async with following(app, caller, project["id"]) as stream:
        await stream.status_message()
        app.state.parts.feed.close()
        assert await stream.message() is None


async def test_stream_that_never_begins_counts_for_nothing(serve: Serve) -> None:
    async with serve(max_streams_per_tenant=1) as (app, caller, project):
        stream = ProjectStream(app.state.parts, caller.tenant_id, UUID(project["id"]))
        for _ in range(3):
            # As if the request had failed after its route.
            await stream.respond(0)
        async with following(app, caller, project["id"]) as followed:
            assert followed.status == 200


async def test_client_that_leaves_frees_its_stream_at_once(serve: Serve) -> None:
    async with serve(max_streams_per_tenant=1) as (app, caller, project):
        for begun in (False, True) * 2:
            stream = LiveStream(app, caller, path_of(project))
            if not begun:
                stream.leave()
            await app.state.listener.connected.wait()
            await stream.open()
            assert stream.status == 200
            stream.leave()
            await stream.ended()


def test_feed_forgets_closed_streams(tenant_id: UUID) -> None:
    feed = ProjectFeed(max_streams_per_tenant=1)
    project_id = new_id()
    with (
        feed.watch(tenant_id, project_id),
        pytest.raises(TooManyStreamsError),
        feed.watch(tenant_id, project_id),
    ):
        pass
    with feed.watch(tenant_id, project_id) as changed:
        feed.wake(f"{tenant_id}/{project_id}")
        assert changed.is_set()
