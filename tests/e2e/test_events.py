"""The events of a customer on the topics of the running platform."""

import asyncio
from uuid import UUID

from proof.customers import photo
from stagify.events import Event
from stagify.events.identity import ApiKeyCreated, MemberJoined
from stagify.events.receipts import ReceiptIssued
from stagify.events.staging import ProjectCreated, ProjectDeleted, ProjectStaged, StagingStarted
from stagify.events.tenant import TenantActivated, TenantCreated, TenantSuspended
from stagify.events.usage import UsageRecorded
from stagify.testing.events import on_topics
from stagify.topology import TOPICS
from stagify_local.customer import Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


def test_every_event_says_who_set_it_going(platform: Platform, customer: Customer) -> None:
    tenant_id = UUID(customer.read("/v1/tenant")["id"])
    project = customer.stage(photo())
    customer.settled(used=1)
    assert customer.http.delete(f"/v1/projects/{project['id']}?permanently=true").status_code == 204
    platform.run("tenant-svc", "suspend", customer.account.slug, "--reason", "unpaid")
    eventually(lambda: customer.http.get("/v1/tenant").status_code == 403, what="the suspension")

    def told() -> list[Event]:
        """The customer's events, once every service has answered the last of them."""
        events = [
            each
            for each in asyncio.run(
                on_topics(platform.brokers, *(str(spec.name) for spec in TOPICS))
            )
            if each.tenant_id == tenant_id
        ]
        answered = [e for e in events if isinstance(e, ReceiptIssued) and e.action == "suspended"]
        return events if len(answered) == 3 else []

    events = eventually(told, what="the receipts of the suspension")
    (joined,) = (each for each in events if isinstance(each, MemberJoined))
    (key,) = (each for each in events if isinstance(each, ApiKeyCreated))
    person, program = f"user:{joined.user_id}", f"api_key:{key.api_key_id}"
    expected: dict[type[Event], str] = {
        TenantCreated: person,
        TenantActivated: person,
        MemberJoined: person,
        ApiKeyCreated: person,
        ProjectCreated: program,
        StagingStarted: program,
        ProjectStaged: program,
        ProjectDeleted: program,
        TenantSuspended: "system",
    }
    for cls, actor in expected.items():
        assert {each.actor for each in events if isinstance(each, cls)} == {actor}, cls
    used = [each for each in events if isinstance(each, UsageRecorded)]
    makers = {"api_calls": "service:gateway", "seats": person}
    assert makers.keys() | {"staging"} <= {each.meter for each in used}
    for each in used:
        assert each.actor == makers.get(each.meter, program), each.meter
    # The events about the photo carry the id of the request that asked for it.
    staging = (ProjectCreated, StagingStarted, ProjectStaged)
    (request_id,) = {each.request_id for each in events if isinstance(each, staging)}
    assert request_id
