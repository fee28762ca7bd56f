"""The document of a service describes its refusals, and the tests' client compares them."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from kit_testing import WidgetTakenError
from stagify.errors import InvalidInputError, NotFoundError, StagifyError, UnavailableError
from stagify.openapi import Document, complete
from stagify.problems import problem, problems, refusal_of
from stagify.testing.documented import Described


def document(*errors: type[StagifyError]) -> Document:
    """The document of an app with one call."""
    app = FastAPI()

    @app.get("/v1/widgets/{widget_id}", responses=problems(*errors))
    async def get_widget(widget_id: int) -> None:
        return None

    return complete(app.openapi(), [refusal_of(InvalidInputError), refusal_of(UnavailableError)])


def refused(error: StagifyError, **headers: str) -> httpx.Response:
    """The answer to that call."""
    response = problem(error)
    return httpx.Response(
        response.status_code,
        headers={**dict(response.headers), **headers},
        content=bytes(response.body),
        request=httpx.Request("GET", "http://service/v1/widgets/1"),
    )


class TestDocument:
    def responses(self, *errors: type[StagifyError]) -> dict[str, Any]:
        found: dict[str, Any] = document(*errors)["paths"]["/v1/widgets/{widget_id}"]["get"]
        responses: dict[str, Any] = found["responses"]
        return responses

    def test_a_refusal_is_a_problem_document_and_nothing_else(self) -> None:
        responses = self.responses(NotFoundError)
        assert list(responses) == ["200", "404", "422", "503"]
        for status in ("404", "422", "503"):
            (kind,) = responses[status]["content"].items()
            assert kind[0] == "application/problem+json"
            assert kind[1]["schema"] == {"$ref": "#/components/schemas/Problem"}
        schemas = document()["components"]["schemas"]
        assert not {"HTTPValidationError", "ValidationError"} & set(schemas)

    def test_every_code_has_its_example(self) -> None:
        found = document(NotFoundError, WidgetTakenError)
        example = found["components"]["examples"]["widget_taken"]["value"]
        assert (example["status"], example["code"], example["suggestion"]) == (
            409,
            "widget_taken",
            "widget",
        )

    def test_those_to_try_again_say_when(self) -> None:
        assert self.responses()["503"]["headers"]["Retry-After"]["required"]


class TestDescribed:
    def wrong(self, answer: httpx.Response, *errors: type[StagifyError]) -> str:
        return "\n".join(Described(document(*errors)).wrong(answer))

    def test_what_the_document_says(self) -> None:
        assert self.wrong(refused(NotFoundError()), NotFoundError) == ""
        assert self.wrong(refused(UnavailableError())) == ""

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (refused(NotFoundError()), "404 is not in the document"),
            (refused(WidgetTakenError()), "409 is not in the document"),
            (refused(InvalidInputError(plans=[])), "lacks ['plans']"),
            (refused(NotFoundError(), **{"content-type": "application/json"}), "404"),
        ],
        ids=["status", "code", "member", "type"],
    )
    def test_what_it_does_not_say(self, answer: httpx.Response, told: str) -> None:
        assert told in self.wrong(answer)

    def test_another_code_of_the_same_status(self) -> None:
        class OtherError(NotFoundError):
            """Another thing does not exist."""

            code = "other_not_found"

        assert "404 other_not_found is not" in self.wrong(refused(OtherError()), NotFoundError)

    def test_a_header_that_is_missing(self) -> None:
        answer = refused(UnavailableError())
        del answer.headers["retry-after"]
        assert "lacks the header Retry-After" in self.wrong(answer)

    def test_a_call_that_nobody_documents(self) -> None:
        request = httpx.Request("GET", "http://service/v1/secret")
        assert "not in the document" in self.wrong(httpx.Response(200, request=request))
