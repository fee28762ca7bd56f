"""Whether an answer is one that an OpenAPI document describes."""

import re
from collections.abc import Iterator

import httpx

from stagify.openapi import MEDIA_TYPE, METHODS, Document

# The members that every problem document has.
_PLAIN = frozenset({"type", "title", "status", "code", "detail", "request_id"})

# Headers that mean the same in any answer, whatever the call.
_PLAIN_HEADERS = frozenset(
    {
        *("cache-control", "connection", "content-length", "content-type", "date", "keep-alive"),
        *("referrer-policy", "strict-transport-security", "transfer-encoding", "vary"),
        "x-content-type-options",
    }
)


class Described:
    """The calls of a document, and what it says of their answers."""

    def __init__(self, document: Document) -> None:
        self.document = document
        # Fixed paths before those with parameters.
        paths = sorted(document["paths"].items(), key=lambda entry: entry[0].count("{"))
        self._calls = [
            (re.compile(_pattern(path)), path, item.keys() & METHODS) for path, item in paths
        ]

    def operation(self, method: str, path: str) -> tuple[str, Document] | None:
        """The path template and the call of a request; None if the document has none. A fixed path is
        never taken for one with parameters (OpenAPI 3.1, "Path Templating Matching")."""
        # Whatever can be read has a HEAD that is answered like GET.
        method = "get" if method == "HEAD" else method.lower()
        if path in self.document["paths"] and method not in self.document["paths"][path]:
            return None
        for pattern, template, methods in self._calls:
            if method in methods and pattern.fullmatch(path):
                return template, self.document["paths"][template][method]
        return None

    def codes(self, operation: Document, status: int) -> dict[str, Document]:
        """An example of each refusal with this status that a call may have, by its code."""
        response = self._resolved(operation["responses"].get(str(status), {}))
        examples = response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
        return {code: self._resolved(example)["value"] for code, example in examples.items()}

    def wrong(self, answer: httpx.Response) -> Iterator[str]:
        """What the document does not say, or says otherwise, about an answer that was read."""
        if answer.request.method == "OPTIONS" and answer.status_code == 204:
            # Whatever is there has it; documents do not list it.
            return
        found = self.operation(answer.request.method, answer.request.url.path)
        if found is None:
            # What the process serves besides its calls, such as /metrics, is not documented.
            path = answer.request.url.path
            if answer.is_success and path.startswith(("/v1/", "/internal/")):
                yield "the call is not in the document"
            return
        response = found[1]["responses"].get(str(answer.status_code))
        if response is None:
            yield f"{answer.status_code} is not in the document: {answer.text[:200]}"
            return
        response = self._resolved(response)
        yield from self._headers(response, answer)
        if answer.is_error and answer.request.method != "HEAD":
            yield from self._refusal(found[1], answer)

    def undocumented_headers(self, answer: httpx.Response) -> set[str]:
        """The headers of an answer that are neither in the document nor plain HTTP."""
        found = self.operation(answer.request.method, answer.request.url.path)
        if found is None:
            return set()
        response = self._resolved(found[1]["responses"].get(str(answer.status_code), {}))
        documented = {name.lower() for name in response.get("headers", {})}
        return set(answer.headers) - documented - _PLAIN_HEADERS

    def _headers(self, response: Document, answer: httpx.Response) -> Iterator[str]:
        for name, header in response.get("headers", {}).items():
            if self._resolved(header).get("required") and name not in answer.headers:
                yield f"the answer lacks the header {name}"

    def _refusal(self, operation: Document, answer: httpx.Response) -> Iterator[str]:
        kind = answer.headers.get("content-type", "")
        if kind != MEDIA_TYPE:
            yield f"{answer.status_code} comes as {kind!r}"
            return
        problem = answer.json()
        example = self.codes(operation, answer.status_code).get(problem["code"])
        if example is None:
            yield f"{answer.status_code} {problem['code']} is not in the document of this call"
        elif told := problem.keys() - example.keys() - _PLAIN:
            yield f"the example of {problem['code']} lacks {sorted(told)}"

    def _resolved(self, node: Document) -> Document:
        """What the reference refers to, if it is one."""
        if "$ref" not in node:
            return node
        _, _, kind, name = node["$ref"].split("/")
        found: Document = self.document["components"][kind][name]
        return found


def _pattern(path: str) -> str:
    """A path with parameters as a regular expression."""
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
