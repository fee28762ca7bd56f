"""A live stream ends with the right to follow it, on the running platform."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from proof.customers import photo, refusal
from stagify_local.customer import Customer
from stagify_local.platform import Platform

# Longer than the bar, shorter than the time between two heart-beats.
PATIENCE_SECONDS = 10.0
BAR_SECONDS = 1.0


@pytest.fixture(params=["of a project", "of the workspace"])
def path(request: pytest.FixtureRequest, platform: Platform, customer: Customer) -> Iterator[str]:
    """The stream of a project that stays queued, or of all projects."""
    jobs = platform.process("staging-svc", "jobs")
    jobs.pause()
    try:
        created = customer.create(customer.upload(photo()))
        assert created.status_code == 202, created.text
        is_of_one = request.param == "of a project"
        yield f"/v1/projects/{created.json()['id']}/events" if is_of_one else "/v1/projects/events"
    finally:
        jobs.resume()


@contextmanager
def following(http: httpx.Client, path: str, **headers: str) -> Iterator[Iterator[str]]:
    """The lines of an open stream, after its first event."""
    with http.stream("GET", path, headers=headers, timeout=PATIENCE_SECONDS) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        # Until the empty line that ends the event.
        while next(lines):
            pass
        yield lines


def assert_ends(lines: Iterator[str], since: float) -> None:
    """The stream ends as if it were complete, and soon. A change that the stream of a workspace may
    repeat at its beginning is said whole."""
    assert list(lines)[-1:] in ([], [""])
    assert time.monotonic() - since < BAR_SECONDS


def test_it_ends_with_a_log_out(customer: Customer, path: str) -> None:
    with following(customer.browser, path) as lines:
        assert customer.browser.delete("/v1/session").status_code == 204
        assert_ends(lines, time.monotonic())
        # Who connects again is told why.
        assert refusal(customer.browser.get(path))[0] == 401


def test_it_ends_with_its_api_key(customer: Customer, path: str) -> None:
    own = customer.browser.post("/v1/api-keys", json={"name": "short"}).json()
    bearer = f"Bearer {own['key']}"
    with following(customer.http, path, Authorization=bearer) as lines:
        assert customer.browser.delete(f"/v1/api-keys/{own['id']}").status_code == 204
        assert_ends(lines, time.monotonic())
        answer = customer.http.get(path, headers={"Authorization": bearer})
        assert refusal(answer) == (401, "invalid_credential")


def test_it_ends_when_the_tenant_is_suspended(
    platform: Platform, customer: Customer, path: str
) -> None:
    with following(customer.http, path) as lines:
        platform.run("tenant-svc", "suspend", customer.account.slug, "--reason", "unpaid")
        assert_ends(lines, time.monotonic())
        assert refusal(customer.http.get(path)) == (403, "tenant_suspended")
