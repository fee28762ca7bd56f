"""The checks of `make faults` notice each way in which a platform could break its promises."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from proof.customers import new_account
from proof.faults.explanation import explained
from proof.faults.handled import HANDLED
from proof.faults.history import Command, History, Project, Tenant
from proof.faults.invariants import DELETED, PLAN, STAGED, USAGE, Picture, differences
from proof.faults.world import Message

TENANT, OWNER = UUID(int=1), UUID(int=2)
STAYS, GOES, BROKEN = UUID(int=3), UUID(int=4), UUID(int=5)
CREATED, STARTED = "stagify.project.created.v1", "stagify.staging.started.v1"
FAILED = "stagify.staging.failed.v1"
OBJECT = f"tenants/{TENANT}/projects/{STAYS}/image"
SMALLER = f"tenants/{TENANT}/projects/{STAYS}/smaller"

Change = Callable[[History, dict[str, Any]], object]


def history() -> History:
    """One tenant on its second plan: a project that is there, one deleted, one interrupted."""
    made = History()
    tenant = Tenant(new_account(80, "first"), TENANT, ["free", "enterprise"])
    tenant.projects += [
        Project("stays", "first", "enterprise", STAYS),
        Project("goes", "first", "enterprise", GOES, is_deleted=True),
        Project("broken", "first", "enterprise", BROKEN),
    ]
    made.tenants["first"] = tenant
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    made.commands = [
        Command(number, "create", "first", project.name, begun)
        for number, project in enumerate(tenant.projects)
    ]
    return made


def message(number: int, type_: str, key: UUID = TENANT, **data: Any) -> Message:
    topic = "tenant.directory" if "directory" in type_ else f"{type_.split('.')[1]}.events"
    return Message(topic, 0, number, str(key), str(UUID(int=number)), type_, str(TENANT), data)


def staging(number: int, type_: str, project: UUID) -> Message:
    return message(number, type_, project, project_id=str(project))


MESSAGES = [
    message(100, "stagify.tenant.created.v1"),
    message(101, "stagify.tenant.activated.v1"),
    message(102, PLAN, plan="enterprise"),
    message(103, "stagify.staging.receipt_issued.v1", of_event_id=str(UUID(int=100))),
    *(staging(110 + index, type_, STAYS) for index, type_ in enumerate((CREATED, STARTED, STAGED))),
    *(
        staging(120 + index, type_, GOES)
        for index, type_ in enumerate((CREATED, STARTED, STAGED, DELETED))
    ),
    *(
        staging(130 + index, type_, BROKEN)
        for index, type_ in enumerate((CREATED, STARTED, FAILED))
    ),
    message(140, USAGE, meter="staging", dimensions={"project_id": str(STAYS)}),
    message(141, USAGE, meter="staging", dimensions={"project_id": str(GOES)}),
    message(142, USAGE, meter="api_calls"),
    message(143, USAGE, meter="storage_bytes"),
    message(
        150,
        "stagify.tenant.directory_entry.v1",
        slug="first",
        name="First",
        type="individual",
        status="active",
        plan="enterprise",
        region="eu",
    ),
]


def contents() -> dict[str, Any]:
    """The stores of a platform that did everything that `history` was told."""
    record = {"tenant_id": TENANT, "source": "s", "quantity": 1}
    ledger = [
        record | {"id": UUID(int=140), "meter": "staging"},
        record | {"id": UUID(int=141), "meter": "staging"},
        record | {"id": UUID(int=142), "meter": "api_calls", "quantity": 7},
        record | {"id": UUID(int=143), "meter": "storage_bytes", "quantity": 10},
    ]
    used = {"staging": 2, "api_calls": 7, "storage_bytes": 10}
    project = {"tenant_id": TENANT, "failure_code": None}
    return {
        "messages": list(MESSAGES),
        "dead_letters": [],
        "objects": {OBJECT: 10, SMALLER: 3},
        "tenants": [
            {
                "tenant_id": TENANT,
                "slug": "first",
                "name": "First",
                "type": "individual",
                "status": "active",
                "plan": "enterprise",
                "region": "eu",
            }
        ],
        "users": [{"id": OWNER, "email": "owner@first.example.com"}],
        "members": [{"tenant_id": TENANT, "user_id": OWNER, "role": "owner"}],
        "projects": [
            project | {"id": STAYS, "status": "staged"},
            project | {"id": BROKEN, "status": "failed", "failure_code": "staging_interrupted"},
        ],
        "images": [{"tenant_id": TENANT, "project_id": STAYS, "object_key": OBJECT, "size": 10}],
        "renditions": [{"tenant_id": TENANT, "object_key": SMALLER, "size": 3}],
        "uploads": [],
        "intents": [],
        "ledger": ledger,
        "quotas": [
            {"tenant_id": TENANT, "meter": meter, "used": number, "reserved": 0}
            for meter, number in used.items()
        ],
        "counters": [
            {"tenant_id": TENANT, "meter": meter, "granularity": granularity, "quantity": number}
            for meter, number in used.items()
            for granularity in ("day", "month")
        ],
        "subscriptions": [{"tenant_id": TENANT, "slug": "first", "plan": "enterprise"}],
    }


def picture(stores: dict[str, Any]) -> Picture:
    """The picture as it would be taken; the inboxes match the messages, unless `stores` say more."""
    inboxes = {
        consumer: [
            {"consumer": consumer, "event_id": UUID(each.event_id)}
            for each in MESSAGES
            if each.type in types
        ]
        for consumer, types in HANDLED.items()
    }
    return Picture(
        messages=stores["messages"],
        dead_letters=stores["dead_letters"],
        objects=stores["objects"],
        rows=inboxes | stores,
    )


def found(change: Change, *, attempts_lost: int = 3) -> list[str]:
    """The texts of the differences after a change."""
    model, stores = history(), contents()
    change(model, stores)
    seen = differences(model, picture(stores), attempts_lost=attempts_lost)
    return [f"{each.key}: {each.text}" for each in seen]


def test_a_platform_that_kept_its_word_has_no_differences() -> None:
    assert not found(lambda model, stores: None)


def without(number: int) -> Change:
    """An event that never reached its topic."""

    def change(model: History, stores: dict[str, Any]) -> None:
        stores["messages"] = [each for each in MESSAGES if each.offset != number]

    return change


def later(number: int) -> Change:
    """An event that came after all others."""

    def change(model: History, stores: dict[str, Any]) -> None:
        stores["messages"].sort(key=lambda each: each.offset == number)

    return change


def doubled(number: int, new_id: int | None = None) -> Change:
    """An event that is there twice, or whose effect is."""

    def change(model: History, stores: dict[str, Any]) -> None:
        [event] = [each for each in MESSAGES if each.offset == number]
        other = event.event_id if new_id is None else str(UUID(int=new_id))
        stores["messages"].append(replace(event, event_id=other))

    return change


def row(table: str, index: int = 0, **fields: Any) -> Change:
    """A row that says something else."""

    def change(model: History, stores: dict[str, Any]) -> None:
        stores[table][index] = stores[table][index] | fields

    return change


def twice(table: str, **fields: Any) -> Change:
    """A row that is there twice, or a second one like the first."""

    def change(model: History, stores: dict[str, Any]) -> None:
        stores[table].append(stores[table][0] | fields)

    return change


def gone(table: str, index: int = 0) -> Change:
    """A row that is not there."""

    def change(model: History, stores: dict[str, Any]) -> None:
        del stores[table][index]

    return change


def add_upload(*, is_filled: bool, reserved: int = 0, is_counted_alone: bool = False) -> Change:
    """An unused upload of four bytes, of which so many are reserved."""

    def change(model: History, stores: dict[str, Any]) -> None:
        stores["uploads"].append(
            {
                "tenant_id": TENANT,
                "object_key": "upload",
                "project_id": None,
                "discarded_at": None,
                "is_counted_alone": is_counted_alone,
                "size": 4,
            }
        )
        if is_filled:
            stores["objects"]["upload"] = 4
        stores["quotas"][2]["reserved"] = reserved

    return change


@pytest.mark.parametrize("is_filled", [False, True])
def test_an_unused_upload_holds_its_bytes(is_filled: bool) -> None:
    assert not found(add_upload(is_filled=is_filled, reserved=4))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (gone("projects"), "its row is None"),
        (twice("projects", id=GOES), "its row is {"),
        (twice("projects", id=UUID(int=9)), "nobody was told"),
        (row("projects", status="failed", failure_code="photo_undecodable"), "failed with photo_"),
        (row("projects", status="failed", failure_code="quota_exceeded"), "failed with quota_"),
        (row("projects", 1, status="staged"), "but its events are"),
        (without(110), "but its events are"),
        (without(112), "but its events are"),
        (later(110), "in the order"),
        (later(121), "in the order"),
        (doubled(112, new_id=200), "in the order"),
        (without(140), "used 0 times"),
        (doubled(140, new_id=200), "used 2 times"),
        (without(123), "but its events are"),
        (later(100), "in the order"),
        (without(102), "announced as"),
        (without(100), "is on no topic"),
        (doubled(100, new_id=200), "was not handled"),
        (doubled(103, new_id=200), "answered 2 times"),
        (gone("ledger"), "not both"),
        (twice("ledger"), "5 rows, 4 ids"),
        (row("ledger", quantity=2), "in the ledger"),
        (row("counters", quantity=3), "in the ledger"),
        (row("quotas", used=3), "2 expected"),
        (row("quotas", 1, used=6), "7 expected"),
        (row("quotas", 2, used=11), "10 expected"),
        (row("quotas", reserved=1), "still reserved"),
        (row("quotas", 2, reserved=1), "still reserved, of 0 to 0"),
        (add_upload(is_filled=True), "0 still reserved, of 4 to 4"),
        (add_upload(is_filled=False, reserved=5), "5 still reserved, of 0 to 4"),
        (add_upload(is_filled=True, is_counted_alone=True, reserved=4), "14 expected"),
        (gone("quotas"), "0 used"),
        (gone("tenants"), "not both"),
        (row("tenants", status="provisioning"), "expected plans"),
        (row("tenants", name="Other"), "the directory says"),
        (without(150), "the directory says None"),
        (row("subscriptions", plan="free"), "subscription is on free"),
        (twice("users", id=UUID(int=8)), "users ["),
        (gone("members"), "members []"),
        (lambda model, stores: stores["objects"].clear(), "has None bytes"),
        (lambda model, stores: stores["objects"].update(other=1), "without a row"),
        (lambda model, stores: stores["objects"].pop(SMALLER), "smaller: has None bytes"),
        (gone("renditions"), "smaller: is an object without a row"),
        (lambda model, stores: stores["intents"].append({"object_key": OBJECT}), "be deleted"),
        (lambda model, stores: stores["dead_letters"].append("letter"), "letter"),
        (
            lambda model, stores: model.tenants["first"].projects.append(
                Project("fourth", "first", "free", is_refused=True)
            ),
            "fourth was refused",
        ),
    ],
)
def test_each_broken_word_is_noticed(change: Change, text: str) -> None:
    assert any(text in each for each in found(change))


def test_an_event_that_is_sent_again_is_none() -> None:
    assert not found(doubled(110))


def test_projects_fail_only_after_as_many_lost_attempts() -> None:
    [failed] = found(lambda model, stores: None, attempts_lost=2)
    assert "only 2 attempts were lost" in failed


def test_a_difference_comes_with_the_history_of_its_key() -> None:
    model, stores = history(), contents()
    del stores["objects"][OBJECT]
    seen = picture(stores)
    [difference] = differences(model, seen, attempts_lost=3)
    line = f'{{"event":"job.ended","project_id":"{STAYS}"}}'
    text = explained(difference, model, seen, {"staging-svc jobs": f"other\n{line}"})
    assert "#0 create stays of first" in text
    assert "goes" not in text
    assert STAGED in text
    assert f"staging-svc jobs: {line}" in text
    assert "other" not in text
