"""The error tree. One handler (`stagify.http`) renders it as RFC 9457 problem+json.

StagifyError
├── InvalidInputError          422  the request can be read but not accepted
├── BadRequestError            400  the request cannot be read
├── UnauthorizedError          401  no credential, or one that is unknown here
├── PaymentRequiredError       402  a quota or a plan says no
├── ForbiddenError             403  known, but not allowed
├── NotFoundError              404  not there for this tenant
├── MethodNotAllowedError      405  the path is right, the method is not; `methods` are
├── ConflictError              409  the state of the thing says no
├── GoneError                  410  it was there and has expired
├── PreconditionFailedError    412  it is no longer as the caller has seen it (If-Match)
├── TooLargeError              413  the body or the declared size is over the limit
├── UnsupportedMediaTypeError  415  wrong Content-Type or Content-Encoding
├── RateLimitedError           429  too often; `retry_after` seconds
└── UnavailableError           503  another part does not answer; `retry_after` seconds

A business error is a subclass with its own `code` and a docstring, which is its default detail.
Details are shown to customers: no driver text, no secrets, no other tenant's data.
"""

from typing import Annotated, Any, ClassVar, Required, Self, Unpack

from pydantic import Field
from typing_extensions import TypedDict


class FieldProblem(TypedDict):
    """What is wrong with one part of a request."""

    field: Annotated[str, Field(description="Where: body, query, path or header, then names.")]
    message: Annotated[str, Field(description="What is wrong, for people.")]
    type: Annotated[str, Field(description="The kind of mistake, for programs.")]


class Members(TypedDict, total=False):
    """What some refusals tell besides `code` and `detail`."""

    allowed: Annotated[list[str], Field(description="The values that are accepted.")]
    errors: Annotated[list[FieldProblem], Field(description="Each part that is wrong.")]
    limit: Annotated[int, Field(description="How many there may be.")]
    limit_bytes: Annotated[int, Field(description="How many bytes there may be.")]
    limit_pixels: Annotated[int, Field(description="How many pixels there may be.")]
    meter: Annotated[str, Field(description="The meter whose quota is used up.")]
    meters: Annotated[list[str], Field(description="The meters that there are.")]
    minimum_pixels: Annotated[int, Field(description="How long each side must be.")]
    needed: Annotated[list[str], Field(description="The permissions that the call needs.")]
    plan: Annotated[str, Field(description="The plan that does not exist.")]
    plans: Annotated[list[str], Field(description="The plans that there are.")]
    reserved: Annotated[int, Field(description="How much is reserved for work under way.")]
    resets_at: Annotated[
        str | None,
        Field(
            description="When the quota starts anew; null if it never does.",
            json_schema_extra={"format": "date-time"},
        ),
    ]
    scopes: Annotated[list[str], Field(description="The scopes that were refused.")]
    suggestion: Annotated[str | None, Field(description="A name near it that can be had.")]
    used: Annotated[int, Field(description="How much is used.")]


class Problem(Members, total=False):
    """A refusal (RFC 9457). `code` never changes; `detail` is for people."""

    type: Required[Annotated[str, Field(json_schema_extra={"format": "uri"})]]
    title: Required[Annotated[str, Field(description="The name of the status.")]]
    status: Required[Annotated[int, Field(ge=400, le=599)]]
    code: Required[Annotated[str, Field(description="What docs/errors.md lists.")]]
    detail: Required[Annotated[str, Field(description="What to tell the person.")]]
    request_id: Required[Annotated[str, Field(description="Identifies the request in our logs.")]]


class StagifyError(Exception):
    """Something went wrong on our side."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    # What it tells besides, as an example for the OpenAPI document.
    example: ClassVar[Members] = {}

    def __init__(self, detail: str | None = None, **extra: Unpack[Members]) -> None:
        self.detail = detail or " ".join((self.__doc__ or self.code).split())
        self.extra = extra
        super().__init__(self.detail)

    @classmethod
    def from_problem(cls, problem: dict[str, Any]) -> Self:
        """The refusal in the answer of another service, as an error of this class."""
        return cls()

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to the answer, such as Retry-After."""
        return {}


class BadRequestError(StagifyError):
    """The request cannot be read."""

    status = 400
    code = "bad_request"


class UnauthorizedError(StagifyError):
    """This call needs a valid credential."""

    status = 401
    code = "authentication_required"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="stagify"'}


class PaymentRequiredError(StagifyError):
    """The plan does not include this."""

    status = 402
    code = "payment_required"


class ForbiddenError(StagifyError):
    """You are not allowed to do this."""

    status = 403
    code = "permission_denied"


class NotFoundError(StagifyError):
    """This does not exist here."""

    status = 404
    code = "not_found"


class MethodNotAllowedError(StagifyError):
    """This path does not support this method."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, methods: list[str]) -> None:
        super().__init__()
        self._methods = methods

    @property
    def headers(self) -> dict[str, str]:
        return {"Allow": ", ".join(self._methods)}


class ConflictError(StagifyError):
    """The current state does not allow this."""

    status = 409
    code = "conflict"


class GoneError(StagifyError):
    """This has expired."""

    status = 410
    code = "gone"


class PreconditionFailedError(StagifyError):
    """This has changed in the meantime."""

    status = 412
    code = "precondition_failed"


class TooLargeError(StagifyError):
    """The content is larger than allowed."""

    status = 413
    code = "too_large"
    example = Members(limit_bytes=1_048_576)


class UnsupportedMediaTypeError(StagifyError):
    """Send this as application/json."""

    status = 415
    code = "unsupported_media_type"

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": "application/json"}


class FormRequiredError(UnsupportedMediaTypeError):
    """Send this as application/x-www-form-urlencoded."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": "application/x-www-form-urlencoded"}


class UnsupportedContentCodingError(UnsupportedMediaTypeError):
    """Send the body as it is, without Content-Encoding."""

    code = "unsupported_content_coding"

    @property
    def headers(self) -> dict[str, str]:
        # RFC 9110, 12.5.3.
        return {"Accept-Encoding": "identity"}


class InvalidInputError(StagifyError):
    """The request is not valid."""

    status = 422
    code = "invalid_request"
    example = Members(
        errors=[{"field": "body.name", "message": "Field required", "type": "missing"}]
    )


class MalformedJsonError(InvalidInputError):
    """The body is not valid JSON."""

    code = "malformed_json"


class RetryableError(StagifyError):
    """Try again later."""

    def __init__(
        self, detail: str | None = None, *, retry_after: int = 1, **extra: Unpack[Members]
    ) -> None:
        super().__init__(detail, **extra)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class RateLimitedError(RetryableError):
    """Too many requests: slow down."""

    status = 429
    code = "rate_limited"


class UnavailableError(RetryableError):
    """A part of the platform is not answering right now: try again soon."""

    status = 503
    code = "unavailable"


class OverloadedError(UnavailableError):
    """The platform is busy: try again."""

    code = "overloaded"
