"""The form of an API key, and the keyed hash that is kept of it.

    stg_live_<8: public id>_<43: 256 random bits><6: checksum>

Base 62 throughout, so that a double click selects it all. The checksum (CRC-32) lets scanners
and this service refuse a mistyped key without asking the database. The hash is HMAC-SHA-256:
256 random bits need no slow hash, but they need a secret that the database does not hold.
"""

import hmac
import re
import secrets
import string
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "stg_live_"
ID_LENGTH = 8
SECRET_LENGTH = 43
CHECKSUM_LENGTH = 6
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

_KEY = re.compile(
    rf"{PREFIX}([0-9A-Za-z]{{{ID_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH + CHECKSUM_LENGTH}}}"
)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key; `text` is shown once and stored nowhere."""

    text: str
    public_id: str
    key_hash: bytes

    @property
    def last4(self) -> str:
        """The last characters, by which its owner can recognize it together with its start."""
        return self.text[-4:]


class KeyRing:
    """Mints and checks keys. The first secret signs, all of them verify, so that secrets can be
    rotated."""

    def __init__(self, server_secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(server_secrets)

    def mint(self) -> NewKey:
        """A new random key."""
        public_id = _random(ID_LENGTH)
        body = f"{PREFIX}{public_id}_{_random(SECRET_LENGTH)}"
        text = body + checksum(body)
        return NewKey(text, public_id, _hash(self._secrets[0], text))

    def matches(self, text: str, key_hash: bytes) -> bool:
        """Whether `key_hash` is the hash of `text` under any of the secrets."""
        hashes = [_hash(secret, text) for secret in self._secrets]
        return any(hmac.compare_digest(candidate, key_hash) for candidate in hashes)

    @staticmethod
    def public_id_of(text: str) -> str | None:
        """The public id inside a well-formed key; None if it has another form or a wrong checksum."""
        match = _KEY.fullmatch(text)
        if match is None:
            return None
        body, end = text[:-CHECKSUM_LENGTH], text[-CHECKSUM_LENGTH:]
        return match.group(1) if hmac.compare_digest(checksum(body), end) else None


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def checksum(body: str) -> str:
    """The checksum at the end of a key that begins with `body`."""
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def _hash(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
