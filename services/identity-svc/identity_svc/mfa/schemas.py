"""The HTTP contract of one's own second factors."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stagify.inputs import Base64Url, Choice, Code, Flag, Name, Opaque


class TotpRead(BaseModel):
    """The app for codes that one has."""

    model_config = ConfigDict(from_attributes=True)

    created_at: datetime
    last_used_at: datetime | None


class PasskeyRead(BaseModel):
    """One of one's passkeys; `is_backed_up` if its maker keeps it in more than one place."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


class PasskeyStarted(BaseModel):
    """What `navigator.credentials.create` takes, as JSON, and what its answer belongs to."""

    challenge_id: str
    options: dict[str, Any]
    expires_at: datetime


class Attestation(BaseModel):
    """What an authenticator says of a new passkey, as `PublicKeyCredential.toJSON` writes it."""

    client_data_json: Base64Url = Field(alias="clientDataJSON")
    attestation_object: Base64Url = Field(alias="attestationObject")
    transports: list[Choice] = Field(default_factory=list, max_length=10)


class PasskeyMade(BaseModel):
    """A new passkey (WebAuthn Level 3)."""

    id: Base64Url
    raw_id: Base64Url = Field(alias="rawId")
    type: Literal["public-key"]
    response: Attestation


class PasskeyCreate(BaseModel):
    """A new passkey, what the browser was asked for it with, and what its person calls it."""

    model_config = ConfigDict(extra="forbid")

    challenge_id: Annotated[Opaque, Field(examples=["01a20796-68cf-776b-99d7-1dbbe564cdb6"])]
    name: Annotated[Name, Field(examples=["My laptop"])]
    credential: PasskeyMade


class PasskeyUpdate(BaseModel):
    """What a passkey is called."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Name, Field(examples=["My laptop"])]


class PasskeyAddedRead(PasskeyRead):
    """A new passkey; and recovery codes, which are shown this once, or null if one has some already."""

    recovery_codes: list[str] | None


class MfaRead(BaseModel):
    """One's second factors. A log-in with the password asks for one if there is an app for codes, or if
    there is a passkey and one `is_always_asked`."""

    totp: TotpRead | None
    passkeys: list[PasskeyRead]
    recovery_codes: int
    is_always_asked: bool
    is_asked: bool


class MfaUpdate(BaseModel):
    """Whether a log-in with the password asks for a passkey too."""

    model_config = ConfigDict(extra="forbid")

    is_always_asked: Annotated[Flag, Field(examples=[False])]


class TotpStarted(BaseModel):
    """What an app needs: as text, as the address that a picture of it holds, and as that picture, an SVG.
    It counts once a code of the app has confirmed it."""

    model_config = ConfigDict(from_attributes=True)

    secret: str
    uri: str
    qr_svg: str
    expires_at: datetime


class TotpConfirm(BaseModel):
    """A code of the app."""

    model_config = ConfigDict(extra="forbid")

    code: Code


class FactorAddedRead(BaseModel):
    """New recovery codes, which are shown this once; null if one has some already."""

    recovery_codes: list[str] | None


class RecoveryCodes(BaseModel):
    """Recovery codes, which are shown this once."""

    recovery_codes: list[str]
