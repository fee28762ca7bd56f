"""One's own account: what people say about themselves."""

from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from identity_testing import Caller, Events, Member, SignUp, as_json, refusal
from stagify.events import Event
from stagify.events.identity import UserUpdated
from stagify.ids import new_id

URL = "/v1/me"


def key_of(caller: Caller, member: Member) -> dict[str, str]:
    """A program with a key of the member's that may do everything."""
    return caller.user(member, kind="api_key", subject=str(new_id()), credential_id=new_id())


NOBODYS = "01939c5e-7c00-7000-8000-000000000015"
CALLS = [
    ("GET", URL),
    ("PATCH", URL),
    ("POST", f"{URL}/password"),
    ("GET", f"{URL}/sessions"),
    ("DELETE", f"{URL}/sessions"),
    ("DELETE", f"{URL}/sessions/{NOBODYS}"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
class TestWhoMayNot:
    async def test_a_visitor(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, method: str, path: str
    ) -> None:
        for headers in (caller.anonymous(member.tenant_id), caller.platform()):
            answer = await client.request(method, path, headers=headers)
            assert refusal(answer) == (401, "authentication_required")

    async def test_a_program(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, method: str, path: str
    ) -> None:
        answer = await client.request(method, path, headers=key_of(caller, member))
        assert refusal(answer) == (403, "person_required")

    async def test_a_service(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, method: str, path: str
    ) -> None:
        headers = caller.service("gateway", member.tenant_id)
        answer = await client.request(method, path, headers=headers)
        assert refusal(answer) == (401, "authentication_required")


@pytest.fixture
def at_home(caller: Caller, member: Member) -> dict[str, str]:
    """The member in a browser."""
    return caller.user(member, credential_id=new_id())


async def test_who_calls_is_told_about_themselves(
    client: httpx.AsyncClient, member: Member, at_home: dict[str, str]
) -> None:
    answer = await client.get(URL, headers=at_home)
    assert answer.json() == {
        "id": str(member.user_id),
        "email": member.email,
        "name": "Ada Lovelace",
        "locale": None,
        "theme": None,
    }


async def test_what_is_named_changes_and_the_rest_stays(
    client: httpx.AsyncClient, member: Member, at_home: dict[str, str]
) -> None:
    for change in (
        {"name": "Müller & Söhne <Büro>"},
        {"locale": "de"},
        {"theme": "dark", "locale": "en"},
        {"theme": None},
        {},
    ):
        before = (await client.get(URL, headers=at_home)).json()
        answer = await client.patch(URL, json=change, headers=at_home)
        assert (answer.status_code, answer.json()) == (200, before | change)
        assert (await client.get(URL, headers=at_home)).json() == before | change


async def test_nobody_else_changes(
    client: httpx.AsyncClient, caller: Caller, at_home: dict[str, str], sign_up: SignUp
) -> None:
    other = caller.user(await sign_up(), credential_id=new_id())
    before = (await client.get(URL, headers=other)).json()
    await client.patch(URL, json={"name": "Mallory", "theme": "dark"}, headers=at_home)
    assert (await client.get(URL, headers=other)).json() == before


async def test_the_session_shows_what_was_chosen(
    client: httpx.AsyncClient, at_home: dict[str, str]
) -> None:
    await client.patch(URL, json={"locale": "de", "theme": "light"}, headers=at_home)
    user = (await client.get("/v1/session", headers=at_home)).json()["user"]
    assert (user["locale"], user["theme"]) == ("de", "light")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "mallory@example.com"},
        {"password": "correct horse battery staple"},
        {"id": NOBODYS},
        {"name": None},
        {"name": ""},
        {"name": " \u200b "},
        {"name": "a" * 121},
        {"name": "Ada\x00"},
        {"name": ["Ada"]},
        {"locale": "fr"},
        {"locale": ""},
        {"locale": "de-DE"},
        {"theme": "sepia"},
        {"theme": True},
    ],
)
async def test_what_is_wrong_changes_nothing(
    client: httpx.AsyncClient, at_home: dict[str, str], change: dict[str, Any]
) -> None:
    before = (await client.get(URL, headers=at_home)).json()
    answer = await client.patch(URL, **as_json(at_home, change | {"theme": "dark"} | change))
    assert refusal(answer) == (422, "invalid_request")
    assert (await client.get(URL, headers=at_home)).json() == before


async def test_a_change_is_an_event_without_its_value(
    client: httpx.AsyncClient, member: Member, at_home: dict[str, str], events: Events
) -> None:
    for change in ({"name": "Grace", "locale": None}, {"name": "Grace"}, {"theme": "dark"}):
        await client.patch(URL, json=change, headers=at_home)
    told = [each for each in await events(member.user_id) if isinstance(each, UserUpdated)]
    assert [each.changed for each in told] == [["name"], ["theme"]]
    assert {each.actor for each in told} == {f"user:{member.user_id}"}
    assert "Grace" not in TypeAdapter(list[Event]).dump_json(told).decode()  # type: ignore[arg-type]
