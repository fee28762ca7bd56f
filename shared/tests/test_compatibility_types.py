"""A type of event may be added to the contract, but not changed, moved or removed."""

from collections.abc import Mapping

import orjson

from stagify.events import registered_events
from stagify.events.compatibility import NEVER_SENT, breaking_changes
from stagify.events.contract import contract_files

EVENT = "stagify.project.staged.v1"


def changed(path: str, old: bytes, new: bytes) -> Mapping[str, bytes]:
    """Today's contract with another text in one of its files."""
    files = contract_files()
    assert old in files[path]
    return {**files, path: files[path].replace(old, new)}


def test_a_field_that_is_gone_is_found() -> None:
    after = changed(f"schemas/{EVENT}.json", b'"image_id"', b'"picture_id"')
    changes = breaking_changes(contract_files(), after)
    assert f"{EVENT}: data.image_id: removed" in changes


def test_a_type_that_is_gone_is_found() -> None:
    after = contract_files()
    del after[f"schemas/{EVENT}.json"]
    assert breaking_changes(contract_files(), after) == [f"{EVENT}: removed"]


def test_a_type_on_another_topic_is_found() -> None:
    before, after = (orjson.loads(contract_files()["asyncapi.json"]) for _ in range(2))
    message = after["channels"]["staging.events"]["messages"].pop("ProjectStaged")
    after["channels"]["billing.events"]["messages"]["ProjectStaged"] = message
    old, new = ({"asyncapi.json": orjson.dumps(each)} for each in (before, after))
    assert breaking_changes(old, new) == [
        "ProjectStaged: moved from staging.events to billing.events"
    ]


def test_a_new_type_is_growth() -> None:
    before = contract_files()
    del before[f"schemas/{EVENT}.json"]
    assert breaking_changes(before, contract_files()) == []


def test_a_type_that_was_never_sent_may_go() -> None:
    assert NEVER_SENT & registered_events().keys() == set()
