"""Puts another tenant's things into every place of every call: they must seem not to exist.

The places come from the OpenAPI document, so a new route is in the matrix automatically.
"""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from proof.fuzz.known import UUID as IS_UUID
from proof.fuzz.settings import body_members, is_id, resolved
from proof.fuzz.world import PHOTO, World
from stagify.pagination import CURSOR, decode_cursor, encode_cursor
from stagify_local.customer import SESSION_COOKIE

# Reads before writes before deletions, because a call may need what a later one destroys.
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One call of the document."""

    method: str
    path: str
    spec: dict[str, Any] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Place:
    """Where a call takes a value: `location` is path, query, header, cookie or body."""

    operation: Operation
    location: str
    name: str
    takes_id: bool

    def __str__(self) -> str:
        return f"{self.operation} {self.location}.{self.name}"


def operations(document: dict[str, Any]) -> list[Operation]:
    """All calls, in an order that can be run."""
    found = [
        Operation(method, path, spec)
        for path, item in document["paths"].items()
        for method, spec in item.items()
    ]
    return sorted(found, key=_turn)


def _turn(operation: Operation) -> tuple[int, int]:
    # What is deleted within a thing comes before the thing.
    depth = -operation.path.count("/") if operation.method == "delete" else 0
    return METHODS.index(operation.method), depth


def places(document: dict[str, Any], operation: Operation) -> Iterator[Place]:
    """All places of a call."""
    for parameter in operation.spec.get("parameters", []):
        yield Place(operation, parameter["in"], parameter["name"], is_id(parameter["schema"]))
    for member, schema in body_members(document, operation.spec).items():
        yield Place(operation, "body", member, is_id(schema))


# What is removed again as soon as it is made, by its name in the path.
MADE: dict[str, Callable[[httpx.Response], str]] = {
    "POST /v1/roles": lambda answer: answer.json()["key"],
    "POST /v1/service-accounts": lambda answer: answer.json()["id"],
    "POST /v1/sso/connections/{connection_id}/domains": lambda answer: json.loads(
        answer.request.content
    )["domain"],
}


class Matrix:
    """Sends calls with a value in one place, and whatever else they need in the others."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.document = world.document

    def send(self, http: httpx.Client, party: str, place: Place, value: str) -> httpx.Response:
        """The call of `place` with `value` there, and the things of `party` elsewhere."""
        if "upload_id" in body_members(self.document, place.operation.spec):
            self._world.renew_upload(party)
        if "current_password" in body_members(self.document, place.operation.spec):
            self._world.forgive(party)
        if _asks_for_step_up(place.operation):
            self._world.step_up(party)
        answer = self.call(http, party, place.operation, {(place.location, place.name): value})
        name_of = MADE.get(str(place.operation))
        if answer.is_success and name_of is not None:
            # Its name would be taken, or known, or there would be too many, when the next place is tried.
            name = name_of(answer)
            if name not in self._world.things[party].values():
                http.delete(f"{answer.request.url.path}/{name}").raise_for_status()
        if answer.is_success and SESSION_COOKIE in answer.headers.get("set-cookie", ""):
            # It goes on under another token.
            self._world.forgive(party)
        return answer

    def call(
        self,
        http: httpx.Client,
        party: str,
        operation: Operation,
        values: dict[tuple[str, str], str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A call that is valid but for `values`."""
        values = values or {}
        path, query, sent = operation.path, {}, dict(headers or {})
        for parameter in operation.spec.get("parameters", []):
            key = (parameter["in"], parameter["name"])
            if key[0] == "path":
                value = values.get(key) or self._thing(party, key[1])
                path = path.replace(f"{{{key[1]}}}", quote(value, safe=""))
            elif key in values and key[0] == "query":
                query[key[1]] = values[key]
            elif key in values:
                sent[key[1]] = values[key]
        body = self._body(party, operation, values)
        return http.request(operation.method, path, params=query, headers=sent, json=body)

    def _body(
        self, party: str, operation: Operation, values: dict[tuple[str, str], str]
    ) -> dict[str, Any] | None:
        content = operation.spec.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        given = {name: value for (place, name), value in values.items() if place == "body"}
        schema = content["application/json"]["schema"]
        # Of several forms, the first that has the places of all values.
        forms = [resolved(self.document, form) for form in schema.get("anyOf", [schema])]
        form = next(form for form in forms if given.keys() <= form["properties"].keys())
        return {**self._example(party, form), **given}

    def _example(self, party: str, schema: dict[str, Any], name: str = "") -> Any:
        """A value the schema allows: its example, else the least it asks for."""
        schema = resolved(self.document, schema)
        if schema.get("format") == "email":
            # Log-ins are counted by address.
            return f"{secrets.token_hex(6)}@example.com"
        if "const" in schema:
            return schema["const"]
        for keyword in ("examples", "enum"):
            if keyword in schema:
                return schema[keyword][0]
        match schema.get("type"):
            case "object":
                properties = schema.get("properties", {})
                return {
                    member: self._example(party, properties[member], member)
                    for member in schema.get("required", [])
                }
            case "integer":
                return len(PHOTO)
            case "string" if is_id(schema):
                return self._thing(party, name)
        raise AssertionError(f"give {name!r} an example in its schema: {schema}")

    def _thing(self, party: str, name: str) -> str:
        return self._world.things[party].get(name, f"{name}-{secrets.token_hex(4)}")


def _asks_for_step_up(operation: Operation) -> bool:
    """Whether a session has to be young for the call."""
    refusals = operation.spec["responses"].get("403", {}).get("content", {})
    return any("step_up_required" in kind.get("examples", {}) for kind in refusals.values())


def absent(value: str) -> str:
    """A value of the same form, and of the same age if it has one, that does not exist."""
    if IS_UUID.fullmatch(value):
        return f"{value[:24]}{secrets.token_hex(6)}"
    if CURSOR.fullmatch(value):
        return encode_cursor(UUID(absent(str(decode_cursor(value)))))
    if "@" in value:
        # Its domain would tell of a tenant.
        return "@".join(map(absent, value.split("@")))
    # The first label of a domain or a slug, the last part of a secret.
    head, dot, rest = value.partition(".")
    return f"{head[:-6]}{secrets.token_hex(3)}{dot}{rest}"


def form_of(value: str) -> str:
    """What a value has in common with those that can be told from it only by whether they exist."""
    if IS_UUID.fullmatch(value):
        return "id"
    return "cursor" if CURSOR.fullmatch(value) else value


def appearance(answer: httpx.Response) -> tuple[Any, ...]:
    """The parts of an answer that could reveal whether something exists, without the values sent."""
    headers = sorted(set(answer.headers) - {"date", "connection"})
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/problem+json"):
        problem = {name: value for name, value in answer.json().items() if name != "request_id"}
        # What is wrong with a malformed value depends on that value alone.
        errors = [(each["field"], each["type"]) for each in problem.pop("errors", [])]
        return answer.status_code, headers, problem, errors
    body = shape(answer.json()) if kind == "application/json" and answer.content else kind
    return answer.status_code, headers, body


def shape(value: Any) -> Any:
    """The members and types of a JSON value."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return ["list", *sorted({repr(shape(item)) for item in value})]
    return type(value).__name__
