"""Who connects a company's provider to a tenant, and how it comes to be believed."""

from datetime import timedelta
from typing import Any

import pytest

from identity_svc.parts import Parts
from identity_svc.sso.domain_proofs import LOOKS_PER_MINUTE, MINUTE
from identity_svc.sso.provider import WELL_KNOWN
from identity_svc.throttling.service import Limit
from identity_testing import Caller, Events, Member, SignUp, refusal
from seats_testing import SeatKeeper
from sso_testing import CLIENT_ID, CONNECTIONS, DOMAIN, RECORD, URL, Company, Idp, use_up
from stagify.clock import utc_now
from stagify.events.sso import (
    SsoConnectionChanged,
    SsoConnectionCreated,
    SsoConnectionDeleted,
    SsoConnectionTested,
)
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.testing import Clock


class TestWhoMayNot:
    async def test_only_owners_who_have_just_shown_who_they_are(
        self, company: Company, caller: Caller
    ) -> None:
        owner = company.owner
        await company.connect()
        now = int(utc_now().timestamp())
        key = caller.user(owner, kind="api_key", role=None, permissions=ALL_PERMISSIONS)
        for headers, expected in (
            (caller.anonymous(owner.tenant_id), (401, "authentication_required")),
            (caller.user(owner, role="admin", auth_time=now), (403, "permission_denied")),
            (key, (403, "person_required")),
            (caller.user(owner, auth_time=None), (403, "step_up_required")),
            (caller.user(owner, auth_time=now - 601), (403, "step_up_required")),
        ):
            for method, path, body in (
                ("POST", "", {"name": "x", "issuer": "https://x.example", "client_id": "x"}),
                ("PATCH", f"/{company.id}", {"name": "x"}),
                ("POST", f"/{company.id}/domains", {"domain": DOMAIN}),
                ("POST", f"/{company.id}/domains/{DOMAIN}/check", None),
                ("DELETE", f"/{company.id}/domains/{DOMAIN}", None),
                ("DELETE", f"/{company.id}", None),
            ):
                answer = await company.seats.client.request(
                    method, CONNECTIONS + path, json=body, headers=headers
                )
                assert refusal(answer) == expected, (method, path)

    async def test_another_tenants_connection_is_404(
        self, company: Company, caller: Caller, sign_up: SignUp
    ) -> None:
        await company.connect()
        await company.prove()
        other = caller.user(await sign_up(), auth_time=int(utc_now().timestamp()))
        for target in (company.id, new_id()):
            for method, path, body in (
                ("PATCH", f"/{target}", {"name": "x"}),
                ("DELETE", f"/{target}", None),
                ("POST", f"/{target}/domains", {"domain": DOMAIN}),
                ("POST", f"/{target}/domains/{DOMAIN}/check", None),
                ("DELETE", f"/{target}/domains/{DOMAIN}", None),
            ):
                answer = await company.seats.client.request(
                    method, CONNECTIONS + path, json=body, headers=other
                )
                assert refusal(answer) == (404, "sso_connection_not_found"), path
        listed = await company.seats.client.get(CONNECTIONS, headers=other)
        assert listed.json() == {"items": []}

    async def test_the_plan_decides(self, company: Company) -> None:
        company.seats.features = []
        assert refusal(await company.connect()) == (402, "sso_not_included")
        company.seats.is_away = True
        assert (await company.connect()).status_code == 503

    async def test_no_role_of_the_tenants_own_includes_it(self, company: Company) -> None:
        company.seats.features = ["custom_roles"]
        body = {"name": "IT", "permissions": ["sso:manage"]}
        assert refusal(await company.call("POST", "/v1/roles", body)) == (
            422,
            "permission_not_grantable",
        )

    async def test_there_is_a_limit(self, company: Company) -> None:
        for _ in range(5):
            assert (await company.connect()).status_code == 201
        assert refusal(await company.connect()) == (409, "too_many_sso_connections")


class TestConnecting:
    async def test_it_is_off_and_shows_no_secret(self, company: Company, events: Events) -> None:
        answer = await company.connect()
        made = answer.json()
        assert answer.status_code == 201
        assert made["redirect_uri"] == (f"http://app.localhost:8080/v1/sso/callback/{made['id']}")
        assert (made["is_enabled"], made["is_enforced"], made["tested_at"]) == (False, False, None)
        assert made["has_client_secret"] is True
        assert "s3cret" not in answer.text
        assert (await company.call("GET", CONNECTIONS)).json() == {"items": [made]}
        (created,) = await events(made["id"])
        assert isinstance(created, SsoConnectionCreated)
        assert created.actor == f"user:{company.owner.user_id}"
        # Nobody is offered it before it was tested and turned on.
        shown = await company.browser().request("GET", URL)
        assert shown.json() == {"items": [], "is_enforced": False}
        assert refusal(await company.start(company.browser())) == (404, "sso_connection_not_found")

    async def test_the_issuer_is_kept_as_the_provider_writes_it(self, company: Company) -> None:
        issuer = company.idp.issuer
        company.idp.metadata = {"issuer": f"{issuer}/"}
        for typed in (issuer, f"{issuer}/", f"{issuer}{WELL_KNOWN}", f" {issuer} "):
            answer = await company.connect(issuer=typed)
            assert answer.json()["issuer"] == f"{issuer}/", typed

    async def test_what_cannot_be_used_is_refused(self, company: Company) -> None:
        told: list[dict[str, Any]] = [
            {"issuer": "https://accounts.example.com"},
            {"issuer": None},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"token_endpoint": "file:///etc/passwd"},
            {"token_endpoint": None},
            {"jwks_uri": "http://user:secret@127.0.0.1/keys"},
            {"response_types_supported": ["id_token"]},
            {"code_challenge_methods_supported": ["plain"]},
            {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        ]
        for metadata in told:
            company.idp.metadata = metadata
            assert refusal(await company.connect()) == (422, "sso_provider_invalid"), metadata
        company.idp.metadata = {}
        for answer in (
            (404, b"{}"),
            (302, b""),
            (200, b"not JSON"),
            (200, b"[]"),
            (200, b'{"issuer": "' + b"x" * 300_000 + b'"}'),
        ):
            company.idp.raw[WELL_KNOWN] = answer
            assert refusal(await company.connect()) == (422, "sso_provider_invalid")

    async def test_nothing_near_is_reached(
        self, seats: SeatKeeper, caller: Caller, member: Member
    ) -> None:
        seats.features = ["sso"]
        headers = caller.user(member, auth_time=int(utc_now().timestamp()))
        for issuer in (
            "http://127.0.0.1:1",
            "https://127.0.0.1",
            "https://[::1]",
            "https://localhost",
            "https://10.0.0.1",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:10.0.0.1]",
            "https://[64:ff9b::a00:1]",
            "https://[fd00::1]",
            "https://0.0.0.0",
            "https://2130706433",
            "ftp://example.com",
            "https://",
            "https://x@127.0.0.1",
        ):
            body = {"name": "x", "issuer": issuer, "client_id": CLIENT_ID}
            answer = await seats.client.post(CONNECTIONS, json=body, headers=headers)
            assert refusal(answer) == (422, "sso_provider_invalid"), issuer


class TestChanging:
    @pytest.mark.parametrize("field", ["default_role", "group_roles"])
    async def test_no_provider_makes_owners(self, company: Company, field: str) -> None:
        await company.connect()
        for role, code in (("owner", "sso_role_not_allowed"), ("emperor", "unknown_role")):
            value: Any = role if field == "default_role" else [{"group": "g", "role": role}]
            assert refusal(await company.change(**{field: value})) == (422, code)

    async def test_changes_are_told(self, company: Company, events: Events) -> None:
        await company.connect()
        table = [{"group": "photographers", "role": "admin"}]
        changed = await company.change(
            name="Lake", group_roles=table, is_just_in_time=True, client_secret="new"
        )
        assert changed.json()["group_roles"] == table
        assert (await company.change(name="Lake")).status_code == 200
        (told,) = [
            each for each in await events(company.id) if isinstance(each, SsoConnectionChanged)
        ]
        assert told.changed == ["client_secret", "group_roles", "is_just_in_time", "name"]

    async def test_it_is_turned_on_after_a_test(self, company: Company, events: Events) -> None:
        await company.connect()
        assert refusal(await company.change(is_enabled=True)) == (409, "sso_not_tested")
        browser = await company.owner_browser()
        answer = await company.test(browser, email="ada@elsewhere.example", groups=["staff"])
        assert answer.status_code == 200
        assert answer.json() == {
            "outcome": "test",
            "connection_id": company.id,
            "email": "ada@elsewhere.example",
            "is_email_trusted": False,
            "groups": ["staff"],
            "role": "member",
        }
        # Whoever tests stays as they are.
        session = (await browser.request("GET", "/v1/session")).json()
        assert session["proof"]["amr"] == ["pwd"]
        assert (await company.change(is_enabled=True)).json()["is_enabled"] is True
        assert any(isinstance(each, SsoConnectionTested) for each in await events(company.id))
        shown = await company.browser().request("GET", URL)
        assert shown.json()["items"] == [{"id": company.id, "name": "Lakeside"}]

    @pytest.mark.parametrize("field", ["issuer", "client_id"])
    async def test_another_provider_begins_anew(
        self, company: Company, events: Events, field: str
    ) -> None:
        await company.open()
        browser = company.browser()
        assert (await company.enter(browser, "the-owner")).status_code == 201
        other = Idp(port=company.idp.port, metadata={"issuer": company.idp.issuer + "/x"})
        company.idp.metadata = other.metadata
        company.idp.raw["/x" + WELL_KNOWN] = company.idp.answer(WELL_KNOWN, {}, b"")
        value = company.idp.issuer + "/x" if field == "issuer" else "another"
        if field == "client_id":
            company.idp.metadata = {}
        changed = await company.change(**{field: value})
        assert changed.status_code == 200, changed.text
        told = changed.json()
        assert (told["is_enabled"], told["people"], told["tested_at"]) == (False, 0, None)
        # What it has let in is out.
        assert await browser.look_up() is None

    async def test_deleting_ends_what_it_let_in(self, company: Company, events: Events) -> None:
        await company.open()
        browser = company.browser()
        assert (await company.enter(browser, "the-owner")).status_code == 201
        path = f"{CONNECTIONS}/{company.id}"
        assert (await company.call("DELETE", path)).status_code == 204
        assert await browser.look_up() is None
        assert any(isinstance(each, SsoConnectionDeleted) for each in await events(company.id))
        assert refusal(await company.call("DELETE", path)) == (404, "sso_connection_not_found")

    async def test_turning_it_off_ends_what_it_let_in(self, company: Company) -> None:
        await company.open()
        browser, by_password = company.browser(), await company.owner_browser()
        assert (await company.enter(browser, "the-owner")).status_code == 201
        assert (await company.change(is_enabled=False)).status_code == 200
        assert await browser.look_up() is None
        assert await by_password.look_up() is not None


class TestDomains:
    async def test_a_domain_is_proved_by_its_dns(self, company: Company) -> None:
        await company.connect()
        path = f"{CONNECTIONS}/{company.id}/domains"
        added = await company.call("POST", path, {"domain": "@Büro.Example.com"})
        (told,) = added.json()["domains"]
        assert (told["domain"], told["proved_at"]) == ("büro.example.com", None)
        assert told["record_name"] == "_stagify.xn--bro-hoa.example.com"
        assert RECORD.fullmatch(told["record_value"])
        check = f"{path}/büro.example.com/check"
        assert refusal(await company.call("POST", check)) == (409, "sso_domain_not_proved")
        company.names.records[told["record_name"]] = told["record_value"] + "x"
        assert refusal(await company.call("POST", check)) == (409, "sso_domain_not_proved")
        company.names.records[told["record_name"]] = told["record_value"]
        (proved,) = (await company.call("POST", check)).json()["domains"]
        assert proved["proved_at"] is not None
        assert (await company.call("DELETE", f"{path}/büro.example.com")).status_code == 204
        assert refusal(await company.call("POST", check)) == (404, "sso_domain_not_found")

    async def test_the_record_of_one_tenant_proves_nothing_for_another(
        self, company: Company, caller: Caller, sign_up: SignUp
    ) -> None:
        await company.connect()
        await company.prove()
        thief = Company(company.seats, caller, company.idp, company.names, await sign_up())
        await thief.connect()
        path = f"{CONNECTIONS}/{thief.id}/domains"
        await thief.call("POST", path, {"domain": DOMAIN})
        answer = await thief.call("POST", f"{path}/{DOMAIN}/check")
        assert refusal(answer) == (409, "sso_domain_not_proved")

    @pytest.mark.usefixtures("new_hour")
    async def test_looking_is_limited(self, company: Company, parts: Parts) -> None:
        await company.connect()
        path = f"{CONNECTIONS}/{company.id}/domains"
        await company.call("POST", path, {"domain": DOMAIN})
        tenant_id = str(company.owner.tenant_id)
        subject = parts.digester.digest("throttle", "sso_domain", tenant_id)
        await use_up(parts, Limit("sso_domain_minute", subject, LOOKS_PER_MINUTE, MINUTE))
        answer = await company.call("POST", f"{path}/{DOMAIN}/check")
        assert refusal(answer) == (429, "too_many_attempts")


class TestEnforcing:
    async def test_only_after_a_log_in_of_the_same_owner(
        self, company: Company, clock: Clock
    ) -> None:
        await company.open()
        await company.set_up_factor()
        clock.advance(timedelta(minutes=11))
        assert refusal(await company.change(is_enforced=True)) == (409, "sso_not_tested")

    async def test_only_by_somebody_with_another_way_in(self, company: Company) -> None:
        await company.open()
        assert refusal(await company.change(is_enforced=True)) == (409, "sso_factor_needed")
        await company.set_up_factor()
        assert (await company.change(is_enforced=True)).json()["is_enforced"] is True
        shown = await company.browser().request("GET", URL)
        assert shown.json()["is_enforced"] is True

    async def test_it_ends_with_the_connection(self, company: Company) -> None:
        await company.open()
        await company.set_up_factor()
        assert (await company.change(is_enforced=True)).status_code == 200
        assert (await company.change(is_enabled=False)).json()["is_enforced"] is False
        shown = await company.browser().request("GET", URL)
        assert shown.json()["is_enforced"] is False
