"""The contract with all readers: examples that never change, and documents that follow the code."""

from pathlib import Path
from uuid import UUID

import jsonschema
import orjson
import pytest

from stagify.events import (
    Event,
    UndecodableEventError,
    UnknownEvent,
    decode,
    encode,
    registered_events,
)
from stagify.events.contract import contract_files, event_schema
from stagify.events.tenant import TenantSuspended
from stagify.topology import TOPICS

EXAMPLES = sorted((Path(__file__).parent / "event_examples").glob("*.json"))
CONTRACT = Path(__file__).parents[2] / "docs" / "events"


def type_of(example: Path) -> str:
    """The event type of an example. In a file name, `+` comes before what older examples do not have."""
    return example.stem.partition("+")[0]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
class TestExample:
    def test_still_decodes(self, path: Path) -> None:
        event = decode(path.read_bytes())
        assert isinstance(event, Event)
        assert event.event_type == type_of(path)

    def test_is_what_we_still_send(self, path: Path) -> None:
        event = decode(path.read_bytes())
        assert isinstance(event, Event)
        assert event.source is not None
        # New optional fields may appear; what was there keeps its name and value.
        sent, kept = orjson.loads(encode(event, event.source)), orjson.loads(path.read_bytes())
        assert {name: sent["data"][name] for name in kept["data"]} == kept["data"]
        assert {name: sent[name] for name in kept if name != "data"} == {
            name: value for name, value in kept.items() if name != "data"
        }

    def test_matches_its_schema(self, path: Path) -> None:
        schema = event_schema(registered_events()[type_of(path)])
        jsonschema.validate(
            orjson.loads(path.read_bytes()),
            schema,
            format_checker=jsonschema.FormatChecker(),
        )


def test_every_event_has_an_example() -> None:
    assert {type_of(path) for path in EXAMPLES} == set(registered_events())


@pytest.mark.parametrize("name", sorted(contract_files()))
def test_the_published_contract_follows_the_classes(name: str) -> None:
    assert (CONTRACT / name).read_bytes() == contract_files()[name], "run: make contract"


def test_every_schema_belongs_to_an_event() -> None:
    schemas = {f"schemas/{path.name}" for path in (CONTRACT / "schemas").iterdir()}
    assert schemas == contract_files().keys() - {"asyncapi.json"}


def test_every_event_travels_on_a_declared_topic() -> None:
    assert {cls.topic for cls in registered_events().values()} == {spec.name for spec in TOPICS}


class TestDecode:
    def example(self) -> dict[str, object]:
        document: dict[str, object] = orjson.loads(
            (Path(__file__).parent / "event_examples/stagify.tenant.suspended.v1.json").read_bytes()
        )
        return document

    def test_an_unknown_type_is_not_an_error(self) -> None:
        document = {**self.example(), "type": "stagify.tenant.teleported.v1"}
        assert isinstance(decode(orjson.dumps(document)), UnknownEvent)

    def test_unknown_fields_are_ignored(self) -> None:
        document = {**self.example(), "newattribute": 1, "data": {"reason": "x", "new": True}}
        assert isinstance(decode(orjson.dumps(document)), TenantSuspended)

    @pytest.mark.parametrize(
        "change",
        [{"id": "7"}, {"tenantid": None}, {"tenantid": "x"}, {"data": {}}, {"time": "soon"}],
        ids=str,
    )
    def test_a_broken_event_is_poison(self, change: dict[str, object]) -> None:
        with pytest.raises(UndecodableEventError):
            decode(orjson.dumps({**self.example(), **change}))

    @pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"1", b"null", b'{"a":'])
    def test_anything_else_is_poison(self, value: bytes) -> None:
        with pytest.raises(UndecodableEventError):
            decode(value)

    def test_the_reason_does_not_repeat_the_values(self) -> None:
        with pytest.raises(UndecodableEventError) as caught:
            decode(orjson.dumps({**self.example(), "id": "secret-value"}))
        assert "secret-value" not in str(caught.value)


def test_a_tenant_event_without_tenant_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="tenant_id"):
        TenantSuspended.model_validate({"reason": "x"})


def test_the_key_is_the_aggregate(tenant_id: UUID) -> None:
    assert TenantSuspended(tenant_id=tenant_id, reason="x").key == str(tenant_id)
