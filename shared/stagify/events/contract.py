"""The contract for those who read our topics: JSON Schemas and an AsyncAPI 3.0 document.

They are generated from the event classes into docs/events, and a test compares them with the
committed files, so that reviewers see every change of the contract. A breaking change fails a test
(`compatibility`).
"""

from pathlib import Path
from typing import Any

import orjson

from stagify.events import registered_events
from stagify.events.base import ENVELOPE_FIELDS, Event, TenantEvent
from stagify.topology import TOPICS

UUID_SCHEMA = {"type": "string", "format": "uuid"}


def event_schema(cls: type[Event]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one event type, in the form it has in Kafka."""
    data = cls.model_json_schema(mode="serialization")
    properties = {k: v for k, v in data["properties"].items() if k not in ENVELOPE_FIELDS}
    required = sorted(
        name for name, info in cls.model_fields.items() if name in properties and info.is_required()
    )
    envelope: dict[str, Any] = {
        "specversion": {"const": "1.0"},
        "id": UUID_SCHEMA,
        "source": {"type": "string", "description": "The publishing service, such as /staging-svc"},
        "type": {"const": cls.event_type},
        "subject": {"type": "string", "description": f"The {cls.key_field}; also Kafka's key"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "tenantid": UUID_SCHEMA,
        "traceparent": {"type": "string"},
        "actor": {
            "type": "string",
            "description": "Who caused it: user:, api_key:, operator: or service: and an id, "
            "or system; absent on events older than this attribute",
        },
        "requestid": {
            "type": "string",
            "description": "The id of the request that caused it, if any",
        },
        "data": {"type": "object", "properties": properties, "required": required},
    }
    needed = ["specversion", "id", "source", "type", "subject", "time", "data"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:stagify:event:{cls.event_type}",
        "title": cls.__name__,
        "description": " ".join((cls.__doc__ or "").split()),
        "type": "object",
        "properties": envelope,
        "required": [*needed, "tenantid"] if issubclass(cls, TenantEvent) else needed,
        **({"$defs": data["$defs"]} if "$defs" in data else {}),
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document: every topic as a channel, and its messages."""
    events = sorted(registered_events().items())
    channels = {
        str(spec.name): {
            "address": spec.name,
            "description": _channel_description(spec.producer, spec.is_compacted),
            "messages": {
                cls.__name__: {"$ref": f"#/components/messages/{cls.__name__}"}
                for _, cls in events
                if cls.topic.value == spec.name
            },
        }
        for spec in TOPICS
    }
    operations = {
        f"receive_{name.replace('.', '_')}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{name}"},
        }
        for name in channels
    }
    messages = {
        cls.__name__: {
            "name": event_type,
            "title": cls.__name__,
            "summary": " ".join((cls.__doc__ or "").split()),
            "contentType": "application/cloudevents+json",
            "payload": {"$ref": f"./schemas/{event_type}.json"},
        }
        for event_type, cls in events
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "StagifyAI events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in structured JSON. Delivery is at least once: "
            "deduplicate by `id`. Ignore types and fields you do not know.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def contract_files() -> dict[str, bytes]:
    """Every file of the contract by its path below docs/events."""
    files = {
        f"schemas/{event_type}.json": event_schema(cls)
        for event_type, cls in registered_events().items()
    }
    return {
        name: _json(content) for name, content in {**files, "asyncapi.json": asyncapi()}.items()
    }


def write_contract(directory: Path) -> None:
    """Write the contract's files below `directory`, and delete schemas that belong to no event."""
    files = contract_files()
    for path in (directory / "schemas").glob("*.json"):
        if f"schemas/{path.name}" not in files:
            path.unlink()
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _channel_description(producer: str, is_compacted: bool) -> str:
    who = "any service" if producer == "*" else producer
    kept = "; compacted: the newest record of a key counts" if is_compacted else ""
    return f"Written by {who}{kept}."


def _json(content: dict[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
