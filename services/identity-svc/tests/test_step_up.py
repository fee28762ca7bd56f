"""A step-up: what proves once more who somebody is, what asks for it, and what it does to the session."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from identity_svc.app import create_app
from identity_svc.callers import SteppedUpDep
from identity_svc.settings import Settings
from identity_testing import PASSWORD, Caller, Events, Member, OpenBrowser, cookies_of, refusal
from stagify.auth import STEP_UP_ERRORS, STEP_UP_LIFE, requires
from stagify.clock import utc_now
from stagify.events.identity import SessionRevoked
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from stagify.testing import Clock, app_client
from traveller_testing import MakeTraveller, Traveller, activate, code_in

URL = "/v1/session/step-up"
PROBES = ("/v1/probe/person", "/v1/probe/owner")
BODY = {"current_password": PASSWORD}


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """The service, with two routes that ask for a step-up."""
    app = create_app(settings)

    @app.post(PROBES[0], responses=problems(*STEP_UP_ERRORS))
    async def as_person(_: SteppedUpDep) -> None: ...

    @app.post(PROBES[1], responses=problems(*STEP_UP_ERRORS))
    async def as_owner(
        _: Annotated[TenantPrincipal, Depends(requires("tenant:manage", step_up=True))],
    ) -> None: ...

    return app


@pytest.fixture
async def client(app: FastAPI) -> Any:
    async with app_client(app) as client:
        yield client


async def probe(traveller: Traveller, tenant_id: Any, path: str = PROBES[0]) -> int:
    """What a route that asks for a step-up answers."""
    return (await traveller.call("POST", path, tenant_id, {})).status_code


async def test_visitors_and_keys_cannot(
    client: httpx.AsyncClient, caller: Caller, member: Member
) -> None:
    for headers in (caller.platform(), caller.anonymous(member.tenant_id)):
        answer = await client.post(URL, json=BODY, headers=headers)
        assert refusal(answer) == (401, "authentication_required")
    key = caller.user(member, kind="api_key", credential_id=member.user_id, auth_time=2**40)
    for path in (URL, *PROBES):
        answer = await client.post(path, json=BODY, headers=key)
        assert refusal(answer) == (403, "person_required")


async def test_a_wrong_password_proves_nothing_and_counts(
    traveller: Traveller, member: Member
) -> None:
    await traveller.log_in(member, member.tenant_id)
    cookies = dict(traveller.cookies[member.tenant_id])
    wrong = {"current_password": "not the right one"}
    answer = await traveller.call("POST", URL, member.tenant_id, wrong)
    assert refusal(answer) == (403, "wrong_password")
    assert traveller.cookies[member.tenant_id] == cookies
    codes = {
        (await traveller.call("POST", URL, member.tenant_id, wrong)).json()["code"]
        for _ in range(10)
    }
    assert codes == {"wrong_password", "too_many_attempts"}


async def test_it_lasts_ten_minutes_on_every_host(
    traveller: Traveller, member: Member, clock: Clock
) -> None:
    for host in (None, member.tenant_id):
        await traveller.log_in(member, host)
        assert await probe(traveller, host) == 200
        clock.advance(STEP_UP_LIFE + timedelta(seconds=1))
        answer = await traveller.call("POST", PROBES[0], host, {})
        assert refusal(answer) == (403, "step_up_required")
        stepped = await traveller.call("POST", URL, host, BODY)
        assert stepped.status_code == 200, stepped.text
        assert stepped.headers["cache-control"] == "no-store"
        assert await probe(traveller, host) == 200
        assert (await traveller.session(host)).json()["proof"] == stepped.json()
        clock.advance(STEP_UP_LIFE + timedelta(seconds=1))
        assert await probe(traveller, host) == 403


async def test_permissions_are_asked_for_besides(
    traveller: Traveller, member: Member, clock: Clock, caller: Caller, client: httpx.AsyncClient
) -> None:
    await traveller.log_in(member, member.tenant_id)
    assert await probe(traveller, member.tenant_id, PROBES[1]) == 200
    clock.advance(STEP_UP_LIFE + timedelta(seconds=1))
    assert await probe(traveller, member.tenant_id, PROBES[1]) == 403
    viewer = caller.user(
        member, "viewer", credential_id=member.user_id, auth_time=int(utc_now().timestamp())
    )
    answer = await client.post(PROBES[1], json={}, headers=viewer)
    assert refusal(answer) == (403, "permission_denied")


async def test_a_token_without_a_time_has_never_stepped_up(
    client: httpx.AsyncClient, caller: Caller, member: Member
) -> None:
    headers = caller.user(member, credential_id=member.user_id, auth_time=None)
    for path in PROBES:
        answer = await client.post(path, json={}, headers=headers)
        assert refusal(answer) == (403, "step_up_required")


async def test_a_hand_off_does_not_make_it_younger(
    traveller: Traveller, member: Member, clock: Clock, database: Any
) -> None:
    await activate(database, member.tenant_id)
    await traveller.log_in(member)
    clock.advance(STEP_UP_LIFE + timedelta(seconds=1))
    code = code_in(await traveller.hand_off(member.tenant_id))
    assert (await traveller.enter(member.tenant_id, code)).status_code == 201
    assert await probe(traveller, member.tenant_id) == 403
    # A step-up on the platform's host and another hand-off bring it along.
    assert (await traveller.call("POST", URL, None, BODY)).status_code == 200
    assert await probe(traveller, member.tenant_id) == 403
    code = code_in(await traveller.hand_off(member.tenant_id))
    assert (await traveller.enter(member.tenant_id, code)).status_code == 201
    assert await probe(traveller, member.tenant_id) == 200


async def test_the_session_goes_on_under_another_id_and_token(
    member: Member, browser: OpenBrowser, events: Events
) -> None:
    mine, other = browser(member), browser(member)
    await mine.log_in(member.email)
    await other.log_in(member.email)
    before = await mine.look_up()
    thief = replace(mine, cookies=dict(mine.cookies))
    answer = await mine.request("POST", URL, json=BODY)
    assert answer.status_code == 200, answer.text
    assert list(cookies_of(answer)) == ["__Host-stagify_session"]
    after = await mine.look_up()
    assert await thief.look_up() is None
    assert before is not None
    assert after is not None
    assert after["credential_id"] != before["credential_id"]
    assert after["auth_time"] > before["auth_time"]
    # Nobody else is logged out by it.
    assert await other.look_up() is not None
    told = [e for e in await events(member.tenant_id) if isinstance(e, SessionRevoked)]
    assert [str(e.session_id) for e in told] == [before["credential_id"]]


async def test_on_the_platforms_host_its_workspaces_stay_its_own(
    traveller: Traveller, make_traveller: MakeTraveller, member: Member, database: Any
) -> None:
    await activate(database, member.tenant_id)
    await traveller.log_in(member)
    code = code_in(await traveller.hand_off(member.tenant_id))
    await traveller.enter(member.tenant_id, code)
    thief = make_traveller()
    thief.cookies[None] = dict(traveller.cookies[None])
    assert (await traveller.call("POST", URL, None, BODY)).status_code == 200
    assert (await thief.session()).status_code == 401
    assert (await traveller.session(member.tenant_id)).status_code == 200
    # A log-out there still ends those that came from it.
    await traveller.call("DELETE", "/v1/session", None)
    assert (await traveller.session(member.tenant_id)).status_code == 401


async def test_of_two_at_once_with_one_token_one_goes_on(
    member: Member, browser: OpenBrowser
) -> None:
    mine = browser(member)
    await mine.log_in(member.email)
    known = await mine.look_up()
    twins = [replace(mine, cookies=dict(mine.cookies)) for _ in range(2)]
    answers = await asyncio.gather(
        *(each.request_as(known, "POST", URL, json=BODY) for each in twins)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401]
