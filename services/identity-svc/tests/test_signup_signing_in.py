"""Whoever confirms a sign-up is logged in on the platform's host."""

import httpx

from identity_svc.sessions.cookies import COOKIE_NAME, DEVICE_COOKIE_NAME
from identity_testing import (
    PASSWORD,
    Member,
    SignUpBegun,
    Visitor,
    refusal,
    wrong,
)
from stagify.database import Database
from traveller_testing import MakeTraveller, Traveller


async def confirm(
    browser: Traveller, begun: SignUpBegun, password: str = PASSWORD
) -> httpx.Response:
    """The answer to a confirmation in that browser."""
    body = {"code": begun.code, "password": password}
    return await browser.call("POST", f"/v1/signup/{begun.id}/confirm", None, body)


async def test_person_is_logged_in_and_can_go_on(
    traveller: Traveller, begun: SignUpBegun, email: str, slug: str
) -> None:
    answer = await confirm(traveller, begun)
    assert answer.status_code == 201, answer.text
    lines = answer.headers.get_list("set-cookie")
    assert [line.partition("=")[0] for line in lines] == [COOKIE_NAME, DEVICE_COOKIE_NAME]
    assert (await traveller.session()).json()["user"]["email"] == email
    (tenant,) = (await traveller.call("GET", "/v1/me/tenants", None)).json()["items"]
    assert (tenant["slug"], tenant["status"], tenant["role"]) == (slug, "provisioning", "owner")
    assert tenant["url"] == f"http://{slug}.localhost:8080"
    # The page waits for the workspace.
    waiting = await traveller.hand_off(answer.json()["tenant"]["id"])
    assert refusal(waiting) == (409, "tenant_provisioning")


async def test_wrong_code_logs_nobody_in(traveller: Traveller, begun: SignUpBegun) -> None:
    answer = await confirm(traveller, begun._replace(code=wrong(begun.code)))
    assert answer.status_code == 401
    assert (await traveller.session()).status_code == 401


async def test_repeated_confirmation_logs_in_where_the_answer_was_lost(
    traveller: Traveller, make_traveller: MakeTraveller, begun: SignUpBegun
) -> None:
    await confirm(make_traveller(), begun)
    assert (await confirm(traveller, begun)).status_code == 201
    assert (await traveller.session()).status_code == 200


async def test_repetition_with_a_former_password_logs_nobody_in(
    traveller: Traveller, begun: SignUpBegun, email: str
) -> None:
    await confirm(traveller, begun)
    changed = await traveller.call(
        "POST",
        "/v1/me/password",
        None,
        {"current_password": PASSWORD, "password": "another long password"},
    )
    assert changed.status_code == 204, changed.text
    assert (await traveller.session()).status_code == 200
    answer = await confirm(traveller, begun)
    assert refusal(answer) == (409, "already_confirmed")
    assert "set-cookie" not in answer.headers


async def test_session_of_somebody_else_in_the_browser_is_replaced(
    traveller: Traveller,
    make_traveller: MakeTraveller,
    member: Member,
    begun: SignUpBegun,
    email: str,
) -> None:
    await traveller.log_in(member)
    old = make_traveller()
    old.cookies[None] = dict(traveller.cookies[None])
    await confirm(traveller, begun)
    assert (await traveller.session()).json()["user"]["email"] == email
    assert (await old.session()).status_code == 401


async def test_sessions_made_by_one_code_are_bounded(
    traveller: Traveller, begun: SignUpBegun, database: Database, visitor: Visitor
) -> None:
    answers = [await visitor.confirm(*begun) for _ in range(25)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [410] * 5
