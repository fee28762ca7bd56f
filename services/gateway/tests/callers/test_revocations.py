"""What an event says about credentials."""

from uuid import UUID

from gateway.callers.revocations import MemberOf, changed_member_of
from stagify.events.identity import (
    ApiKeyChanged,
    ApiKeyCreated,
    ServiceAccountRemoved,
    ServiceAccountUpdated,
)
from stagify.ids import new_id

TENANT, USER, ACCOUNT = new_id(), new_id(), new_id()


def changed(account: UUID | None) -> ApiKeyChanged:
    """A key that was made by a user, for somebody."""
    return ApiKeyChanged(
        tenant_id=TENANT,
        api_key_id=new_id(),
        user_id=USER,
        service_account_id=account,
        changed=["addresses"],
    )


def test_a_changed_key_is_its_members() -> None:
    assert changed_member_of(changed(None)) == MemberOf(TENANT, USER)
    assert changed_member_of(changed(ACCOUNT)) == MemberOf(TENANT, ACCOUNT)


def test_a_service_account_is_a_member() -> None:
    for event in (
        ServiceAccountUpdated(
            tenant_id=TENANT, service_account_id=ACCOUNT, role="viewer", changed=["role"]
        ),
        ServiceAccountRemoved(tenant_id=TENANT, service_account_id=ACCOUNT),
    ):
        assert changed_member_of(event) == MemberOf(TENANT, ACCOUNT)


def test_a_new_key_changes_nobody() -> None:
    event = ApiKeyCreated(tenant_id=TENANT, api_key_id=new_id(), created_by=USER)
    assert changed_member_of(event) is None
