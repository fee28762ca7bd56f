"""Links by which several people may come in."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from identity_svc.invitations import asks
from identity_svc.tenants.service import lock_tenant
from identity_testing import (
    Join,
    SignUp,
    refusal,
    set_role,
    statements,
    text_of,
)
from invitations_testing import TOKEN, Office, some_address
from stagify.clock import utc_now
from stagify.database import Database
from stagify.testing import comes_to_wait


class TestLinks:
    async def make(self, office: Office, **fields: Any) -> tuple[str, str]:
        """A new link's id, and its secret."""
        answer = await office.client.post(
            "/v1/invitation-links",
            json={"role": "member", "max_uses": 3, **fields},
            headers=office.caller.user(office.owner),
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        found = TOKEN.fullmatch(made["url"])
        assert found is not None
        return made["id"], found[2]

    async def test_the_address_is_shown_once(self, office: Office) -> None:
        headers = {**office.caller.user(office.owner), "Idempotency-Key": uuid4().hex}
        body = {"role": "member", "max_uses": 3, "domains": ["@Example.COM"]}
        first, again = [
            (await office.client.post("/v1/invitation-links", json=body, headers=headers)).json()
            for _ in range(2)
        ]
        assert again == {name: value for name, value in first.items() if name != "url"}
        assert first["domains"] == ["example.com"]
        listed = await office.client.get("/v1/invitation-links", headers=headers)
        (found,) = listed.json()["items"]
        assert found["id"] == first["id"]
        assert "url" not in found

    @pytest.mark.parametrize("expires_at", ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
    async def test_a_link_ends(self, office: Office, expires_at: str) -> None:
        answer = await office.client.post(
            "/v1/invitation-links",
            json={"role": "member", "max_uses": 3, "expires_at": expires_at},
            headers=office.caller.user(office.owner),
        )
        assert refusal(answer) == (422, "expiry_out_of_range")

    async def test_of_many_at_once_as_many_come_in_as_it_says(
        self, office: Office, sign_up: SignUp
    ) -> None:
        _, token = await self.make(office, max_uses=2)
        people = [await office.person(await sign_up()) for _ in range(6)]
        answers = await asyncio.gather(
            *(office.call("accept", token, person) for person in people for _ in range(5))
        )
        joined = {index // 5 for index, answer in enumerate(answers) if answer.status_code == 200}
        assert len(joined) == 2
        assert {refusal(a) for a in answers if a.status_code != 200} == {(410, "invitation_used")}
        assert len(await office.members()) == 3

    async def test_an_account_that_ends_meanwhile_becomes_no_member(
        self, office: Office, sign_up: SignUp, join: Join, database: Database
    ) -> None:
        _, token = await self.make(office)
        leaving, heir = await sign_up(), await sign_up()
        await join(heir, leaving)
        await set_role(database, leaving, heir, "owner")
        person, other = await office.person(leaving), await office.person(leaving)
        async with database.tenant(office.owner.tenant_id) as session:
            await lock_tenant(session, office.owner.tenant_id)
            accepting = asyncio.create_task(office.call("accept", token, person))
            assert await comes_to_wait(database, accepting)
            assert (await other.call("DELETE", "/v1/me", None)).status_code == 204
        assert refusal(await accepting) == (401, "authentication_required")
        assert len(await office.members()) == 1

    async def test_only_addresses_of_its_domains(self, office: Office, sign_up: SignUp) -> None:
        _, token = await self.make(office, domains=["acme.example"])
        person = await office.person(await sign_up())
        assert refusal(await office.call("accept", token, person)) == (403, "domain_not_allowed")
        for email in ("grace@example.com", "grace@sub.acme.example", "grace@acme.example.com"):
            answer = await office.call("ask", token, email=email)
            assert refusal(answer) == (403, "domain_not_allowed")
        assert (
            await office.call("ask", token, email=f"{uuid4().hex}@ACME.example")
        ).status_code == 202

    async def test_revoked_it_lets_nobody_in(self, office: Office, sign_up: SignUp) -> None:
        link_id, token = await self.make(office)
        headers = office.caller.user(office.owner)
        path = f"/v1/invitation-links/{link_id}"
        for _ in range(2):
            assert (await office.client.delete(path, headers=headers)).status_code == 204
        person = await office.person(await sign_up())
        assert refusal(await office.call("accept", token, person)) == (410, "invitation_invalid")
        assert refusal(await office.call("look-up", token)) == (410, "invitation_invalid")
        other = office.caller.user(await sign_up())
        assert refusal(await office.client.delete(path, headers=other)) == (
            404,
            "invitation_link_not_found",
        )

    async def test_whoever_was_removed_since_does_not_come_back(
        self, office: Office, sign_up: SignUp
    ) -> None:
        _, token = await self.make(office)
        member = await sign_up()
        person = await office.person(member)
        assert (await office.call("accept", token, person)).status_code == 200
        (theirs,) = [e for e in await office.members() if e["email"] == member.email]
        headers = office.caller.user(office.owner)
        await office.client.delete(f"/v1/members/{theirs['id']}", headers=headers)
        assert refusal(await office.call("accept", token, person)) == (410, "invitation_invalid")
        _, newer = await self.make(office)
        assert (await office.call("accept", newer, person)).status_code == 200

    async def test_somebody_new_is_mailed_an_invitation_first(self, office: Office) -> None:
        _, token = await self.make(office, max_uses=1)
        assert refusal(await office.newcomer(token)) == (410, "invitation_invalid")
        email = some_address()
        for _ in range(2):
            assert (await office.call("ask", token, email=email)).status_code == 202
            # The worker answers; what it queues is due at once.
            await office.runner.run_due()
        own = await office.token(email)
        assert len(office.mails.to(email)) == 1
        assert "Ada Lovelace" not in text_of(office.mails.to(email)[0])
        assert (await office.newcomer(own)).status_code == 200
        other = some_address()
        assert refusal(await office.call("ask", token, email=other)) == (410, "invitation_used")
        assert refusal(await office.call("ask", own, email=other)) == (410, "invitation_invalid")

    async def test_asking_tells_nothing(self, office: Office, sign_up: SignUp) -> None:
        _, token = await self.make(office, max_uses=10)
        known = (await sign_up()).email
        invited = some_address()
        await office.invite(invited)
        seen = []
        for email in (known, some_address(), office.owner.email, invited):
            with statements() as executed:
                answer = await office.call("ask", token, email=email)
            seen.append((answer.status_code, answer.content, answer.headers.keys(), executed))
        # The same answer, by the same statements: no account, member or invitation is looked at.
        assert all(each == seen[0] for each in seen[1:])
        assert seen[0][:2] == (202, b"")
        await office.runner.run_due()
        assert [len(office.mails.to(email)) for email in (known, office.owner.email, invited)] == [
            2,
            1,
            1,
        ]

    async def test_what_is_mailed_ends_no_later_than_the_link(self, office: Office) -> None:
        end = (utc_now() + timedelta(days=2)).replace(microsecond=0)
        _, token = await self.make(office, expires_at=end.isoformat())
        email = some_address()
        assert (await office.call("ask", token, email=email)).status_code == 202
        await office.runner.run_due()
        (mailed,) = await office.listed()
        assert mailed["email"] == email
        assert datetime.fromisoformat(mailed["expires_at"]) == end

    @pytest.mark.usefixtures("new_hour")
    async def test_a_link_causes_only_so_many_mails_a_day(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asks, "MAILS_PER_LINK", 2)
        _, token = await self.make(office)
        answers = [await office.call("ask", token, email=some_address()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        _, other = await self.make(office)
        answer = await office.call("ask", other, email=some_address())
        assert answer.status_code == 202
