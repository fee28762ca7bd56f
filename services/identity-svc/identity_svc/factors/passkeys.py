"""Passkeys (WebAuthn Level 3), of the platform's host alone: what a browser is asked, and whether its
answer is right.

A passkey belongs to the host it was made on. One of the base domain would be at every tenant's disposal,
and one of a tenant's host would end with its name. So they are made and used on `app.<base>`, and a
hand-off leads on from there.

Whether the authenticator has verified its user, it says in what it signs; nothing else tells us. The
number that it counts up is kept and never refuses anybody: passkeys that several devices share have none
that means anything.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

NAME = "StagifyAI"
NONCE_BYTES = 32
TIMEOUT_MS = 300_000

# What the library raises for an answer that is wrong or no answer at all.
_WRONG = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError)


@dataclass(frozen=True, slots=True)
class Site:
    """The host that passkeys are of, and the origin of its pages."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_backed_up: bool
    is_user_verified: bool


@dataclass(frozen=True, slots=True)
class Used:
    """What an authenticator says of its user and itself."""

    sign_count: int
    is_user_verified: bool


def new_nonce() -> bytes:
    """What an authenticator signs."""
    return secrets.token_bytes(NONCE_BYTES)


def bytes_of(text: str) -> bytes | None:
    """What base64url stands for; None if it is none."""
    try:
        return base64url_to_bytes(text)
    except ValueError:
        return None


def to_make(
    site: Site, nonce: bytes, *, handle: bytes, account: str, name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """What a browser needs to make a passkey: the argument of `navigator.credentials.create`, as JSON.
    Authenticators with one of those that are `known` make no other."""
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=NAME,
        user_id=handle,
        user_name=account,
        user_display_name=name,
        challenge=nonce,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    found: dict[str, Any] = orjson.loads(options_to_json(options))
    return found


def to_use(site: Site, nonce: bytes, known: Sequence[bytes] = ()) -> dict[str, Any]:
    """The same for the use of a passkey; of any that the browser has, unless some are named."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=nonce,
        timeout=TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    found: dict[str, Any] = orjson.loads(options_to_json(options))
    return found


def check_made(site: Site, nonce: bytes, credential: dict[str, Any]) -> Made | None:
    """The passkey in a browser's answer; None if it is none for this nonce and host."""
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
        )
    except _WRONG:
        return None
    return Made(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        is_backed_up=made.credential_device_type is CredentialDeviceType.MULTI_DEVICE
        and made.credential_backed_up,
        is_user_verified=made.user_verified,
    )


def check_used(
    site: Site, nonce: bytes, credential: dict[str, Any], public_key: bytes
) -> Used | None:
    """What is told by an answer that was signed with this key; None if it is none for this nonce and
    host."""
    try:
        used = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
    except _WRONG:
        return None
    return Used(used.new_sign_count, used.user_verified)
