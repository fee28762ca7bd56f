"""The HTTP contract of sessions and hand-offs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WrapValidator

from identity_svc.factors.service import CodeProof, Method, PasskeyProof
from identity_svc.people.schemas import Locale, Theme
from stagify.auth import STEP_UP_LIFE
from stagify.calls.usage import EntitlementsRead
from stagify.inputs import Base64Url, Challenge, Code, Email, Password, Token


class PasswordLogIn(BaseModel):
    """A log-in with a password."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password


class HandoffLogIn(BaseModel):
    """A log-in to a workspace with the code of a hand-off."""

    model_config = ConfigDict(extra="forbid")

    handoff: Token


def _one_of_both(body: Any, _: Any) -> PasswordLogIn | HandoffLogIn:
    # By hand, so that what is wrong is told of one form, under the names that were sent.
    is_handoff = isinstance(body, dict) and "handoff" in body
    form = HandoffLogIn if is_handoff else PasswordLogIn
    return form.model_validate(body)


SessionCreate = Annotated[PasswordLogIn | HandoffLogIn, WrapValidator(_one_of_both)]


class CodeAnswer(BaseModel):
    """A code of one's app."""

    model_config = ConfigDict(extra="forbid")

    code: Code

    def proof(self) -> CodeProof:
        """What it shows."""
        return CodeProof("totp", self.code)


class RecoveryCodeAnswer(BaseModel):
    """One of one's recovery codes."""

    model_config = ConfigDict(extra="forbid")

    # In this way, because the type has an example already.
    recovery_code: Annotated[
        Token, Field(json_schema_extra={"examples": ["7K2M-9QXA-0WEJ-R5TB-C3ND-H8VF"]})
    ]

    def proof(self) -> CodeProof:
        """What it shows."""
        return CodeProof("recovery_code", self.recovery_code.get_secret_value())


class Assertion(BaseModel):
    """What an authenticator says and signs, as `PublicKeyCredential.toJSON` writes it (WebAuthn Level 3)."""

    client_data_json: Base64Url = Field(alias="clientDataJSON")
    authenticator_data: Base64Url = Field(alias="authenticatorData")
    signature: Base64Url
    user_handle: Base64Url | None = Field(default=None, alias="userHandle")


class PasskeyUse(BaseModel):
    """A passkey's answer."""

    id: Base64Url
    raw_id: Base64Url = Field(alias="rawId")
    type: Literal["public-key"]
    response: Assertion


class PasskeyAnswer(BaseModel):
    """One of one's passkeys, on the platform's host."""

    model_config = ConfigDict(extra="forbid")

    passkey: PasskeyUse

    def proof(self) -> PasskeyProof:
        """What it shows."""
        return PasskeyProof(self.passkey.model_dump(by_alias=True, exclude_none=True))


# By the member that tells them apart.
ANSWERS: dict[str, type[CodeAnswer] | type[RecoveryCodeAnswer] | type[PasskeyAnswer]] = {
    "code": CodeAnswer,
    "recovery_code": RecoveryCodeAnswer,
    "passkey": PasskeyAnswer,
}


def _one_of_the_answers(body: Any, _: Any) -> CodeAnswer | RecoveryCodeAnswer | PasskeyAnswer:
    named = body.keys() if isinstance(body, dict) else ()
    form = next((ANSWERS[name] for name in ANSWERS if name in named), CodeAnswer)
    return form.model_validate(body)


ChallengeAnswer = Annotated[
    CodeAnswer | RecoveryCodeAnswer | PasskeyAnswer, WrapValidator(_one_of_the_answers)
]


class ChallengeRead(BaseModel):
    """A log-in that waits for one of these second factors of its person, in this browser. `passkey` is what
    `navigator.credentials.get` takes, as JSON; null on a workspace's host, where none can be used: log in on
    the platform's host with it, and come back by a hand-off."""

    challenge_id: str
    methods: list[Method]
    passkey: dict[str, Any] | None
    expires_at: datetime


class PasskeyAsked(BaseModel):
    """What `navigator.credentials.get` takes, as JSON, and what its answer belongs to."""

    challenge_id: str
    options: dict[str, Any]
    expires_at: datetime


class SessionUser(BaseModel):
    """The person who is logged in."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    # The language and the look that they chose; None leaves both to the browser.
    locale: Locale | None
    theme: Theme | None


class SessionTenant(BaseModel):
    """The tenant they are logged in to."""

    id: UUID
    slug: str
    name: str
    # tenant-svc decides which types there are, so this is not a closed list.
    type: str
    status: str
    url: str


class ProofRead(BaseModel):
    """How the person has proved who they are (RFC 8176), and when; until `stepped_up_until` that is enough
    for calls that ask for a step-up."""

    amr: list[str]
    auth_time: datetime
    stepped_up_until: datetime

    @classmethod
    def of(cls, amr: Sequence[str], auth_time: datetime) -> Self:
        """What a session knows."""
        return cls(amr=sorted(amr), auth_time=auth_time, stepped_up_until=auth_time + STEP_UP_LIFE)


class SessionRead(BaseModel):
    """Who is calling a workspace, and what they may do there.

    A program that calls with an API key has `api_key_id` and neither user nor role. `entitlements` are what
    the workspace's plan includes; null if that is not known at the moment.
    """

    scope: Literal["workspace"] = "workspace"
    user: SessionUser | None
    api_key_id: UUID | None = None
    tenant: SessionTenant
    # The key of a role.
    role: str | None
    permissions: list[str]
    entitlements: EntitlementsRead | None
    expires_at: datetime | None = None
    proof: ProofRead | None = None
    # What the session is for and nothing else: `second_factor`, to show one or to set one up.
    restriction: str | None = None
    # When it will be so, as long as no second factor is shown.
    second_factor_due_at: datetime | None = None


class PersonSessionRead(BaseModel):
    """Who is logged in on the platform's own host, in no workspace."""

    scope: Literal["person"] = "person"
    user: SessionUser
    expires_at: datetime
    proof: ProofRead


AnySessionRead = Annotated[SessionRead | PersonSessionRead, Field(discriminator="scope")]


class HandoffStarted(BaseModel):
    """What to ask for a hand-off with; the cookie beside it belongs to it."""

    challenge: str


class HandoffCreate(BaseModel):
    """A wish to go into a workspace, with the challenge that its host has given."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: UUID
    challenge: Challenge


class HandoffRead(BaseModel):
    """The address that leads there, once, until it expires."""

    url: str
    expires_at: datetime
