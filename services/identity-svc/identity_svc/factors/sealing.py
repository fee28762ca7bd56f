"""Encrypting the secrets of apps for codes, which the service has to read again, unlike a password.

AES-256-GCM under a key made of the server's secret; who it belongs to is authenticated with it, so a row
that was moved to another person opens for nobody. The first secret seals, all of them open, so that
secrets can be rotated.
"""

import secrets
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class Sealer:
    """Encrypts what is a person's."""

    def __init__(self, server_secrets: Sequence[bytes]) -> None:
        self._ciphers = [AESGCM(_key(secret)) for secret in server_secrets]

    def seal(self, owner: UUID, secret: bytes) -> bytes:
        """`secret`, so that only `open` can read it, for the same owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret, owner.bytes)

    def open(self, owner: UUID, sealed: bytes) -> bytes:
        """What was sealed for `owner`; InvalidTag if none of the secrets opens it."""
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, content, owner.bytes)
            except InvalidTag:
                continue
        raise InvalidTag


def _key(secret: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"stagify factors").derive(secret)
