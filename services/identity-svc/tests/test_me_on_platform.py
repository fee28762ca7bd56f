"""One's own account on the platform's host, and what ends there and in the tenants together."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from identity_svc.sessions.cookies import COOKIE_NAME
from identity_testing import PASSWORD, Member, refusal
from stagify.database import Database
from traveller_testing import MakeTraveller, Traveller, activate, code_in

URL = "/v1/me"
NEW = "an entirely different one"
CHANGE = {"current_password": PASSWORD, "password": NEW}


@pytest.fixture
async def home(member: Member, database: Database) -> UUID:
    """The member's tenant, which is active."""
    await activate(database, member.tenant_id)
    return member.tenant_id


@pytest.fixture
async def traveller(make_traveller: MakeTraveller, member: Member, home: UUID) -> Traveller:
    """The member, on the platform's host and from there in their tenant."""
    traveller = make_traveller()
    assert (await traveller.log_in(member)).status_code == 201
    code = code_in(await traveller.hand_off(home))
    assert (await traveller.enter(home, code)).status_code == 201
    return traveller


async def is_in(traveller: Traveller, host: UUID | None) -> bool:
    return (await traveller.session(host)).status_code == 200


async def sessions_of(traveller: Traveller, host: UUID | None) -> list[dict[str, Any]]:
    answer = await traveller.call("GET", f"{URL}/sessions", host)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_it_is_the_same_account_on_both_hosts(traveller: Traveller, home: UUID) -> None:
    changed = await traveller.call("PATCH", URL, None, {"name": "Grace", "locale": "de"})
    assert changed.status_code == 200
    for host in (None, home):
        assert (await traveller.call("GET", URL, host)).json() == changed.json()


async def test_sessions_of_both_hosts_are_shown(
    traveller: Traveller, member: Member, home: UUID
) -> None:
    for host, name in ((None, "app"), (home, member.slug)):
        items = await sessions_of(traveller, host)
        assert {each["host"] for each in items} == {
            "app.localhost:8080",
            f"{member.slug}.localhost:8080",
        }
        (current,) = [each for each in items if each["is_current"]]
        assert current["host"] == f"{name}.localhost:8080"


async def test_a_session_there_ends_with_those_that_came_from_it(
    traveller: Traveller, make_traveller: MakeTraveller, member: Member, home: UUID
) -> None:
    elsewhere = make_traveller()
    await elsewhere.log_in(member, home)
    (there,) = [
        each["id"] for each in await sessions_of(traveller, None) if each["host"].startswith("app.")
    ]
    answer = await elsewhere.call("DELETE", f"{URL}/sessions/{there}", home)
    assert answer.status_code == 204
    assert [await is_in(traveller, host) for host in (None, home)] == [False, False]
    assert await is_in(elsewhere, home)


async def test_all_others_end_on_both_hosts(
    traveller: Traveller, make_traveller: MakeTraveller, member: Member, home: UUID
) -> None:
    elsewhere = make_traveller()
    for host in (None, home):
        await elsewhere.log_in(member, host)
    assert (await traveller.call("DELETE", f"{URL}/sessions", home)).status_code == 204
    assert await is_in(traveller, home)
    assert [await is_in(elsewhere, host) for host in (None, home)] == [False, False]
    (left,) = await sessions_of(traveller, home)
    assert left["is_current"] is True


@pytest.mark.parametrize("on_platform", [True, False])
async def test_a_new_password_ends_all_but_the_session_of_the_call(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    home: UUID,
    on_platform: bool,
) -> None:
    elsewhere = make_traveller()
    for host in (None, home):
        await elsewhere.log_in(member, host)
    here, there = (None, home) if on_platform else (home, None)
    before = traveller.cookies[here][COOKIE_NAME]
    answer = await traveller.call("POST", f"{URL}/password", here, CHANGE)
    assert answer.status_code == 204
    assert await is_in(traveller, here)
    assert not await is_in(traveller, there)
    assert [await is_in(elsewhere, host) for host in (None, home)] == [False, False]
    # The old token is worth nothing.
    assert traveller.cookies[here][COOKIE_NAME] != before
    traveller.cookies[here][COOKIE_NAME] = before
    assert not await is_in(traveller, here)


async def test_a_hand_off_under_way_leads_nowhere_after_a_new_password(
    traveller: Traveller, make_traveller: MakeTraveller, member: Member, home: UUID
) -> None:
    thief = make_traveller()
    await thief.log_in(member)
    code = code_in(await thief.hand_off(home))
    assert (await traveller.call("POST", f"{URL}/password", home, CHANGE)).status_code == 204
    answer: httpx.Response = await thief.enter(home, code)
    assert answer.status_code == 401
    assert not await is_in(thief, home)


async def test_a_wrong_password_there_is_refused(traveller: Traveller) -> None:
    wrong = CHANGE | {"current_password": "not the password"}
    answer = await traveller.call("POST", f"{URL}/password", None, wrong)
    assert refusal(answer) == (403, "wrong_password")
    assert await is_in(traveller, None)
