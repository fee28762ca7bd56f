"""A tenant that asks people in, and what they do with the secrets of their mails."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from identity_testing import (
    PASSWORD,
    Caller,
    MailServer,
    Member,
    text_of,
)
from stagify.tasks.runner import TaskRunner
from traveller_testing import Traveller

URL = "/v1/invitations"
TOKEN = re.compile(r"(https?://\S+/join#token=(\S+))")


def some_address() -> str:
    """An address that nobody else has."""
    return f"grace.{uuid4().hex}@example.com"


@dataclass
class Office:
    """A tenant that invites, with the worker that sends its mails."""

    client: httpx.AsyncClient
    caller: Caller
    owner: Member
    runner: TaskRunner
    mails: MailServer

    async def invite(self, *emails: str, role: str = "member", **more: Any) -> httpx.Response:
        """The answer to a call that invites."""
        return await self.client.post(
            URL,
            json={"emails": [*emails], "role": role, **more},
            headers=self.caller.user(self.owner),
        )

    async def ask_in(self, email: str, **more: Any) -> str:
        """The secret in the mail of a new invitation."""
        answer = await self.invite(email, **more)
        assert answer.status_code == 201, answer.text
        assert answer.json()["items"][0]["outcome"] == "invited", answer.text
        return await self.token(email)

    async def token(self, email: str) -> str:
        """The secret in the newest mail to an address, once all mails that are due are sent."""
        await self.runner.run_due()
        found = TOKEN.search(text_of(self.mails.to(email)[-1]))
        assert found is not None
        return found[2]

    async def listed(self, query: str = "") -> list[dict[str, Any]]:
        """The invitations as members see them."""
        answer = await self.client.get(f"{URL}{query}", headers=self.caller.user(self.owner))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def members(self) -> list[dict[str, Any]]:
        """The members as they see each other."""
        answer = await self.client.get("/v1/members", headers=self.caller.user(self.owner))
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def call(
        self, way: str, token: str, visitor: Traveller | None = None, **more: Any
    ) -> httpx.Response:
        """The answer to what somebody does on the platform's host with a secret."""
        visitor = visitor or Traveller(self.client, self.caller)
        return await visitor.call("POST", f"{URL}/{way}", None, {"token": token, **more})

    async def newcomer(self, token: str, **more: Any) -> httpx.Response:
        """The answer to an acceptance by somebody without an account."""
        given = {"name": "Grace Hopper", "password": PASSWORD, **more}
        return await self.call("accept", token, **given)

    async def person(self, member: Member) -> Traveller:
        """Somebody who is logged in on the platform's host."""
        visitor = Traveller(self.client, self.caller)
        assert (await visitor.log_in(member)).status_code == 201
        return visitor
