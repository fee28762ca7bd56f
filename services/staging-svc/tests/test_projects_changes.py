"""What can be changed of a project: its name, and whether it is a favourite."""

from typing import Any

import httpx
import pytest

from stagify.events.staging import ProjectFavoured, ProjectRenamed
from staging_testing import Caller, Published, of_type


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestRename:
    async def test_viewer_may_not(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        answer = await caller.patch(f"/v1/projects/{project['id']}", json={"name": "x"})
        assert code(answer) == (403, "permission_denied")

    async def test_other_tenants_project_is_unknown(self, caller: Caller, other: Caller) -> None:
        project = await other.project()
        answer = await caller.patch(f"/v1/projects/{project['id']}", json={"name": "x"})
        assert code(answer) == (404, "project_not_found")
        assert await other.read(project["id"]) == project

    @pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "a" * 121}, {"style": "modern"}])
    async def test_malformed_body_is_refused(self, caller: Caller, body: dict[str, Any]) -> None:
        project = await caller.project()
        answer = await caller.patch(f"/v1/projects/{project['id']}", json=body)
        assert code(answer) == (422, "invalid_request")

    async def test_it_is_told_without_the_name_and_once(
        self, caller: Caller, published: Published
    ) -> None:
        project = await caller.project()
        for _ in range(2):
            answer = await caller.patch(f"/v1/projects/{project['id']}", json={"name": " Attic "})
            assert (answer.status_code, answer.json()["name"]) == (200, "Attic")
        [renamed] = of_type(await published(caller.tenant_id), ProjectRenamed)
        assert str(renamed.project_id) == project["id"]
        assert "Attic" not in renamed.model_dump_json()


class TestFavourites:
    async def test_viewer_may_not(self, caller: Caller) -> None:
        project = await caller.project()
        caller.permissions = frozenset({"projects:read"})
        answer = await caller.patch(f"/v1/projects/{project['id']}", json={"is_favourite": True})
        assert code(answer) == (403, "permission_denied")

    @pytest.mark.parametrize("value", ["true", 1, None])
    async def test_it_is_one_or_not(self, caller: Caller, value: Any) -> None:
        project = await caller.project()
        answer = await caller.patch(f"/v1/projects/{project['id']}", json={"is_favourite": value})
        assert code(answer) == (422, "invalid_request")

    async def test_they_are_told_once_and_listed_alone(
        self, caller: Caller, other: Caller, published: Published
    ) -> None:
        first, second, third = [await caller.project() for _ in range(3)]
        path = f"/v1/projects/{second['id']}"
        for _ in range(2):
            answer = await caller.patch(path, json={"is_favourite": True})
            assert (answer.status_code, answer.json()["is_favourite"]) == (200, True)
            assert answer.json()["name"] == second["name"]
        query = {"favourite": "true"}
        listed = (await caller.get("/v1/projects", params=query)).json()["items"]
        assert [each["id"] for each in listed] == [second["id"]]
        assert (await other.get("/v1/projects", params=query)).json()["items"] == []
        everything = (await caller.get("/v1/projects")).json()["items"]
        assert [each["is_favourite"] for each in everything] == [False, True, False]
        await caller.patch(path, json={"is_favourite": False, "name": "Attic"})
        assert (await caller.get("/v1/projects", params=query)).json()["items"] == []
        told = of_type(await published(caller.tenant_id), ProjectFavoured)
        assert [(str(each.project_id), each.is_favourite) for each in told] == [
            (second["id"], True),
            (second["id"], False),
        ]
        assert {first["is_favourite"], third["is_favourite"]} == {False}
