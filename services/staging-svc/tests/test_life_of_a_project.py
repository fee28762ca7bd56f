"""docs/architecture.md names the files that take part in creating a project."""

import logging

import pytest

from stagify.testing.files import files_run, files_told
from staging_testing import Caller, room_photo

# Part of the client in these tests, and not of the life of a request.
OURS = ("services/staging-svc/", "shared/")


async def test_documentation_names_the_files(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The client's own log lines would pass through the kit.
    monkeypatch.setattr(logging.getLogger("httpx"), "level", logging.WARNING)
    ways = []
    for number in range(3):
        upload_id = await caller.upload(room_photo())
        with files_run(tasks_only=True) as files:
            key = {"Idempotency-Key": str(number)}
            assert (await caller.create(upload_id, headers=key)).status_code == 202
        ways.append(files)
    # The first one also opens connections; what else differs is no part of the request.
    told = files_told("The life of POST /v1/projects")
    assert set.intersection(*ways[1:]) == {path for path in told if path.startswith(OURS)}
