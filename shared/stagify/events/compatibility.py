"""Whether a new contract keeps what the old one promised.

Two kinds of readers depend on a schema. Older code must understand what is sent now, so nothing that
it reads may be removed or change its meaning. Today's code must understand what was sent before, for as
long as topics keep it, so nothing may become stricter. Only growth is left: new types, new optional
fields, wider limits, and vocabularies that open. A closed list of strings may gain values or become
any string: readers are told that vocabularies are open, and ours treat them that way.

A keyword that this module does not know may not change at all.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

Schema = Mapping[str, Any]
# The contract's files by their path below docs/events.
Contract = Mapping[str, bytes]

# Types that were removed from the contract before any such event was sent: no topic has one.
NEVER_SENT = frozenset({"stagify.tenant.deletion_requested.v1"})

_NOTES = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples"})
_LOWER_LIMITS = (
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
    "minContains",
)
_UPPER_LIMITS = (
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
    "maxContains",
)
# Rules that may be dropped, but neither added nor changed.
_RULES = ("pattern", "multipleOf", "uniqueItems", "propertyNames", "contains")
_COMPARED = frozenset(
    {
        "$ref",
        "type",
        "format",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "anyOf",
        *_LOWER_LIMITS,
        *_UPPER_LIMITS,
        *_RULES,
    }
)


def breaking_changes(before: Contract, after: Contract) -> list[str]:
    """The promises of `before` that `after` breaks, each as place and change; empty if it only grows."""
    return [*_broken_schemas(before, after), *_moved_types(before, after)]


def _broken_schemas(before: Contract, after: Contract) -> Iterator[str]:
    for path in sorted(before):
        if not path.startswith("schemas/"):
            continue
        event_type = path.removeprefix("schemas/").removesuffix(".json")
        if path in after:
            old, new = orjson.loads(before[path]), orjson.loads(after[path])
            for change in breaking_schema_changes(old, new):
                yield f"{event_type}: {change}"
        elif event_type not in NEVER_SENT:
            yield f"{event_type}: removed"


def _moved_types(before: Contract, after: Contract) -> Iterator[str]:
    """A type must stay on its topic, where its readers look for it."""
    old, new = _channels(before), _channels(after)
    for name, channel in sorted(old.items()):
        if name in new and new[name] != channel:
            yield f"{name}: moved from {channel} to {new[name]}"


def _channels(contract: Contract) -> dict[str, str]:
    document = orjson.loads(contract.get("asyncapi.json", b"{}"))
    return {
        name: address
        for address, channel in document.get("channels", {}).items()
        for name in channel["messages"]
    }


def breaking_schema_changes(before: Schema, after: Schema) -> list[str]:
    """The promises of JSON Schema `before` that `after` breaks."""
    return list(_Comparison(before, after).compare(before, after, ""))


class _Comparison:
    """Compares two documents, whose parts may refer to their `$defs`."""

    def __init__(self, before: Schema, after: Schema) -> None:
        self._before = before
        self._after = after
        # Pairs being compared: a definition may contain itself.
        self._open: set[tuple[str, str]] = set()

    def compare(self, old: Schema | bool, new: Schema | bool, place: str) -> Iterator[str]:
        """The promises of `old` that `new` breaks, both at `place`."""
        pair = (_canonical(old), _canonical(new))
        if pair in self._open:
            return
        self._open.add(pair)
        try:
            one, other = _resolved(old, self._before), _resolved(new, self._after)
            yield from self._compare(one, other, place)
        finally:
            self._open.discard(pair)

    def _compare(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        old_choices, new_choices = _choices(old), _choices(new)
        if len(old_choices) > 1 or len(new_choices) > 1:
            yield from self._compare_choices(old_choices, new_choices, place)
            return
        where = place or "the event"
        if old.get("type") != new.get("type") and not _opens(old, new):
            yield f"{where}: retyped from {_kind(old)} to {_kind(new)}"
            return
        yield from _vocabulary(old, new, where)
        yield from _limits(old, new, where)
        yield from self._properties(old, new, place)
        yield from self._rest(old, new, place)
        yield from self._items(old, new, place)
        for keyword in sorted((old.keys() | new.keys()) - _NOTES - _COMPARED):
            if old.get(keyword) != new.get(keyword):
                yield f"{where}: {keyword} changed"

    def _compare_choices(self, old: list[Schema], new: list[Schema], place: str) -> Iterator[str]:
        """Each old choice must still be there, and no other may be added: no reader would know it."""
        where, left = place or "the event", list(new)
        for choice in old:
            found = next((c for c in left if not any(self.compare(choice, c, place))), None)
            if found is None:
                yield f"{where}: may no longer be {_kind(choice)}"
            else:
                left.remove(found)
        for choice in left:
            yield f"{where}: retyped, may be {_kind(choice)} now"

    def _properties(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        new_properties = new.get("properties", {})
        for name, schema in old.get("properties", {}).items():
            inner = f"{place}.{name}" if place else name
            if name in new_properties:
                yield from self.compare(schema, new_properties[name], inner)
            else:
                yield f"{inner}: removed"
        before, after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(after - before):
            yield f"{place}.{name}: required now".lstrip(".")
        for name in sorted((before - after) & new_properties.keys()):
            yield f"{place}.{name}: no longer always there".lstrip(".")

    def _rest(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        """Members that the schema does not name, as in a mapping."""
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        where = place or "the event"
        if before == after or before is False:
            return
        if after is False:
            yield f"{where}: takes no other members any more"
        elif before is True:
            yield f"{where}: other members narrowed"
        elif after is True:
            yield f"{where}.*: retyped from {_kind(before)} to anything"
        else:
            yield from self.compare(before, after, f"{where}.*")

    def _items(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        inner = f"{place}[]"
        if "items" in old or "items" in new:
            yield from self.compare(old.get("items", True), new.get("items", True), inner)
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(before) != len(after):
            yield f"{inner}: has {len(after)} places, not {len(before)}"
            return
        for number, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from self.compare(one, other, f"{place}[{number}]")


def _vocabulary(old: Schema, new: Schema, where: str) -> Iterator[str]:
    before, after = _values(old), _values(new)
    if before is None and after is not None:
        yield f"{where}: narrowed to {_shown(after)}"
    elif (
        before is not None and after is not None and (gone := [v for v in before if v not in after])
    ):
        yield f"{where}: narrowed, {_shown(gone)} removed"
    elif before is not None and after is None and not _opens(old, new):
        yield f"{where}: retyped from a list of values that are no strings"


def _limits(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for keywords, is_stricter in ((_LOWER_LIMITS, _is_more), (_UPPER_LIMITS, _is_less)):
        for keyword in keywords:
            if keyword in new and is_stricter(new[keyword], old.get(keyword)):
                yield f"{where}: narrowed by {keyword} {new[keyword]}"
    for keyword in _RULES:
        if keyword in new and new[keyword] != old.get(keyword):
            yield f"{where}: narrowed by {keyword} {_shown(new[keyword])}"
    # A format says what the string is, so it may not even be dropped.
    if old.get("format") != new.get("format"):
        yield f"{where}: retyped from format {old.get('format')} to {new.get('format')}"


def _is_more(new: float, old: float | None) -> bool:
    return old is None or new > old


def _is_less(new: float, old: float | None) -> bool:
    return old is None or new < old


def _opens(old: Schema, new: Schema) -> bool:
    """Whether a closed list of strings has become any string."""
    values = _values(old)
    closed = values is not None and all(isinstance(value, str) for value in values)
    return closed and new.get("type") == "string"


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _choices(schema: Schema) -> list[Schema]:
    """The alternatives of a schema, whichever way they are written; if it has none, the schema itself."""
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": each} for each in schema["type"]]
    if "anyOf" in schema:
        outer = {name: value for name, value in schema.items() if name != "anyOf"}
        return [{**outer, **choice} for choice in schema["anyOf"]]
    return [schema]


def _resolved(schema: Schema | bool, document: Schema) -> Schema:
    if isinstance(schema, bool):
        return {} if schema else {"not": {}}
    while "$ref" in schema:
        target = document["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        schema = {**target, **{name: schema[name] for name in schema if name != "$ref"}}
    return schema


def _kind(schema: Schema) -> str:
    kind = str(schema.get("type", "anything"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()


def _canonical(schema: Schema | bool) -> str:
    return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS).decode()
