"""Another role, and a removal, of people and of programs, count at every service at once, on the running platform."""

import time
from collections.abc import Iterator

import pytest

from proof.customers import Colleague, hire, refusal
from proof.streams import AT_ONCE_SECONDS, assert_ends, following
from stagify_local.customer import Customer, client, cookie_of, good
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

READS = ("/v1/members", "/v1/tenant", "/v1/projects", "/v1/usage")
STREAM = "/v1/projects/events"


@pytest.fixture
def colleague(platform: Platform, customer: Customer) -> Iterator[Colleague]:
    """Somebody whom the customer has invited, and who is logged in."""
    with hire(platform, customer) as found:
        yield found


def test_a_removal_ends_everything_everywhere(customer: Customer, colleague: Colleague) -> None:
    for path in READS:
        good(colleague.http.get(path))
    with following(colleague.http, STREAM) as lines:
        good(customer.browser.delete(f"/v1/members/{colleague.member_id}"))
        begun = time.monotonic()
        assert_ends(lines, begun)
    for path in READS:
        assert refusal(colleague.http.get(path)) == (401, "invalid_credential")
    assert refusal(colleague.try_to_log_in()) == (401, "invalid_credentials")


def test_a_member_who_is_logged_out_is_out_everywhere(
    customer: Customer, colleague: Colleague
) -> None:
    for path in READS:
        good(colleague.http.get(path))
    with following(colleague.http, STREAM) as lines:
        good(customer.browser.delete(f"/v1/members/{colleague.member_id}/sessions"))
        begun = time.monotonic()
        assert_ends(lines, begun)
    for path in READS:
        assert refusal(colleague.http.get(path)) == (401, "invalid_credential")
    # They belong to it as before.
    colleague.log_in()
    good(colleague.http.get("/v1/projects"))


def test_another_role_counts_everywhere(customer: Customer, colleague: Colleague) -> None:
    path = f"/v1/members/{colleague.member_id}"
    good(customer.browser.patch(path, json={"role": "viewer"}))
    eventually(
        lambda: colleague.http.post("/v1/uploads", json={}).status_code == 403, AT_ONCE_SECONDS
    )
    good(colleague.http.get("/v1/projects"))


def test_a_log_out_everywhere_ends_open_streams(customer: Customer) -> None:
    account = customer.account
    with client(account.port, account.slug) as here:
        here.headers["Cookie"] = cookie_of(good(here.send(account.log_in())))
        with following(customer.browser, STREAM) as lines:
            good(here.delete("/v1/me/sessions"))
            begun = time.monotonic()
            assert_ends(lines, begun)
        assert refusal(customer.browser.get("/v1/tenant")) == (401, "invalid_credential")
        good(here.get("/v1/tenant"))
