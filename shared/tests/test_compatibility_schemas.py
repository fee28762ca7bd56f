"""Each way to break a reader of an event's schema is found, and growth is not taken for a break."""

from typing import Any

import pytest

from stagify.events.compatibility import breaking_schema_changes

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
UUID_STRING = {"type": "string", "format": "uuid"}
MAYBE = {"anyOf": [UUID_STRING, {"type": "null"}]}
COLOURS = {"type": "string", "enum": ["red", "green"]}
POINT: dict[str, Any] = {
    "type": "object",
    "properties": {"x": INTEGER, "y": INTEGER},
    "required": ["x"],
}


def holding(schema: Any, **other: Any) -> dict[str, Any]:
    """An event with one field of this schema."""
    return {"type": "object", "properties": {"field": schema}, **other}


BREAKS = {
    "removed": (holding(STRING), {"type": "object", "properties": {}}, "field: removed"),
    "renamed": (
        holding(STRING),
        {"type": "object", "properties": {"other": STRING}},
        "field: removed",
    ),
    "retyped": (holding(STRING), holding(INTEGER), "retyped from string to integer"),
    "typed at last": (holding({}), holding(STRING), "retyped from anything to string"),
    "of any type": (holding(STRING), holding({}), "retyped from string to anything"),
    "number for integer": (holding(INTEGER), holding({"type": "number"}), "retyped"),
    "null too": (holding(UUID_STRING), holding(MAYBE), "may be null now"),
    "null too, by a list of types": (
        holding(STRING),
        holding({"type": ["string", "null"]}),
        "may be null now",
    ),
    "never null": (holding(MAYBE), holding(UUID_STRING), "may no longer be null"),
    "another choice": (
        holding(MAYBE),
        holding({"anyOf": [*MAYBE["anyOf"], INTEGER]}),
        "may be integer now",
    ),
    "retyped choice": (
        holding(MAYBE),
        holding({"anyOf": [STRING, {"type": "null"}]}),
        "may no longer be string (uuid)",
    ),
    "value removed": (
        holding(COLOURS),
        holding({"type": "string", "enum": ["red"]}),
        'narrowed, ["green"] removed',
    ),
    "list closed": (holding(STRING), holding(COLOURS), "narrowed to"),
    "constant": (holding(STRING), holding({"type": "string", "const": "red"}), "narrowed to"),
    "other constant": (holding({"const": "1.0"}), holding({"const": "2.0"}), "narrowed"),
    "list of numbers opened": (holding({"enum": [1, 2]}), holding(INTEGER), "retyped"),
    "required": (holding(STRING), holding(STRING, required=["field"]), "field: required now"),
    "optional": (
        holding(STRING, required=["field"]),
        holding(STRING),
        "field: no longer always there",
    ),
    "new and required": (
        holding(STRING),
        {"type": "object", "properties": {"field": STRING, "new": STRING}, "required": ["new"]},
        "new: required now",
    ),
    "format": (holding(STRING), holding(UUID_STRING), "from format None to uuid"),
    "no format": (holding(UUID_STRING), holding(STRING), "from format uuid to None"),
    "pattern": (holding(STRING), holding({**STRING, "pattern": "^a"}), "narrowed by pattern"),
    "other pattern": (
        holding({**STRING, "pattern": "^a"}),
        holding({**STRING, "pattern": "^b"}),
        "narrowed by pattern",
    ),
    "minimum": (holding(INTEGER), holding({**INTEGER, "minimum": 0}), "narrowed by minimum 0"),
    "higher minimum": (
        holding({**INTEGER, "minimum": 0}),
        holding({**INTEGER, "minimum": 1}),
        "narrowed by minimum 1",
    ),
    "lower maximum": (
        holding({**INTEGER, "maximum": 9}),
        holding({**INTEGER, "maximum": 8}),
        "narrowed by maximum 8",
    ),
    "length": (holding(STRING), holding({**STRING, "maxLength": 9}), "narrowed by maxLength 9"),
    "shortest": (holding(STRING), holding({**STRING, "minLength": 1}), "narrowed by minLength 1"),
    "nested removed": (
        holding(POINT),
        holding({**POINT, "properties": {"x": INTEGER}}),
        "field.y: removed",
    ),
    "nested required": (
        holding(POINT),
        holding({**POINT, "required": ["x", "y"]}),
        "field.y: required now",
    ),
    "items retyped": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": INTEGER}),
        "field[]: retyped",
    ),
    "items narrowed": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": COLOURS}),
        "field[]: narrowed to",
    ),
    "items typed": (
        holding({"type": "array"}),
        holding({"type": "array", "items": STRING}),
        "field[]: retyped",
    ),
    "fewer items": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": STRING, "maxItems": 3}),
        "narrowed by maxItems 3",
    ),
    "unique items": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": STRING, "uniqueItems": True}),
        "narrowed by uniqueItems",
    ),
    "place of a tuple": (
        holding({"type": "array", "prefixItems": [STRING, STRING]}),
        holding({"type": "array", "prefixItems": [STRING, INTEGER]}),
        "field[1]: retyped",
    ),
    "shorter tuple": (
        holding({"type": "array", "prefixItems": [STRING, STRING]}),
        holding({"type": "array", "prefixItems": [STRING]}),
        "has 1 places, not 2",
    ),
    "no other members": (
        holding(POINT),
        holding({**POINT, "additionalProperties": False}),
        "takes no other members",
    ),
    "other members typed": (
        holding(POINT),
        holding({**POINT, "additionalProperties": STRING}),
        "other members narrowed",
    ),
    "mapping retyped": (
        holding({"type": "object", "additionalProperties": STRING}),
        holding({"type": "object", "additionalProperties": INTEGER}),
        "field.*: retyped",
    ),
    "mapping of anything": (
        holding({"type": "object", "additionalProperties": STRING}),
        holding({"type": "object"}),
        "field.*: retyped",
    ),
    "inside a definition": (
        holding({"$ref": "#/$defs/Point"}, **{"$defs": {"Point": POINT}}),
        holding(
            {"$ref": "#/$defs/Point"},
            **{"$defs": {"Point": {**POINT, "properties": {"x": INTEGER}}}},
        ),
        "field.y: removed",
    ),
    "inside an enum of a definition": (
        holding({"$ref": "#/$defs/Colour"}, **{"$defs": {"Colour": COLOURS}}),
        holding(
            {"$ref": "#/$defs/Shade"}, **{"$defs": {"Shade": {"type": "string", "enum": ["red"]}}}
        ),
        'narrowed, ["green"] removed',
    ),
    "inside a definition of itself": (
        holding(
            {"$ref": "#/$defs/Tree"},
            **{"$defs": {"Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}},
        ),
        holding(
            {"$ref": "#/$defs/Tree"},
            **{
                "$defs": {
                    "Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "maxItems": 2}
                }
            },
        ),
        "narrowed by maxItems 2",
    ),
    "a keyword not known": (holding(STRING), holding({**STRING, "not": {}}), "not changed"),
}

GROWTH = {
    "nothing": (holding(STRING), holding(STRING)),
    "new optional field": (
        holding(STRING),
        {"type": "object", "properties": {"field": STRING, "new": INTEGER}},
    ),
    "new optional field of an object inside": (
        holding(POINT),
        holding({**POINT, "properties": {**POINT["properties"], "z": COLOURS}}),
    ),
    "new value": (
        holding(COLOURS),
        holding({"type": "string", "enum": ["red", "blue", "green"]}),
    ),
    # Readers are told that vocabularies are open, and ours accept any value, so a closed list
    # promises no more than a string.
    "list opened": (holding(COLOURS), holding(STRING)),
    "list of a definition opened": (
        holding({"$ref": "#/$defs/Colour"}, **{"$defs": {"Colour": COLOURS}}),
        holding(STRING),
    ),
    "constant opened": (holding({"type": "string", "const": "red"}), holding(COLOURS)),
    "words": (holding(STRING), holding({**STRING, "title": "T", "description": "D"})),
    "order of the choices": (holding(MAYBE), holding({"anyOf": MAYBE["anyOf"][::-1]})),
    "choices written otherwise": (
        holding({"anyOf": [STRING, {"type": "null"}]}),
        holding({"type": ["null", "string"]}),
    ),
    "wider limits": (
        holding({**INTEGER, "minimum": 1, "maximum": 8}),
        holding({**INTEGER, "minimum": 0, "maximum": 9}),
    ),
    "no limits": (holding({**STRING, "maxLength": 9, "pattern": "^a"}), holding(STRING)),
    "other members": (holding({**POINT, "additionalProperties": False}), holding(POINT)),
    "a definition's name": (
        holding({"$ref": "#/$defs/A"}, **{"$defs": {"A": POINT}}),
        holding({"$ref": "#/$defs/B"}, **{"$defs": {"B": POINT}}),
    ),
    "a definition of itself": (
        holding(
            {"$ref": "#/$defs/Tree"},
            **{"$defs": {"Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}},
        ),
        holding(
            {"$ref": "#/$defs/Wood"},
            **{"$defs": {"Wood": {"type": "array", "items": {"$ref": "#/$defs/Wood"}}}},
        ),
    ),
}


@pytest.mark.parametrize(("before", "after", "found"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_found(before: Any, after: Any, found: str) -> None:
    changes = breaking_schema_changes(before, after)
    assert any(found in change for change in changes), changes


@pytest.mark.parametrize(("before", "after"), GROWTH.values(), ids=GROWTH)
def test_growth_is_not_a_break(before: Any, after: Any) -> None:
    assert breaking_schema_changes(before, after) == []
