"""The live stream of all projects of a workspace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI

from stagify.clock import utc_now
from stagify.database import Database
from stagify.testing import Clock, ContextKeys, app_client
from stagify.testing.waiting import PATIENCE_SECONDS
from staging_svc.app import create_app
from staging_svc.furnishing.job_loop import JobLoop
from staging_svc.projects.positions import Position, Positions
from staging_testing import Caller, MakeSettings, Rows
from streams_testing import LiveStream, Message

PATH = "/v1/projects/events"
SECRET = "only-for-tests"


@asynccontextmanager
async def following(app: FastAPI, caller: Caller, last_id: str = "") -> AsyncIterator[LiveStream]:
    await app.state.listener.connected.wait()
    stream = LiveStream(app, caller, PATH, last_id)
    await stream.open()
    try:
        yield stream
    finally:
        await stream.close()


async def begun(stream: LiveStream) -> str:
    """The id that an open stream begins with."""
    message = await stream.message()
    assert message is not None
    assert message.comment == "open"
    return message.id


async def next_of(stream: LiveStream, project_id: str) -> Message:
    """The next message about the project."""
    while True:
        message = await stream.message()
        assert message is not None
        if message.data.get("id") == project_id:
            return message


def position_of(tenant_id: UUID, event_id: str) -> int:
    position = Positions(SECRET, tenant_id).read(event_id)
    assert position is not None
    return position.transaction


async def test_anonymous_is_refused(caller: Caller) -> None:
    caller.kind = "anonymous"
    assert (await caller.get(PATH)).status_code == 401


async def test_who_may_not_read_is_refused(caller: Caller) -> None:
    caller.permissions = frozenset({"usage:read"})
    assert (await caller.get(PATH)).status_code == 403


@pytest.mark.parametrize("last_id", ["abc", "12", "1-short", "-1-" + 22 * "A"])
async def test_malformed_last_event_id_is_refused(caller: Caller, last_id: str) -> None:
    answer = await caller.get(PATH, headers={"Last-Event-ID": last_id})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_can_be_done_with_a_project_cannot_be_done_with_the_stream(
    caller: Caller, method: str
) -> None:
    answer = await caller.client.request(method, PATH, headers=caller.headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_all_changes_of_the_workspace_are_seen_and_no_others(
    app: FastAPI, caller: Caller, other: Caller, job_loop: JobLoop
) -> None:
    async with following(app, caller) as stream:
        await begun(stream)
        hidden = await other.project()
        project = await caller.project()
        seen = [await next_of(stream, project["id"])]
        assert seen[0].event == "project"
        assert seen[0].data == project
        working = asyncio.create_task(job_loop.run_next())
        await working
        await job_loop.run_next()
        while seen[-1].data["status"] != "staged":
            seen.append(await next_of(stream, project["id"]))
        assert seen[-1].data == await caller.read(project["id"])
        assert hidden["id"] not in {message.data["id"] for message in seen}
        updated = [message.data["updated_at"] for message in seen]
        assert updated == sorted(updated)


async def test_what_becomes_of_a_project_is_told(app: FastAPI, caller: Caller) -> None:
    project_id = (await caller.project())["id"]
    async with following(app, caller) as stream:
        await begun(stream)
        await caller.patch(f"/v1/projects/{project_id}", json={"name": "Attic"})
        assert (await next_of(stream, project_id)).data["name"] == "Attic"
        await caller.act(project_id, "cancel")
        assert (await next_of(stream, project_id)).data["status"] == "cancelled"
        await caller.act(project_id, "retry")
        assert (await next_of(stream, project_id)).data["status"] == "queued"
        variation = await caller.variation(project_id)
        assert (await next_of(stream, variation["id"])).data == variation
        await caller.trash(project_id)
        trashed = await next_of(stream, project_id)
        assert (trashed.event, trashed.data["deleted_at"] is not None) == ("project", True)
        await caller.act(project_id, "restore")
        assert (await next_of(stream, project_id)).data["deleted_at"] is None
        await caller.trash(project_id, permanently=True)
        deleted = await next_of(stream, project_id)
        assert (deleted.event, deleted.data) == ("deleted", {"id": project_id})


async def test_resuming_gives_what_was_missed(app: FastAPI, caller: Caller, rows: Rows) -> None:
    kept, gone = await caller.project(), await caller.project()
    async with following(app, caller) as stream:
        last_id = await begun(stream)
    await caller.act(kept["id"], "cancel")
    new = await caller.project()
    await caller.trash(gone["id"], permanently=True)
    async with following(app, caller, last_id) as stream:
        seen = [await stream.message() for _ in range(3)]
    told = {m.data["id"]: (m.event, m.data.get("status")) for m in seen if m is not None}
    assert told == {
        kept["id"]: ("project", "cancelled"),
        new["id"]: ("project", "queued"),
        gone["id"]: ("deleted", None),
    }
    last = seen[-1]
    assert last is not None
    ids = [position_of(caller.tenant_id, m.id) for m in seen if m is not None]
    assert ids == sorted(ids)
    assert ids[0] >= position_of(caller.tenant_id, last_id)


async def test_transaction_that_commits_late_is_not_lost(
    app: FastAPI, caller: Caller, database: Database, rows: Rows
) -> None:
    """The first to take its number is the last to commit: a reader that was there in between, and
    resumes with the last id it saw, gets both; a reader that stays gets both too."""
    early, late = (await caller.project())["id"], (await caller.project())["id"]
    rename = (
        "UPDATE projects SET name = $2, version = version + 1 WHERE id = $1 RETURNING changed_in"
    )
    async with following(app, caller) as staying:
        await begun(staying)
        async with following(app, caller) as leaving:
            await begun(leaving)
            async with database.tenant_connection(caller.tenant_id) as first:
                number = await first.fetchval(rename, UUID(early), "Early")
                await caller.patch(f"/v1/projects/{late}", json={"name": "Late"})
                seen = await next_of(leaving, late)
                assert seen.data["name"] == "Late"
                # The position waits for the one that has not ended.
                assert position_of(caller.tenant_id, seen.id) <= number
                stayed = await next_of(staying, late)
                await leaving.close()
        app.state.parts.feed.wake_all()
        assert (await next_of(staying, early)).data["name"] == "Early"
        async with following(app, caller, seen.id) as resumed:
            missed = await next_of(resumed, early)
            assert missed.data["name"] == "Early"
            assert position_of(caller.tenant_id, missed.id) <= number + 1
        # Nothing comes twice to a reader that stays.
        await caller.patch(f"/v1/projects/{early}", json={"name": "End"})
        following_message = await staying.message()
        assert following_message is not None
        assert following_message.data["name"] == "End"
        assert position_of(caller.tenant_id, following_message.id) >= position_of(
            caller.tenant_id, stayed.id
        )


async def test_many_writers_at_a_time_lose_nothing_for_readers_that_come_and_go(
    app: FastAPI, caller: Caller, database: Database
) -> None:
    made = [(await caller.project())["id"] for _ in range(4)]
    change = "UPDATE projects SET progress = $2, version = version + 1 WHERE id = $1"
    done = asyncio.Event()
    seen: dict[str, int] = {}

    async def read() -> None:
        last_id = ""
        while not done.is_set():
            async with following(app, caller, last_id) as stream:
                for _ in range(3):
                    message = await stream.message()
                    if message is None:
                        break
                    last_id = message.id or last_id
                    assert message.event != "reset"
                    if message.event == "project":
                        # What is repeated is never older than what was seen at that position.
                        seen[message.data["id"]] = max(
                            seen.get(message.data["id"], 0), round(message.data["progress"] * 1000)
                        )
                    if all(seen.get(each) == 1000 for each in made):
                        done.set()
                        return

    async def write(project_id: str, pause: float) -> None:
        for number in range(1, 21):
            async with database.tenant_connection(caller.tenant_id) as connection:
                await connection.execute(change, UUID(project_id), number * 0.05)
                # Numbers are taken in one order, and commits come in another.
                await asyncio.sleep(pause * (number % 3))
                await connection.execute(
                    "SELECT pg_notify('staging_projects_changed', $1)",
                    f"{caller.tenant_id}/{project_id}",
                )

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(read(), *(write(each, 0.01 * (4 - n)) for n, each in enumerate(made)))
    assert seen == dict.fromkeys(made, 1000)


class TestReset:
    async def test_of_an_id_that_is_too_old(
        self, app: FastAPI, caller: Caller, clock: Clock
    ) -> None:
        project = await caller.project()
        async with following(app, caller) as stream:
            last_id = await begun(stream)
        clock.advance(timedelta(days=7))
        async with following(app, caller, last_id) as stream:
            message = await stream.message()
            assert message is not None
            assert (message.event, message.data) == ("reset", {})
            # From here on it can be resumed again.
            async with following(app, caller, message.id) as resumed:
                await caller.act(project["id"], "cancel")
                assert (await next_of(resumed, project["id"])).event == "project"

    async def test_of_an_id_of_another_tenant(
        self, app: FastAPI, caller: Caller, other: Caller
    ) -> None:
        async with following(app, other) as stream:
            foreign = await begun(stream)
        async with following(app, caller, foreign) as stream:
            message = await stream.message()
            assert message is not None
            assert message.event == "reset"

    async def test_of_an_id_from_another_life_of_the_database(
        self, app: FastAPI, caller: Caller
    ) -> None:
        ahead = Position(2**40, utc_now())
        last_id = Positions(SECRET, caller.tenant_id).write(ahead).decode()
        async with following(app, caller, last_id) as stream:
            message = await stream.message()
            assert message is not None
            assert message.event == "reset"

    async def test_after_more_changes_than_are_worth_sending(
        self, app: FastAPI, caller: Caller, rows: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("staging_svc.projects.workspace.MOST_CHANGES", 2)
        async with following(app, caller) as stream:
            last_id = await begun(stream)
        for _ in range(3):
            await caller.project()
        async with following(app, caller, last_id) as stream:
            message = await stream.message()
            assert message is not None
            assert message.event == "reset"
            project = await caller.project()
            assert (await next_of(stream, project["id"])).event == "project"


class TestLimits:
    async def test_it_counts_among_the_streams_of_the_tenant(
        self, make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        app = create_app(make_settings(max_streams_per_tenant=1))
        async with app_client(app) as client:
            caller = Caller(client, context_keys, tenant_id)
            project = await caller.project()
            async with following(app, caller):
                for path in (PATH, f"/v1/projects/{project['id']}/events"):
                    answer = await caller.get(path)
                    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
            async with following(app, caller) as stream:
                assert stream.status == 200

    async def test_silence_has_a_heart_beat_with_a_position(
        self, make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        app = create_app(make_settings(stream_heartbeat_seconds=0.05))
        async with (
            app_client(app) as client,
            following(app, Caller(client, context_keys, tenant_id)) as stream,
        ):
            await begun(stream)
            message = await stream.message()
            assert message is not None
            assert message.comment == "heart-beat"
            assert position_of(tenant_id, message.id)

    async def test_it_ends_in_time_to_be_authorised_anew(
        self, make_settings: MakeSettings, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        app = create_app(make_settings(stream_max_seconds=0.05))
        async with (
            app_client(app) as client,
            following(app, Caller(client, context_keys, tenant_id)) as stream,
        ):
            await begun(stream)
            assert await stream.message() is None

    async def test_stop_of_the_process_ends_it(self, app: FastAPI, caller: Caller) -> None:
        async with following(app, caller) as stream:
            await begun(stream)
            app.state.parts.feed.close()
            assert await stream.message() is None

    async def test_missed_notifications_are_made_up_for(
        self, app: FastAPI, caller: Caller, rows: Rows
    ) -> None:
        project = await caller.project()
        async with following(app, caller) as stream:
            await begun(stream)
            await rows.change("UPDATE projects SET version = version + 1, name = 'New'")
            app.state.parts.feed.wake_all()
            assert (await next_of(stream, project["id"])).data["name"] == "New"


def test_an_id_tells_nothing_about_others() -> None:
    tenant_id = uuid4()
    positions = Positions(SECRET, tenant_id)
    at = utc_now()
    written = [positions.write(Position(number, at)).decode() for number in (1000, 1001)]
    read: list[Any] = [positions.read(each) for each in written]
    assert [each.transaction for each in read] == [1000, 1001]
    first, second = (each.partition("-")[2] for each in written)
    same = sum(a == b for a, b in zip(first, second, strict=True))
    assert same < len(first) // 2
