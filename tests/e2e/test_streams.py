"""A live stream ends with the right to follow it, on the running platform."""

import time
from collections.abc import Iterator

import pytest

from proof.customers import photo, refusal
from proof.streams import assert_ends, following
from stagify_local.customer import Customer
from stagify_local.platform import Platform


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
