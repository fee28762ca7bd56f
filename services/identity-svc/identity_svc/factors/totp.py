"""Codes of an app (TOTP, RFC 6238): six digits, one for each 30 seconds, as every app makes them.

A code is that of one step. It is taken around our clock, and around the clock of the app as it was when
it was set up; so a phone that is minutes wrong still works. Which steps were used, the table knows.
"""

import base64
import hmac
import io
import secrets
from collections.abc import Iterable
from datetime import datetime

import pyotp
import segno

ISSUER = "StagifyAI"
STEP_SECONDS = 30
SECRET_BYTES = 20
# How many steps a code may be off when an app is set up.
WIDE = 5


def new_secret() -> bytes:
    """The secret of an app: as long as the hash that it goes through (RFC 4226, section 4)."""
    return secrets.token_bytes(SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """A secret as apps take it from people who type it."""
    return base64.b32encode(secret).decode()


def uri(secret: bytes, account: str) -> str:
    """A secret as apps take it from a picture."""
    return pyotp.TOTP(as_text(secret)).provisioning_uri(name=account, issuer_name=ISSUER)


def picture(text: str) -> str:
    """A QR code, as SVG."""
    buffer = io.BytesIO()
    segno.make(text, error="m").save(
        buffer, kind="svg", scale=4, border=4, xmldecl=False, dark="#000", light="#fff"
    )
    return buffer.getvalue().decode()


def step_at(now: datetime) -> int:
    """The step of a moment."""
    return int(now.timestamp()) // STEP_SECONDS


def steps_around(now: datetime, offset: int, off: int) -> list[int]:
    """The steps whose codes are taken that may be so many steps `off`, oldest first; if they may not, only those of
    the clock that the app had when it was set up."""
    step, clocks = step_at(now), (0, offset) if off else (offset,)
    return sorted({step + way + by for way in clocks for by in range(-off, off + 1)})


def steps_to_learn(now: datetime) -> list[int]:
    """The steps whose codes are taken when an app is set up, the nearest first."""
    step = step_at(now)
    return sorted(range(step - WIDE, step + WIDE + 1), key=lambda each: abs(each - step))


def find_step(secret: bytes, code: str, steps: Iterable[int]) -> int | None:
    """The first of the steps whose code this is. All of them are compared."""
    app = pyotp.HOTP(as_text(secret))
    matching = [step for step in steps if hmac.compare_digest(app.at(step), code)]
    return matching[0] if matching else None
