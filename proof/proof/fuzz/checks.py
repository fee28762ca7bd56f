"""What must be true of every answer, besides the checks that schemathesis has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

from schemathesis import Case, Response

from proof.documented import documented_codes
from proof.fuzz.known import Known
from stagify.mistakes import Mistake
from stagify.openapi import Document
from stagify.testing.documented import Described

# Mistakes that our own functions found: rules that JSON Schema cannot express, such as that an address
# can be reached, or that a name can be printed.
BEYOND_SCHEMA = frozenset({"value_error", *get_args(Mistake)})
# The codes of requests that do not even fit the schema.
GENERIC_CODES = frozenset({"invalid_request", "malformed_json"})


@dataclass(frozen=True)
class Exchange:
    """One request of a party and its answer."""

    party: str
    case: Case[Any]
    response: Response

    @property
    def sent_to(self) -> tuple[str, str]:
        """The method and the path."""
        request = self.response.request
        return str(request.method), urlsplit(request.url or "").path

    @property
    def asked(self) -> str:
        """Everything that was sent, as text."""
        request = self.response.request
        body = request.body
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
        return f"{unquote(request.url or '')}\n{dict(request.headers)}\n{text}"

    @property
    def answered(self) -> str:
        """Everything that came back, as text."""
        headers = {name: values for name, values in self.response.headers.items()}
        return f"{unquote(str(headers))}\n{text_of(self.response)}"


class Checks:
    """Our own checks; each yields what is wrong."""

    def __init__(self, known: Known, document: Document) -> None:
        self._known = known
        self._described = Described(document)
        self._codes = documented_codes()

    def run(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """The name of each check that fails, and why."""
        foreign = self._known.foreign(exchange.party, exchange.answered, asked=exchange.asked)
        if foreign:
            yield "no_foreign_id", f"The answer tells of others: {sorted(foreign)}"
        if exchange.response.status_code >= 400 and exchange.response.request.method != "HEAD":
            yield from self._refusal(exchange)

    def _refusal(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        status = exchange.response.status_code
        kind = exchange.response.headers.get("content-type", [""])[0]
        if not kind.startswith("application/problem+json"):
            yield "problem_document", f"{status} with content type {kind!r}"
            return
        problem = exchange.response.json()
        code = problem.get("code")
        if (status, code) not in self._codes:
            yield "documented_code", f"docs/errors.md lacks {status} {code}"
        found = self._described.operation(*exchange.sent_to)
        if found is not None and code not in self._described.codes(found[1], status):
            yield "documented_code", f"the document of this call lacks {status} {code}"
        if problem.get("status") != status or not problem.get("request_id"):
            yield "problem_document", f"status or request_id is wrong: {problem}"
        meta = exchange.case.meta
        # An answer's member that was null goes into the path of the next call as text.
        is_null = "/null" in exchange.sent_to[1]
        if status == 422 and meta is not None and meta.generation.mode.is_positive and not is_null:
            types = {error["type"] for error in problem.get("errors", [])}
            if code in GENERIC_CODES and not (types and types <= BEYOND_SCHEMA):
                yield "refused_for_a_reason", f"What the schema allows is malformed: {problem}"


def text_of(response: Response) -> str:
    """What an answer says, also if it is a picture."""
    return response.content.decode("utf-8", "replace")
