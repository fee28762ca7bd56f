"""What is known of a credential ends, or changes, as soon as that is heard of."""

from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from gateway.testing.client import BEARER, KEY, Answer, request
from gateway.testing.identity import Identity
from gateway.testing.running import Running
from stagify.principal import Principal


class TestRevocation:
    @pytest.fixture
    async def admitted(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> Callable[[], Awaitable[Answer]]:
        """A request with a credential that has been accepted once."""
        self.found = identity.add(tenant, KEY)

        async def ask() -> Answer:
            return await live.get(request("/v1/projects", BEARER))

        assert (await ask()).status == 200
        return ask

    async def test_revoked_credential_is_refused_at_once(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        admitted: Callable[[], Awaitable[Answer]],
    ) -> None:
        del identity.known[tenant, KEY]
        await live.revoke(self.found["credential_id"])
        assert (await admitted()).status == 401

    async def test_look_up_under_way_does_not_restore_a_revoked_credential(
        self, live: Running, tenant: UUID, identity: Identity
    ) -> None:
        found = identity.add(tenant, KEY)

        async def revoke_meanwhile() -> None:
            await live.revoke(found["credential_id"])

        identity.meanwhile = revoke_meanwhile
        assert (await live.get(request("/v1/projects", BEARER))).status == 401
        assert (await live.get(request("/v1/projects", BEARER))).status == 401

    async def test_a_changed_member_is_looked_up_again(
        self,
        live: Running,
        tenant: UUID,
        identity: Identity,
        caller: Callable[[], Principal],
        admitted: Callable[[], Awaitable[Answer]],
    ) -> None:
        identity.known[tenant, KEY] = {**self.found, "permissions": ["usage:read"]}
        await live.reconsider(tenant, str(UUID(int=1)))
        assert (await admitted()).status == 200
        assert caller().permissions == {"projects:read"}
        await live.reconsider(tenant, self.found["user_id"])
        assert (await admitted()).status == 200
        assert caller().permissions == {"usage:read"}
        del identity.known[tenant, KEY]
        await live.reconsider(tenant, self.found["user_id"])
        assert (await admitted()).status == 401

    async def test_the_key_of_a_service_account_acts_for_nobody_and_changes_with_it(
        self, live: Running, tenant: UUID, identity: Identity, caller: Callable[[], Principal]
    ) -> None:
        account_id = str(uuid4())
        found = identity.add(tenant, KEY, user_id=None, service_account_id=account_id)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        assert (caller().kind, caller().user_id) == ("api_key", None)
        assert caller().subject == found["subject"]
        identity.known[tenant, KEY] = {**found, "permissions": ["usage:read"]}
        await live.reconsider(tenant, account_id)
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        assert caller().permissions == {"usage:read"}

    async def test_look_up_under_way_does_not_keep_what_a_member_was(
        self, live: Running, tenant: UUID, identity: Identity, caller: Callable[[], Principal]
    ) -> None:
        found = identity.add(tenant, KEY)

        async def change_meanwhile() -> None:
            identity.meanwhile = None
            identity.known[tenant, KEY] = {**found, "permissions": ["usage:read"]}
            await live.reconsider(tenant, found["user_id"])

        identity.meanwhile = change_meanwhile
        assert (await live.get(request("/v1/projects", BEARER))).status == 200
        assert caller().permissions == {"usage:read"}
        assert identity.asked == 2

    async def test_suspension_takes_effect_at_once(
        self, live: Running, tenant: UUID, admitted: Callable[[], Awaitable[Answer]]
    ) -> None:
        await live.add_tenant("acme", tenant_id=tenant, status="suspended")
        assert (await admitted()).code == "tenant_suspended"
        await live.add_tenant("acme", tenant_id=tenant)
        assert (await admitted()).status == 200

    async def test_new_plan_is_in_the_next_context(
        self,
        live: Running,
        tenant: UUID,
        admitted: Callable[[], Awaitable[Answer]],
        caller: Callable[[], Principal],
    ) -> None:
        assert caller().plan == "free"
        await live.add_tenant("acme", tenant_id=tenant, plan="pro")
        assert (await admitted()).status == 200
        assert caller().plan == "pro"
