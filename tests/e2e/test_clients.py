"""Clients generated from /openapi.json understand real answers, and a wrong document is noticed.

Whatever the other tests are answered is checked in the same way at the end: see `platform` in
tests/conftest.py.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from proof.clients import misunderstood, misunderstood_in_python
from proof.clients.exchanges import Exchange, recorded
from proof.clients.python_client import PythonClient
from proof.clients.typescript_client import TypeScriptClient
from proof.customers import photo, sign_up
from proof.openapi import public_document
from stagify.openapi import MEDIA_TYPE, Document
from stagify_local.customer import PLATFORM, client, openapi_of
from stagify_local.platform import Platform


@pytest.fixture(scope="module")
def document(platform: Platform) -> Document:
    with client(platform.gateway_port, PLATFORM) as http:
        return openapi_of(http)


@pytest.fixture(scope="module")
def exchanges(platform: Platform) -> Iterator[list[Exchange]]:
    """Answers of every kind: success with and without a body, a redirect, a stream, refusals."""
    with recorded(platform.gateway_port) as found, sign_up(platform) as customer:
        project = customer.stage(photo())
        http = customer.http
        with http.stream("GET", f"/v1/projects/{project['id']}/events") as stream:
            stream.read()
        for path in (
            *("/v1/catalog", "/v1/branding", "/v1/usage", "/v1/projects?limit=1"),
            *("/v1/session", project["staged"]["url"]),
            *("/v1/projects/01939c5e-7c00-7000-8000-000000000001", "/v1/nowhere"),
            *("/v1/projects?limit=0", "/v1/projects?cursor=!"),
        ):
            http.get(path)
        http.post("/v1/projects", json={})
        http.post("/v1/uploads", json={"filename": "a", "content_type": "image/jpeg", "size": 1e12})
        customer.browser.get("/v1/api-keys")
        customer.browser.get("/v1/session")
        http.delete(f"/v1/projects/{project['id']}")
        http.get("/v1/usage", headers={"Authorization": "Bearer nonsense"})
        http.get("/v1/usage", headers={"X-Padding": "x" * 70_000})
        yield found


def test_the_platform_serves_what_is_committed(document: Document) -> None:
    assert document == public_document()


def test_both_clients_understand_every_answer(
    document: Document, exchanges: list[Exchange], tmp_path: Path
) -> None:
    assert [*misunderstood(document, exchanges, tmp_path)] == []
    statuses = {exchange.status for exchange in exchanges}
    assert {200, 201, 202, 204, 302, 401, 404, 422, 431} <= statuses


def test_a_refusal_is_a_problem_for_the_python_client(
    document: Document, exchanges: list[Exchange], tmp_path: Path
) -> None:
    python = PythonClient(document, tmp_path)
    missing = next(each for each in exchanges if "project_not_found" in each.body)
    problem = python.parsed(missing)
    assert (type(problem).__name__, problem.code) == ("Problem", "project_not_found")
    assert problem.request_id == json.loads(missing.body)["request_id"]


class Wrong:
    """The document with many mistakes, each in another place, so that each has to be noticed."""

    def __init__(self, document: Document) -> None:
        self.document = copy.deepcopy(document)
        self._schemas = self.document["components"]["schemas"]
        self.rename("UsageRead", "as_of", "until")
        self._schemas["UsageRead"]["required"] = ["until", "period", "meters"]
        self.rename("SessionRead", "api_key_id", "key_id")
        self.member("ProjectRead", "status")["enum"] = ["queued", "processing", "failed"]
        self.member("ApiKeyCreated", "expires_at").pop("anyOf")
        self.member("ApiKeyCreated", "expires_at")["type"] = "string"
        self.member("BrandingColors", "primary")["type"] = "integer"
        del self._schemas["Problem"]["properties"]["errors"]
        del self.call("/v1/projects/{project_id}", "get")["404"]
        refused = self.call("/v1/usage", "get")["401"]["content"]
        refused["application/json"] = refused.pop(MEDIA_TYPE)
        del self.call("/v1/uploads", "post")["413"]["content"][MEDIA_TYPE]["schema"]

    def member(self, schema: str, name: str) -> Document:
        found: Document = self._schemas[schema]["properties"][name]
        return found

    def rename(self, schema: str, name: str, other: str) -> None:
        properties = self._schemas[schema]["properties"]
        properties[other] = properties.pop(name)

    def call(self, path: str, method: str) -> Document:
        responses: Document = self.document["paths"][path][method]["responses"]
        return responses


def test_a_wrong_document_is_noticed_in_python(
    document: Document, exchanges: list[Exchange], tmp_path: Path
) -> None:
    wrong = Wrong(document).document
    said = "\n".join(misunderstood_in_python(wrong, exchanges, tmp_path))
    for told in (
        "until",
        "does not know 'api_key_id'",
        "'staged' is not a valid",
        "does not know 'errors'",
        "404 is not in the document",
        "401 invalid_credential is not in the document",
        "/v1/uploads: 413",
    ):
        assert told in said, said


def test_a_wrong_document_is_noticed_in_typescript(
    document: Document, exchanges: list[Exchange], tmp_path: Path
) -> None:
    wrong = Wrong(document).document
    typescript = TypeScriptClient(wrong, tmp_path)
    replayed = "\n".join(typescript.replay(exchanges))
    compiled = "\n".join(typescript.type_errors(exchanges))
    for told in (
        "must have required property 'until'",
        "/status must be equal to one of the allowed values",
        "/expires_at must be string",
        "/primary must be integer",
        "no such answer (application/problem+json): GET /v1/projects/",
        "no such answer (application/problem+json): GET /v1/usage",
        "no such answer (application/problem+json): POST /v1/uploads",
    ):
        assert told in replayed, replayed
    for told in ("until", "api_key_id", "'\"staged\"'", "null", "number"):
        assert told in compiled, compiled
