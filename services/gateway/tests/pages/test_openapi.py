"""The merged OpenAPI document: what is public, under names that do not clash."""

import copy
import json
from collections.abc import Set as AbstractSet
from typing import Any

from gateway.hosts.routes import ServiceName
from gateway.pages.openapi import OpenApi, merge, refusals
from gateway.wire.request import HeadLimits, parse_request
from stagify import openapi
from stagify.errors import UnavailableError
from stagify.openapi import document_refusal


def document(path: str, schema: dict[str, Any], name: str = "list_all") -> dict[str, Any]:
    """A service's own document with one call."""
    reference = {"$ref": "#/components/schemas/Page"}
    content = {"application/json": {"schema": reference}}
    operation = {
        "operationId": name,
        "tags": ["things"],
        "responses": {"200": {"content": content}},
    }
    return {
        "paths": {path: {"get": operation}, "/internal/secret": {"post": {"responses": {}}}},
        "components": {"schemas": {"Page": schema, "Secret": {"type": "object"}}},
    }


def test_public_calls_of_all_services_are_in_one_document() -> None:
    merged = merge(
        {
            "staging-svc": document("/v1/projects", {"type": "object"}),
            "usage-svc": document("/v1/usage", {"type": "array"}, "read_usage"),
        },
    )
    assert set(merged["paths"]) == {"/v1/projects", "/v1/usage"}
    projects, usage = (merged["paths"][path]["get"] for path in ("/v1/projects", "/v1/usage"))
    assert (projects["tags"], usage["tags"]) == (["things"], ["things"])
    assert merged["tags"] == [{"name": "things"}]
    # Two different schemas of one name: the second is renamed, and so is who refers to it.
    schemas = merged["components"]["schemas"]
    assert (schemas["Page"], schemas["usage_svc_Page"]) == ({"type": "object"}, {"type": "array"})
    content = usage["responses"]["200"]["content"]["application/json"]
    assert content["schema"]["$ref"] == "#/components/schemas/usage_svc_Page"


def test_schemas_that_only_internal_calls_use_are_left_out() -> None:
    merged = merge({"staging-svc": document("/v1/projects", {"type": "object"})})
    assert set(merged["components"]["schemas"]) == {"Page", "Problem", "FieldProblem"}


def test_the_document_is_the_same_in_whatever_order_the_services_answered() -> None:
    ours = document("/v1/projects", {"type": "object"})
    theirs = document("/v1/usage", {"type": "array"}, "read_usage")
    assert merge({"staging-svc": ours, "usage-svc": theirs}) == merge(
        {"usage-svc": theirs, "staging-svc": ours}
    )


def test_every_refusal_of_the_gateway_is_at_every_call() -> None:
    merged = merge({"staging-svc": document("/v1/projects", {"type": "object"})})
    responses = merged["paths"]["/v1/projects"]["get"]["responses"]
    found = {
        (int(status), code)
        for status, response in responses.items()
        if status != "200"
        for code in response["content"]["application/problem+json"]["examples"]
    }
    assert found == {(each.status, each.code) for each in refusals()} - {(403, "origin_mismatch")}
    for response in responses.values():
        assert "application/json" not in response["content"] or response == responses["200"]
    schema = responses["404"]["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Problem"}
    assert responses["429"]["headers"]["Retry-After"]["required"]


def test_what_a_service_may_refuse_and_what_the_gateway_may_are_one_answer() -> None:
    service = document("/v1/projects", {"type": "object"})
    responses = service["paths"]["/v1/projects"]["get"]["responses"]
    document_refusal(responses, openapi.Refusal(404, "project_not_found", "No such project."))
    merged = merge({"staging-svc": service})
    answer = merged["paths"]["/v1/projects"]["get"]["responses"]["404"]
    content = answer["content"]["application/problem+json"]
    assert set(content["examples"]) == {"project_not_found", "unknown_host"}
    reference = content["examples"]["project_not_found"]["$ref"]
    example = merged["components"]["examples"][reference.rpartition("/")[2]]["value"]
    assert (example["status"], example["detail"]) == (404, "No such project.")


def test_calls_that_need_a_caller_ask_for_a_credential() -> None:
    service = document("/v1/projects", {})
    service["paths"]["/v1/catalog"] = {"get": {"responses": {}}}
    service["paths"]["/v1/projects"]["get"]["security"] = [{"context": []}]
    paths = merge({"staging-svc": service})["paths"]
    assert paths["/v1/projects"]["get"]["security"] == [{"session": []}, {"api_key": []}]
    assert paths["/v1/catalog"]["get"]["security"] == []


def test_path_that_is_routed_elsewhere_is_left_out() -> None:
    merged = merge({"usage-svc": document("/v1/projects", {})})
    assert merged["paths"] == {}


def serving(found: dict[str, Any], down: AbstractSet[str] = frozenset()) -> OpenApi:
    """The documents of services, of which one has `found` and those in `down` do not answer."""

    async def fetch(name: ServiceName) -> dict[str, Any] | None:
        if name in down:
            raise UnavailableError
        return copy.deepcopy(found) if name == "staging-svc" else {}

    return OpenApi(fetch)


def paths(kept: OpenApi) -> set[str]:
    """The paths of the document that is served."""
    rendered = kept.rendered()
    assert rendered is not None
    answer = rendered.answer(parse_request(b"GET / HTTP/1.1\r\nHost: a.test", HeadLimits()))
    return set(json.loads(answer.body)["paths"])


async def test_service_that_is_down_keeps_its_last_document() -> None:
    down: set[str] = set()
    kept = serving(document("/v1/projects", {}), down)
    await kept.refresh()
    down.add("staging-svc")
    await kept.refresh()
    assert paths(kept) == {"/v1/projects"}


async def test_there_is_no_document_until_every_service_has_answered() -> None:
    down = {"staging-svc", "usage-svc"}
    kept = serving(document("/v1/projects", {}), down)
    for service in ("staging-svc", "usage-svc"):
        await kept.refresh()
        assert kept.rendered() is None
        down.remove(service)
    await kept.refresh()
    assert paths(kept) == {"/v1/projects"}


async def test_document_is_rendered_only_when_it_has_changed() -> None:
    found = document("/v1/projects", {"type": "object"})
    kept = serving(found)
    await kept.refresh()
    first = kept.rendered()
    await kept.refresh()
    assert kept.rendered() is first
    found["components"]["schemas"]["Page"]["title"] = "Changed"
    await kept.refresh()
    assert kept.rendered() is not first
