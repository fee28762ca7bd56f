"""services/*/openapi.json match the services, and the public document is one that generators can read
and that people would want to."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.hosts.routes import PREFIXES, ServiceName
from gateway.pages.openapi import merge
from gateway.store import refusals as of_store
from gateway.wire.refusals import Refusal
from proof.clients.typescript_client import lint
from proof.documented import documented_codes
from proof.openapi import SERVICES, document_of, path_of, public_document
from stagify.openapi import MEDIA_TYPE, Document, operations

# Codes of requests that are no call of the document: their path or method does not exist, or they go to
# the store's host.
OF_NO_CALL = {(404, "not_found"), (405, "method_not_allowed"), (501, "method_not_supported")} | {
    (refusal.status, refusal.code)
    for refusal in vars(of_store).values()
    if isinstance(refusal, Refusal)
}


@pytest.fixture(scope="module")
def document() -> Document:
    return public_document()


def contents(node: Any) -> list[Any]:
    """The node and everything in it."""
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [node, *(found for value in values for found in contents(value))]


class TestPublicDocument:
    def test_it_is_valid(self, document: Document) -> None:
        assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []

    def test_it_keeps_the_rules_of_a_linter(self, document: Document, tmp_path: Path) -> None:
        assert lint(document, tmp_path) == []

    def test_the_linter_would_say_so(self, document: Document, tmp_path: Path) -> None:
        wrong = orjson.loads(orjson.dumps(document))
        del wrong["paths"]["/v1/usage"]["get"]["operationId"]
        wrong["components"]["examples"]["overloaded"]["value"]["status"] = "many"
        assert len(lint(wrong, tmp_path)) >= 2

    def test_calls_have_names_for_methods(self, document: Document) -> None:
        names = Counter(operation["operationId"] for operation in operations(document))
        assert max(names.values()) == 1
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)

    def test_no_schema_is_another_one_in_another_service(self) -> None:
        """`merge` would give the second one a name that changes with the first."""
        schemas = merge({name: orjson.loads(document_of(name)) for name in PREFIXES})
        assert not [
            name
            for name in schemas["components"]["schemas"]
            if name.startswith(tuple(service.replace("-", "_") for service in SERVICES))
        ]

    def test_every_refusal_is_the_one_problem_document(self, document: Document) -> None:
        refusals = [
            response
            for responses in [
                *(operation["responses"] for operation in operations(document)),
                document["components"]["responses"],
            ]
            for status, response in responses.items()
            if not status.startswith(("2", "3")) and "$ref" not in response
        ]
        assert len(refusals) > 100
        for response in refusals:
            assert list(response["content"]) == [MEDIA_TYPE]
            schema = response["content"][MEDIA_TYPE]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}
            assert response["content"][MEDIA_TYPE]["examples"]
        problems = [name for name in document["components"]["schemas"] if "Problem" in name]
        assert problems == ["FieldProblem", "Problem"]
        assert not [name for name in document["components"]["schemas"] if "Validation" in name]

    def test_nothing_internal_is_in_it(self, document: Document) -> None:
        assert not [path for path in document["paths"] if not path.startswith("/v1/")]
        text = orjson.dumps(document).decode()
        assert "internal" not in text.replace("internal_error", "")
        assert "x-stagify-context" not in text
        used = {
            node["$ref"] for node in contents(document) if isinstance(node, dict) and "$ref" in node
        }
        for kind in ("schemas", "examples", "responses", "headers"):
            for name in document["components"][kind]:
                assert f"#/components/{kind}/{name}" in used

    def test_answers_may_tell_more_one_day(self, document: Document) -> None:
        """A client that is generated today has to accept members that are added tomorrow."""
        waiting = [
            content["schema"]
            for operation in operations(document)
            for response in operation["responses"].values()
            for content in response.get("content", {}).values()
            if "schema" in content
        ]
        seen: list[Any] = []
        while waiting:
            schema = waiting.pop()
            if schema not in seen:
                seen.append(schema)
                assert schema.get("additionalProperties") is not False, schema
                waiting += [
                    document["components"]["schemas"][node["$ref"].rpartition("/")[2]]
                    for node in contents(schema)
                    if isinstance(node, dict) and "$ref" in node
                ]
        assert len(seen) > 20

    def test_the_codes_are_those_of_docs_errors(self, document: Document) -> None:
        examples = document["components"]["examples"].values()
        found = {(each["value"]["status"], each["value"]["code"]) for each in examples}
        assert found == documented_codes() - OF_NO_CALL

    def test_refusals_that_ask_to_wait_say_how_long(self, document: Document) -> None:
        for operation in operations(document):
            for status in {"429", "503"} & operation["responses"].keys():
                headers = operation["responses"][status]["headers"]
                assert headers["Retry-After"]["required"], operation["operationId"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_that_of_the_service(service: str) -> None:
    assert path_of(service).read_bytes() == document_of(service), "make contract writes it anew"


@pytest.mark.parametrize("service", SERVICES)
def test_the_gateway_routes_what_the_service_serves(service: ServiceName) -> None:
    paths = orjson.loads(path_of(service).read_bytes())["paths"]
    served = {path.split("/")[2] for path in paths if path.startswith("/v1/")}
    assert set(PREFIXES[service]) == served
