"""A software authenticator: it makes passkeys and signs with them, as WebAuthn Level 3 says, with real keys,
CBOR and COSE. What it gets wrong on purpose, its fields say."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

# Flags of the authenticator's data (WebAuthn, 6.1).
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ES256, EC2, P256 = -7, 2, 1


def encoded(raw: bytes) -> str:
    """In base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes again."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Key:
    """One passkey in the authenticator."""

    id: bytes
    private: ec.EllipticCurvePrivateKey
    rp_id: str
    handle: bytes
    count: int = 0


@dataclass
class Authenticator:
    """A device with passkeys, in a browser that shows a page of `origin`."""

    origin: str = "http://app.localhost:8080"
    # Whether it asks for a finger or a PIN.
    verifies: bool = True
    # Whether it counts; those that share passkeys with others do not.
    counts: bool = True
    keys: list[Key] = field(default_factory=list)

    def create(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives, as JSON."""
        excluded = {decoded(each["id"]) for each in options.get("excludeCredentials", [])}
        if excluded & {key.id for key in self.keys}:
            raise ValueError("InvalidStateError")
        key = Key(
            changed.get("id", secrets.token_bytes(32)),
            ec.generate_private_key(ec.SECP256R1()),
            options["rp"]["id"],
            decoded(options["user"]["id"]),
        )
        self.keys.append(key)
        numbers = key.private.public_key().public_numbers()
        public = cbor2.dumps(
            {
                1: EC2,
                3: ES256,
                -1: P256,
                -2: numbers.x.to_bytes(32, "big"),
                -3: numbers.y.to_bytes(32, "big"),
            }
        )
        attested = bytes(16) + struct.pack(">H", len(key.id)) + key.id + public
        data = self._data(key, ATTESTED, changed) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data}
        return {
            "id": encoded(key.id),
            "rawId": encoded(key.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encoded(self._client_data("webauthn.create", options, changed)),
                "attestationObject": encoded(cbor2.dumps(attestation)),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        }

    def get(self, options: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives, as JSON: by the newest key that is allowed."""
        allowed = {decoded(each["id"]) for each in options.get("allowCredentials", [])}
        key = [
            each
            for each in self.keys
            if each.rp_id == options["rpId"] and (not allowed or each.id in allowed)
        ][-1]
        if self.counts:
            key.count += 1
        data = self._data(key, 0, changed)
        client_data = self._client_data("webauthn.get", options, changed)
        signed = data + hashlib.sha256(client_data).digest()
        return {
            "id": encoded(key.id),
            "rawId": encoded(key.id),
            "type": "public-key",
            "response": {
                "clientDataJSON": encoded(client_data),
                "authenticatorData": encoded(data),
                "signature": encoded(key.private.sign(signed, ec.ECDSA(SHA256()))),
                "userHandle": encoded(changed.get("handle", key.handle)),
            },
            "clientExtensionResults": {},
        }

    def _data(self, key: Key, flags: int, changed: dict[str, Any]) -> bytes:
        rp_id = changed.get("rp_id", key.rp_id)
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        if not self.counts:
            flags |= ELIGIBLE | BACKED_UP
        flags = changed.get("flags", flags)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, key.count)

    def _client_data(self, kind: str, options: dict[str, Any], changed: dict[str, Any]) -> bytes:
        told = {
            "type": changed.get("type", kind),
            "challenge": changed.get("challenge", options["challenge"]),
            "origin": changed.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(told).encode()
