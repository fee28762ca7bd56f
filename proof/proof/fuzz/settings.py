"""The configuration of schemathesis: the checks, the number of cases, and values worth trying."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from proof.fuzz.world import PHOTO, Actor, World

# The methods the gateway implements. It answers others by 501, as RFC 9110, section 9.1, says it
# should; `not_a_server_error` and `unsupported_method` do not know that case.
METHODS = ["get", "put", "post", "delete", "options", "patch"]
# What a request the schema allows may be answered besides schemathesis' own list: no quota left,
# an upload gone, a photo larger than this installation takes. A 422 has to have a reason that a
# schema cannot express, which `checks` looks at.
REFUSALS_OF_VALID = [
    "2xx",
    "3xx",
    "401",
    "402",
    "403",
    "404",
    "409",
    "410",
    "412",
    "413",
    "422",
    "429",
]
FORM = "application/x-www-form-urlencoded"
# Names and addresses to sign up with: random ones are rarely valid, and each can be used once.
SIGN_UPS = 200


@dataclass(frozen=True)
class Form:
    """How long and how repeatable a run is."""

    cases: int
    # The same seed generates the same calls, as far as the answers are the same.
    seed: int
    # Whether to try the limits of every schema besides random calls.
    has_edges: bool = True


# Every check of schemathesis is on. Two have nothing to judge: `missing_required_header`, as no
# call requires a header, and `object_level_authorization`, which compares identities of one host,
# while a tenant's identities are unknown on another's host; `test_isolation` compares those.
# `max_response_time` needs a bound, which a busy machine would break: bench/ measures times.
def settings(world: World, actor: Actor, form: Form, *, is_chained: bool) -> dict[str, Any]:
    """A schemathesis configuration for one actor: calls one by one, or chained by links."""
    return {
        "base-url": world.url(),
        "headers": {"Host": world.host(actor)},
        "seed": form.seed,
        # Without it, what an earlier run has learned would change this one.
        "cache": {"enabled": False},
        "request-timeout": 30,
        "max-redirects": 0,
        "max-stream-events": 3,
        "continue-on-failure": True,
        "generation": {
            "max-examples": form.cases,
            "database": "none",
        },
        "checks": {"positive_data_acceptance": {"expected-statuses": REFUSALS_OF_VALID}},
        "operations": [*_refusing_by_400(world.document)],
        "phases": {
            "examples": {"enabled": not is_chained},
            "coverage": {
                "enabled": form.has_edges and not is_chained,
                "unexpected-methods": METHODS,
            },
            "fuzzing": {"enabled": not is_chained},
            "stateful": {"enabled": is_chained},
        },
        **_values(world),
    }


def _refusing_by_400(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Calls that may answer 400 to what their schema allows. A slash, backslash, dot or NUL may not be escaped
    in a path, since two servers could read it differently, which concerns all calls with any text in their
    path. And a provider whose word of a log-out counts for nothing is told so by 400, whatever the reason
    (OpenID Connect Back-Channel Logout 1.0, 2.8); that is the call that takes a form."""
    statuses = [*REFUSALS_OF_VALID, "400"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            schemas = [
                each["schema"] for each in operation.get("parameters", []) if each["in"] == "path"
            ]
            has_free_path = any(
                schema == schema | {"type": "string"} and not is_id(schema) for schema in schemas
            )
            if has_free_path or FORM in operation.get("requestBody", {}).get("content", {}):
                yield {
                    "include-name": f"{method.upper()} {path}",
                    "checks": {"positive_data_acceptance": {"expected-statuses": statuses}},
                }


def _values(world: World) -> dict[str, Any]:
    """Values random search would not find: things that exist, own and foreign, and the catalog."""
    catalog = world.catalog
    values = {
        "body.room_type": [entry["key"] for entry in catalog["room_types"]],
        "body.style": [entry["key"] for entry in catalog["styles"]],
        "body.options.quality": [entry["key"] for entry in catalog["options"]["quality"]],
        "body.size": [len(PHOTO)],
        "body.role": ["admin", "member", "viewer"],
        "body.tenant.slug": [f"fuzz-{number}" for number in range(SIGN_UPS)],
        "body.email": [f"fuzz-{number}@example.com" for number in range(SIGN_UPS)],
    } | {place: world.candidates(place.partition(".")[2]) for place in id_places(world.document)}
    return {
        "dictionaries": {name.replace(".", "_"): {"values": them} for name, them in values.items()},
        "parameters": {
            name: {"dictionary": name.replace(".", "_"), "probability": 0.7} for name in values
        },
    }


def id_places(document: dict[str, Any]) -> Iterator[str]:
    """Where calls take ids: parameters and members of bodies, as schemathesis names them."""
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if is_id(parameter["schema"]):
                    yield f"{parameter['in']}.{parameter['name']}"
            for member, schema in body_members(document, operation).items():
                if is_id(schema):
                    yield f"body.{member}"


def body_members(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """The members of an operation's JSON body, by name; if it has several forms, those of all."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    forms = [resolved(document, form) for form in schema.get("anyOf", [schema])]
    return {name: member for form in forms for name, member in form.get("properties", {}).items()}


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself in the place of a reference to it."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def is_id(schema: dict[str, Any]) -> bool:
    """Whether values are ids."""
    return schema.get("format") == "uuid"
