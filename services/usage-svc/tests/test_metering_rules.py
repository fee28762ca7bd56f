"""When a usage record counts."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from stagify.clock import utc_now
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from usage_svc.metering.rules import check_correction, check_record

# One moment for the whole module: the cases are made when it is imported, and run much later.
NOW, ID = utc_now(), new_id()


def record(**fields: Any) -> UsageRecorded:
    values = {
        "event_id": ID,
        "tenant_id": new_id(),
        "source": "staging-svc",
        "meter": "staging",
        "quantity": 1,
        "occurred_at": NOW,
    }
    return UsageRecorded.model_validate(values | fields)


def original(**fields: Any) -> dict[str, Any]:
    return {"meter": "staging", "quantity": 3, "corrects_id": None, "corrected": 0, **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"occurred_at": NOW - timedelta(days=400)},
        {"occurred_at": NOW + timedelta(minutes=4)},
        {"meter": "storage_bytes", "quantity": -500},
        {"quantity": -1, "corrects_id": new_id(), "dimensions": {"reason": "double render"}},
        {"dimensions": {"project_id": "p", "anything": "else"}},
    ],
)
def test_sound_record_counts(fields: dict[str, Any]) -> None:
    assert check_record(record(**fields), NOW) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"meter": "smiles"}, "unknown meter"),
        ({"source": None}, "no source"),
        ({"event_id": uuid4()}, "the id is not a UUIDv7"),
        ({"event_id": UUID(int=ID.int + (600_000 << 80))}, "the id is of the future"),
        ({"event_id": UUID(int=ID.int | (2**48 - 1) << 80)}, "the id is of the future"),
        ({"occurred_at": NOW + timedelta(minutes=6)}, "occurred in the future"),
        ({"quantity": 0}, "the quantity is zero or out of range"),
        ({"quantity": 2**63}, "the quantity is zero or out of range"),
        ({"quantity": -1}, "a negative quantity corrects a record, which it must name"),
        ({"dimensions": {"a": "x" * 300}}, "a dimension is too long or not text"),
        ({"dimensions": {"a": "\x00"}}, "a dimension is too long or not text"),
        ({"dimensions": {str(n): "x" for n in range(33)}}, "too many dimensions"),
        (
            {"quantity": -1, "corrects_id": new_id()},
            "a correction needs the dimension 'reason'",
        ),
    ],
)
def test_other_record_does_not(fields: dict[str, Any], reason: str) -> None:
    assert check_record(record(**fields), NOW) == reason


@pytest.mark.parametrize(
    ("quantity", "corrected", "reason"),
    [
        (-1, original(), None),
        (-3, original(), None),
        (-1, original(corrected=-2), None),
        (5, original(quantity=-5), None),
        (-1, None, "corrects an unknown record"),
        (-1, original(corrects_id=new_id()), "corrects a correction"),
        (-1, original(meter="api_calls"), "corrects a record of another meter"),
        (1, original(), "a correction has the opposite sign"),
        (-4, original(), "corrects more than was recorded"),
        (-2, original(corrected=-2), "corrects more than was recorded"),
    ],
)
def test_correction_takes_back_what_is_left(
    quantity: int, corrected: dict[str, Any] | None, reason: str | None
) -> None:
    event = record(quantity=quantity, corrects_id=new_id(), dimensions={"reason": "why"})
    assert check_correction(event, corrected) == reason
