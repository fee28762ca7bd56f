"""What becomes of API keys: they are replaced, changed, found by strangers, and they expire."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_svc.api_keys.keyring import CHECKSUM_LENGTH, checksum
from identity_svc.api_keys.service import KEEP_DEAD, REPORTS_PER_HOUR, forget_dead
from identity_testing import (
    Caller,
    Events,
    Join,
    MailServer,
    Member,
    SignUp,
    new_address,
    refusal,
    set_role,
    text_of,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import ApiKeyChanged, ApiKeyCreated, ApiKeyRevoked, ApiKeyRotated
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock

URL = "/v1/api-keys"

Make = Callable[..., Awaitable[dict[str, Any]]]
LookUp = Callable[[str], Awaitable[httpx.Response]]


@pytest.fixture
def make(client: httpx.AsyncClient, caller: Caller, member: Member) -> Make:
    """Makes a key of the member's."""

    async def run(**fields: Any) -> dict[str, Any]:
        answer = await client.post(
            URL, json={"name": "importer", **fields}, headers=caller.user(member)
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return run


@pytest.fixture
def look_up(client: httpx.AsyncClient, caller: Caller, member: Member) -> LookUp:
    """What the gateway is told about a key."""

    async def run(key: str) -> httpx.Response:
        return await client.post(
            "/internal/credentials",
            json={"type": "api_key", "value": key},
            headers=caller.service("gateway", member.tenant_id),
        )

    return run


@pytest.fixture
def rotate(client: httpx.AsyncClient, caller: Caller, member: Member) -> Callable[..., Any]:
    """Replaces a key."""

    async def run(api_key_id: str, **fields: Any) -> httpx.Response:
        return await client.post(
            f"{URL}/{api_key_id}/rotate", json=fields, headers=caller.user(member)
        )

    return run


@pytest.fixture
def change(client: httpx.AsyncClient, caller: Caller, member: Member) -> Callable[..., Any]:
    """Changes a key."""

    async def run(api_key_id: str, **fields: Any) -> httpx.Response:
        return await client.patch(f"{URL}/{api_key_id}", json=fields, headers=caller.user(member))

    return run


@pytest.fixture
def report(client: httpx.AsyncClient, caller: Caller) -> Callable[..., Any]:
    """Reports a key, each time from somewhere else."""

    async def run(key: Any, address: str | None = None) -> httpx.Response:
        return await client.post(
            f"{URL}/report", json={"key": key}, headers=caller.platform(address)
        )

    return run


class TestWhoMayNot:
    async def test_only_who_has_proved_lately_who_they_are(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, make: Make
    ) -> None:
        path = f"{URL}/{(await make())['id']}"
        an_hour_ago = int(utc_now().timestamp()) - 3_600
        program = caller.user(
            member, kind="api_key", role=None, permissions=frozenset({"api_keys:manage"})
        )
        for headers, expected in (
            (caller.anonymous(member.tenant_id), (401, "authentication_required")),
            (caller.user(member, role="member"), (403, "permission_denied")),
            (program, (403, "person_required")),
            (caller.user(member, auth_time=an_hour_ago), (403, "step_up_required")),
            (caller.user(member, auth_time=None), (403, "step_up_required")),
        ):
            for answer in (
                await client.post(f"{path}/rotate", json={}, headers=headers),
                await client.patch(path, json={"name": "x"}, headers=headers),
            ):
                assert refusal(answer) == expected

    async def test_other_tenants_keys_are_not_there(
        self, client: httpx.AsyncClient, caller: Caller, make: Make, sign_up: SignUp
    ) -> None:
        made, other = await make(), await sign_up()
        headers = caller.user(other)
        for key_id in (made["id"], str(new_id())):
            for answer in (
                await client.post(f"{URL}/{key_id}/rotate", json={}, headers=headers),
                await client.patch(f"{URL}/{key_id}", json={"name": "x"}, headers=headers),
            ):
                assert refusal(answer) == (404, "api_key_not_found")

    async def test_a_tenants_host_takes_no_reports(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.post(
            f"{URL}/report", json={"key": "x"}, headers=caller.anonymous(member.tenant_id)
        )
        assert refusal(answer) == (403, "wrong_host")


class TestRotation:
    async def test_the_new_key_differs_in_its_secret_alone(
        self,
        make: Make,
        rotate: Callable[..., Any],
        look_up: LookUp,
        events: Events,
        member: Member,
    ) -> None:
        soon = (utc_now() + timedelta(days=30)).isoformat()
        old = await make(
            scopes=["projects:read"], expires_at=soon, addresses=["203.0.113.0/24", "2001:db8::1"]
        )
        answer = await rotate(old["id"], overlap_hours=2)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        new = answer.json()
        for same in ("name", "scopes", "addresses", "created_by"):
            assert new[same] == old[same]
        life = datetime.fromisoformat(new["expires_at"]) - datetime.fromisoformat(new["created_at"])
        assert abs(life - timedelta(days=30)) < timedelta(minutes=1)
        assert new["key"] != old["key"]
        for each in (old, new):
            found = await look_up(each["key"])
            assert found.status_code == 200
            assert found.json()["addresses"] == ["203.0.113.0/24", "2001:db8::1/128"]
        ends = datetime.fromisoformat((await look_up(old["key"])).json()["expires_at"])
        assert abs(ends - utc_now() - timedelta(hours=2)) < timedelta(minutes=1)
        (told,) = [each for each in await events(old["id"]) if type(each) is ApiKeyRotated]
        assert (str(told.successor_id), told.overlap_hours) == (new["id"], 2)
        (made,) = [each for each in await events(new["id"]) if type(each) is ApiKeyCreated]
        assert made.created_by == member.user_id

    async def test_the_old_one_ends_with_the_overlap(
        self, make: Make, rotate: Callable[..., Any], look_up: LookUp, clock: Clock
    ) -> None:
        old = await make()
        new = (await rotate(old["id"])).json()
        clock.advance(timedelta(hours=23, minutes=59))
        assert (await look_up(old["key"])).status_code == 200
        clock.advance(timedelta(minutes=2))
        assert refusal(await look_up(old["key"])) == (404, "unknown_credential")
        assert (await look_up(new["key"])).json()["expires_at"] is None

    async def test_an_overlap_does_not_prolong_what_expires_before(
        self, make: Make, rotate: Callable[..., Any], look_up: LookUp, clock: Clock
    ) -> None:
        old = await make(expires_at=(utc_now() + timedelta(hours=1)).isoformat())
        await rotate(old["id"], overlap_hours=720)
        clock.advance(timedelta(hours=1, minutes=1))
        assert (await look_up(old["key"])).status_code == 404

    async def test_without_an_overlap_it_ends_at_once(
        self, make: Make, rotate: Callable[..., Any], look_up: LookUp, events: Events
    ) -> None:
        old = await make()
        new = (await rotate(old["id"], overlap_hours=0)).json()
        assert (await look_up(old["key"])).status_code == 404
        assert (await look_up(new["key"])).status_code == 200
        (told,) = [each for each in await events(old["id"]) if type(each) is ApiKeyRevoked]
        assert told.means == "rotation"

    async def test_never_more_than_two_are_valid(
        self, make: Make, rotate: Callable[..., Any], look_up: LookUp
    ) -> None:
        first = await make()
        second = (await rotate(first["id"])).json()
        third = (await rotate(second["id"])).json()
        found = [(await look_up(each["key"])).status_code for each in (first, second, third)]
        assert found == [404, 200, 200]

    async def test_of_many_at_once_one_replaces_it(
        self, make: Make, rotate: Callable[..., Any]
    ) -> None:
        old = await make()
        answers = await asyncio.gather(*(rotate(old["id"]) for _ in range(10)))
        assert sorted(each.status_code for each in answers) == [201] + [409] * 9
        assert {each.json()["code"] for each in answers if each.status_code == 409} == {
            "api_key_rotated"
        }

    async def test_a_replay_shows_no_secret(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, make: Make
    ) -> None:
        headers = {**caller.user(member), "Idempotency-Key": uuid4().hex}
        path = f"{URL}/{(await make())['id']}/rotate"
        first = await client.post(path, json={}, headers=headers)
        second = await client.post(path, json={}, headers=headers)
        assert (first.status_code, second.status_code) == (201, 201)
        kept = {name: value for name, value in first.json().items() if name != "key"}
        assert second.json() == kept

    async def test_whoever_replaces_it_needs_its_scopes_and_it_acts_for_them(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Make,
        sign_up: SignUp,
        join: Join,
        database: Database,
    ) -> None:
        wide, narrow = await make(scopes=["billing:manage"]), await make(scopes=["projects:read"])
        admin = await sign_up()
        await join(admin, member)
        await set_role(database, member, admin, "admin")
        person = caller.user(admin, role="admin", tenant_id=member.tenant_id)
        answer = await client.post(f"{URL}/{wide['id']}/rotate", json={}, headers=person)
        assert refusal(answer) == (422, "scope_not_allowed")
        answer = await client.post(f"{URL}/{narrow['id']}/rotate", json={}, headers=person)
        assert answer.json()["created_by"] == str(admin.user_id)

    @pytest.mark.parametrize("hours", [-1, 721, 1.5, "2", None, True])
    async def test_odd_overlaps_are_refused(
        self, make: Make, rotate: Callable[..., Any], hours: object
    ) -> None:
        answer = await rotate((await make())["id"], overlap_hours=hours)
        assert refusal(answer) == (422, "invalid_request")

    async def test_a_revoked_one_is_gone(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        make: Make,
        rotate: Callable[..., Any],
        change: Callable[..., Any],
    ) -> None:
        made = await make()
        await client.delete(f"{URL}/{made['id']}", headers=caller.user(member))
        for answer in (await rotate(made["id"]), await change(made["id"], name="x")):
            assert refusal(answer) == (404, "api_key_not_found")


class TestChanging:
    async def test_what_is_named_changes_and_the_gateway_is_told(
        self,
        make: Make,
        change: Callable[..., Any],
        look_up: LookUp,
        events: Events,
        member: Member,
    ) -> None:
        made = await make(addresses=["203.0.113.7"])
        later = (utc_now() + timedelta(days=90)).isoformat()
        answer = await change(made["id"], addresses=["10.1.2.3/8", "10.0.0.0/8"], expires_at=later)
        assert answer.status_code == 200, answer.text
        assert answer.json()["addresses"] == ["10.0.0.0/8"]
        assert answer.json()["name"] == "importer"
        found = (await look_up(made["key"])).json()
        assert found["addresses"] == ["10.0.0.0/8"]
        assert found["expires_at"] == answer.json()["expires_at"]
        (told,) = [each for each in await events(made["id"]) if type(each) is ApiKeyChanged]
        assert (told.user_id, told.changed) == (member.user_id, ["addresses", "expires_at"])

    async def test_what_changes_nothing_is_not_told(
        self, make: Make, change: Callable[..., Any], events: Events
    ) -> None:
        made = await make()
        bodies: list[dict[str, Any]] = [
            {},
            {"name": "importer", "expires_at": None, "addresses": []},
        ]
        for body in bodies:
            assert (await change(made["id"], **body)).status_code == 200
        assert [each for each in await events(made["id"]) if type(each) is ApiKeyChanged] == []

    async def test_a_replaced_one_cannot_be_prolonged(
        self, make: Make, rotate: Callable[..., Any], change: Callable[..., Any]
    ) -> None:
        made = await make()
        await rotate(made["id"])
        assert refusal(await change(made["id"], expires_at=None)) == (409, "api_key_rotated")

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"name": None}, "invalid_request"),
            ({"name": ""}, "invalid_request"),
            ({"addresses": None}, "invalid_request"),
            ({"addresses": ["here"]}, "invalid_request"),
            ({"addresses": ["203.0.113.0/33"]}, "invalid_request"),
            ({"addresses": ["fe80::1%eth0"]}, "invalid_request"),
            ({"addresses": [1]}, "invalid_request"),
            ({"addresses": ["10.0.0.0/8"] * 51}, "invalid_request"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "expiry_in_past"),
            ({"scopes": ["projects:write"]}, "invalid_request"),
        ],
    )
    async def test_bad_input_is_422(
        self, make: Make, change: Callable[..., Any], fields: dict[str, Any], code: str
    ) -> None:
        assert refusal(await change((await make())["id"], **fields)) == (422, code)


class TestReports:
    async def test_a_found_key_ends_and_its_people_are_told(
        self,
        make: Make,
        report: Callable[..., Any],
        look_up: LookUp,
        events: Events,
        runner: TaskRunner,
        mail_server: MailServer,
        member: Member,
        join: Join,
        sign_up: SignUp,
    ) -> None:
        bystander = await sign_up()
        await join(bystander, member)
        made = await make(name="<b>Import</b>")
        answer = await report(made["key"])
        assert (answer.status_code, answer.content) == (202, b"")
        assert (await look_up(made["key"])).status_code == 404
        (told,) = [each for each in await events(made["id"]) if type(each) is ApiKeyRevoked]
        assert told.means == "report"
        await runner.run_due()
        mail = mail_server.to(member.email)[-1]
        assert mail["Subject"] == "An API key of your workspace was found and revoked"
        assert "Acme Homes via StagifyAI" in mail["From"]
        assert f"<b>Import</b> ({made['start']}" in text_of(mail)
        assert f"http://{member.slug}.localhost:8080/office/api-keys\n" in text_of(mail)
        assert made["key"] not in mail.as_string()
        assert len(mail_server.to(bystander.email)) == 1

    async def test_the_answer_is_the_same_for_everything(
        self, make: Make, report: Callable[..., Any], look_up: LookUp, mail_server: MailServer
    ) -> None:
        made = await make()
        # Another secret under the same id, with a right checksum, which anybody can compute.
        forged = _forged(made["key"])
        first = await report(made["key"])
        for other in (forged, made["key"], "stg_live_", "x" * 256, "ä", "stg_test_" + "a" * 58):
            answer = await report(other)
            assert (answer.status_code, answer.content) == (first.status_code, first.content)
            assert answer.headers.keys() == first.headers.keys()

    async def test_who_has_a_part_of_it_changes_nothing(
        self, make: Make, report: Callable[..., Any], look_up: LookUp
    ) -> None:
        made = await make()
        for part in (_forged(made["key"]), made["start"], made["key"][:-1], made["key"] + "0"):
            assert (await report(part)).status_code == 202
        assert (await look_up(made["key"])).status_code == 200

    async def test_one_that_rests_is_revoked_too(
        self, make: Make, report: Callable[..., Any], database: Database, member: Member
    ) -> None:
        made = await make()
        async with database.tenant(member.tenant_id) as session:
            await session.execute(text("UPDATE api_keys SET suspended_at = now()"))
        await report(made["key"])
        async with database.tenant(member.tenant_id) as session:
            found = await session.execute(text("SELECT revoked_at FROM api_keys"))
            assert found.scalar_one() is not None

    @pytest.mark.usefixtures("new_hour")
    async def test_one_source_has_only_so_many(self, report: Callable[..., Any]) -> None:
        address = new_address()
        answers = [await report("x", address) for _ in range(REPORTS_PER_HOUR + 1)]
        assert {each.status_code for each in answers[:-1]} == {202}
        assert refusal(answers[-1]) == (429, "too_many_attempts")
        assert (await report("x")).status_code == 202

    @pytest.mark.parametrize("key", ["", "x" * 257, None, 1, ["x"]])
    async def test_what_is_no_text_is_refused(
        self, report: Callable[..., Any], key: object
    ) -> None:
        assert refusal(await report(key)) == (422, "invalid_request")

    async def test_where_it_belongs_is_forgotten_with_it(
        self, make: Make, report: Callable[..., Any], database: Database, member: Member
    ) -> None:
        made = await make()
        await report(made["key"])
        public_id = made["start"].removeprefix("stg_live_")

        async def known() -> int:
            async with database.system() as session:
                query = text("SELECT count(*) FROM api_key_tenants WHERE public_id = :id")
                return int((await session.execute(query, {"id": public_id})).scalar_one())

        assert await known() == 1
        async with database.tenant(member.tenant_id) as session:
            long_ago = utc_now() - KEEP_DEAD - timedelta(days=1)
            await session.execute(text("UPDATE api_keys SET revoked_at = :at"), {"at": long_ago})
            await forget_dead(session, 10)
        assert await known() == 0


class TestReminders:
    async def test_its_creator_is_told_a_week_and_a_day_before(
        self,
        make: Make,
        runner: TaskRunner,
        mail_server: MailServer,
        member: Member,
        queue: Database,
    ) -> None:
        end = utc_now() + timedelta(days=30)
        made = await make(expires_at=end.isoformat())
        assert await due(queue, made["id"]) == {
            "mail.api_key_expires_in_a_week": end - timedelta(days=7),
            "mail.api_key_expires_in_a_day": end - timedelta(days=1),
        }
        await end_waits(queue, made["id"])
        await runner.run_due()
        mails = [m for m in mail_server.to(member.email) if "expires soon" in m["Subject"]]
        assert len(mails) == 2
        assert f"{end:%d %B %Y, %H:%M} UTC" in text_of(mails[0])

    async def test_a_key_that_ends_sooner_has_the_later_one_only(
        self, make: Make, queue: Database
    ) -> None:
        made = await make(expires_at=(utc_now() + timedelta(days=3)).isoformat())
        assert set(await due(queue, made["id"])) == {"mail.api_key_expires_in_a_day"}
        assert await due(queue, (await make())["id"]) == {}

    @pytest.mark.parametrize("means", ["revoked", "rotated", "prolonged"])
    async def test_who_has_seen_to_it_is_not_told(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        make: Make,
        rotate: Callable[..., Any],
        change: Callable[..., Any],
        runner: TaskRunner,
        mail_server: MailServer,
        member: Member,
        queue: Database,
        means: str,
    ) -> None:
        made = await make(expires_at=(utc_now() + timedelta(days=30)).isoformat())
        if means == "revoked":
            await client.delete(f"{URL}/{made['id']}", headers=caller.user(member))
        elif means == "rotated":
            await rotate(made["id"])
        else:
            await change(made["id"], expires_at=None)
        await end_waits(queue, made["id"])
        await runner.run_due()
        assert len(mail_server.to(member.email)) == 1


async def due(queue: Database, key_id: str) -> dict[str, datetime]:
    """When the tasks about a key are due."""
    async with queue.tenant_connection(None) as connection:
        rows = await connection.fetch("SELECT kind, due_at FROM tasks WHERE key = $1", key_id)
    return {row["kind"]: row["due_at"] for row in rows}


async def end_waits(queue: Database, key_id: str) -> None:
    """Make the tasks about a key due."""
    async with queue.tenant_connection(None) as connection:
        await connection.execute("UPDATE tasks SET due_at = now() WHERE key = $1", key_id)


def _forged(key: str) -> str:
    """A well-formed key with the same public id."""
    body = key[:-CHECKSUM_LENGTH]
    body = body[:-1] + ("a" if body[-1] != "a" else "b")
    return body + checksum(body)
