"""The merged OpenAPI document: what is public, under names that do not clash."""

from typing import Any

from gateway.hosts.routes import Routes, ServiceName
from gateway.pages.openapi import OpenApi, merge
from stagify.errors import UnavailableError


def document(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A service's own document with one call."""
    reference = {"$ref": "#/components/schemas/Page"}
    content = {"application/json": {"schema": reference}}
    operation = {"operationId": "list_all", "responses": {"200": {"content": content}}}
    return {
        "paths": {path: {"get": operation}, "/internal/secret": {"post": {"responses": {}}}},
        "components": {"schemas": {"Page": schema}},
    }


def test_public_calls_of_all_services_are_in_one_document(routes: Routes) -> None:
    merged = merge(
        {
            "staging-svc": document("/v1/projects", {"type": "object"}),
            "usage-svc": document("/v1/usage", {"type": "array"}),
        },
        routes,
    )
    assert set(merged["paths"]) == {"/v1/projects", "/v1/usage"}
    projects, usage = (merged["paths"][path]["get"] for path in ("/v1/projects", "/v1/usage"))
    assert (projects["tags"], usage["tags"]) == (["staging-svc"], ["usage-svc"])
    assert (projects["operationId"], usage["operationId"]) == ("list_all", "usage_svc_list_all")
    # Two different schemas of one name: the second is renamed, and so is who refers to it.
    schemas = merged["components"]["schemas"]
    assert (schemas["Page"], schemas["usage_svc_Page"]) == ({"type": "object"}, {"type": "array"})
    content = usage["responses"]["200"]["content"]["application/json"]
    assert content["schema"]["$ref"] == "#/components/schemas/usage_svc_Page"
    assert {"404", "502", "503", "504"} <= set(projects["responses"])


def test_calls_that_need_a_caller_ask_for_a_credential(routes: Routes) -> None:
    service = document("/v1/projects", {})
    service["paths"]["/v1/catalog"] = {"get": {"responses": {}}}
    service["paths"]["/v1/projects"]["get"]["security"] = [{"context": []}]
    paths = merge({"staging-svc": service}, routes)["paths"]
    assert paths["/v1/projects"]["get"]["security"] == [{"session": []}, {"api_key": []}]
    assert paths["/v1/catalog"]["get"]["security"] == []


def test_links_follow_a_renamed_operation(routes: Routes) -> None:
    usage = document("/v1/usage", {})
    links = {"next": {"operationId": "list_all"}}
    usage["paths"]["/v1/usage"]["get"]["responses"]["200"]["links"] = links
    merged = merge({"staging-svc": document("/v1/projects", {}), "usage-svc": usage}, routes)
    answer = merged["paths"]["/v1/usage"]["get"]["responses"]["200"]
    assert answer["links"] == {"next": {"operationId": "usage_svc_list_all"}}


def test_path_that_is_routed_elsewhere_is_left_out(routes: Routes) -> None:
    merged = merge({"usage-svc": document("/v1/projects", {})}, routes)
    assert merged["paths"] == {}


async def test_service_that_is_down_keeps_its_last_document(routes: Routes) -> None:
    down: set[str] = set()

    async def fetch(name: ServiceName) -> dict[str, Any] | None:
        if name in down:
            raise UnavailableError
        return document("/v1/projects", {}) if name == "staging-svc" else None

    openapi = OpenApi(fetch, routes)
    assert openapi.document()["paths"] == {}
    await openapi.refresh()
    down.add("staging-svc")
    await openapi.refresh()
    paths = openapi.document()["paths"]
    assert isinstance(paths, dict)
    assert set(paths) == {"/v1/projects"}


async def test_document_is_rendered_only_when_it_has_changed(routes: Routes) -> None:
    schema: dict[str, Any] = {"type": "object"}

    async def fetch(name: ServiceName) -> dict[str, Any] | None:
        return document("/v1/projects", dict(schema)) if name == "staging-svc" else None

    openapi = OpenApi(fetch, routes)
    empty = openapi.rendered()
    await openapi.refresh()
    first = openapi.rendered()
    assert first is not empty
    await openapi.refresh()
    assert openapi.rendered() is first
    schema["title"] = "Changed"
    await openapi.refresh()
    assert openapi.rendered() is not first
