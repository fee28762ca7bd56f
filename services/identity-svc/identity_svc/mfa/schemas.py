"""The HTTP contract of one's own second factors."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from stagify.inputs import Code, Flag


class TotpRead(BaseModel):
    """The app for codes that one has."""

    model_config = ConfigDict(from_attributes=True)

    created_at: datetime
    last_used_at: datetime | None


class MfaRead(BaseModel):
    """One's second factors. A log-in with the password asks for one if there is an app for codes, or if
    there is a passkey and one `is_always_asked`."""

    totp: TotpRead | None
    recovery_codes: int
    is_always_asked: bool
    is_asked: bool


class MfaUpdate(BaseModel):
    """Whether a log-in with the password asks for a passkey too."""

    model_config = ConfigDict(extra="forbid")

    is_always_asked: Flag


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
