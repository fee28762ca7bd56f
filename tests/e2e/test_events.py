"""The events of a customer on the topics of the running platform."""

import asyncio
import itertools
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from proof.customers import photo
from stagify.events import Event, decode
from stagify.events.identity import ApiKeyCreated, MemberJoined
from stagify.events.receipts import ReceiptIssued
from stagify.events.staging import ProjectCreated, ProjectDeleted, ProjectStaged, StagingStarted
from stagify.events.tenant import TenantActivated, TenantCreated, TenantSuspended
from stagify.events.usage import UsageRecorded
from stagify.topology import TOPICS
from stagify_local.customer import Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


async def all_events(servers: str) -> list[Event]:
    """Every event there is."""
    places = [TopicPartition(str(spec.name), n) for spec in TOPICS for n in range(spec.partitions)]
    reader = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await reader.start()
    try:
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        ends = await reader.end_offsets(places)
        found = []
        while [place for place in places if await reader.position(place) < ends[place]]:
            records = await reader.getmany(timeout_ms=1_000)
            found += [decode(each.value) for each in itertools.chain(*records.values())]
    finally:
        await reader.stop()
    return [event for event in found if isinstance(event, Event)]


def test_every_event_says_who_set_it_going(platform: Platform, customer: Customer) -> None:
    tenant_id = UUID(customer.read("/v1/tenant")["id"])
    project = customer.stage(photo())
    customer.settled(used=1)
    assert customer.http.delete(f"/v1/projects/{project['id']}").status_code == 204
    platform.run("tenant-svc", "suspend", customer.account.slug, "--reason", "unpaid")
    eventually(lambda: customer.http.get("/v1/tenant").status_code == 403, what="the suspension")
    servers = platform.process("staging-svc", "worker").command.environment[
        "KAFKA_BOOTSTRAP_SERVERS"
    ]

    def told() -> list[Event]:
        """The customer's events, once every service has answered the last of them."""
        events = [each for each in asyncio.run(all_events(servers)) if each.tenant_id == tenant_id]
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
    assert {(each.meter == "api_calls", each.actor) for each in used} == {
        (True, "service:gateway"),
        (False, program),
    }
    # The events about the photo carry the id of the request that asked for it.
    staging = (ProjectCreated, StagingStarted, ProjectStaged)
    (request_id,) = {each.request_id for each in events if isinstance(each, staging)}
    assert request_id
