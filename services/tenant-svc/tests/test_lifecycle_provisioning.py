"""A tenant becomes active with the last of the receipts that it waits for."""

import itertools
from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from stagify.consumer import PoisonMessageError
from stagify.events.receipts import ReceiptIssued, UsageReceiptIssued
from stagify.events.tenant import TenantActivated
from tenant_testing import RECEIPTS, Deliver, Tenant, Upkeep, receipt


def stuck() -> float:
    value = REGISTRY.get_sample_value("stagify_tenants_stuck_in_provisioning")
    assert value is not None
    return value


@pytest.mark.parametrize("order", list(itertools.permutations(RECEIPTS)))
async def test_active_after_the_last_receipt_in_any_order(
    tenant: Tenant, order: tuple[type[ReceiptIssued], ...]
) -> None:
    await tenant.receive(*order[:-1])
    assert await tenant.statuses() == ["provisioning"]
    await tenant.receive(order[-1])
    assert await tenant.statuses() == ["provisioning", "active"]
    events = await tenant.events()
    assert sum(isinstance(event, TenantActivated) for event in events) == 1


async def test_second_delivery_changes_nothing(tenant: Tenant) -> None:
    receipts = [receipt(cls, tenant.id) for cls in RECEIPTS]
    for event in (*receipts, *receipts, *reversed(receipts)):
        await tenant.deliver(event)
    assert await tenant.statuses() == ["provisioning", "active"]


async def test_three_receipts_of_one_service_are_not_enough(tenant: Tenant) -> None:
    for _ in RECEIPTS:
        await tenant.receive(UsageReceiptIssued)
    assert await tenant.statuses() == ["provisioning"]


@pytest.mark.parametrize("action", ["suspended", "some step not known here"])
async def test_receipts_of_other_steps_do_not_activate(tenant: Tenant, action: str) -> None:
    await tenant.receive(*RECEIPTS, action=action)
    assert await tenant.statuses() == ["provisioning"]


async def test_receipt_for_an_unknown_tenant_is_poison(deliver: Deliver, tenant_id: UUID) -> None:
    with pytest.raises(PoisonMessageError):
        await deliver(receipt(UsageReceiptIssued, tenant_id))


async def test_stuck_tenants_show_in_the_metric(tenant: Tenant, upkeep: Upkeep) -> None:
    await upkeep()
    before = stuck()
    await tenant.age(timedelta(minutes=11))
    await upkeep()
    assert stuck() == before + 1
