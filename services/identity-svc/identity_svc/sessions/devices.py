"""The device cookie: a browser in which a person has logged in before is a guesser of its own.

It follows OWASP's "Slow Down Online Guessing Attacks with Device Cookies", and is no credential: it
spares its person the waits that strangers' failures cause, and nothing else. It is worth nothing for
another account, after the person has a new password, and after a year.

The cookie holds a token for each of the last few people who have used the browser. A token is an id, the
day of its making and an HMAC; nothing about it is stored.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from identity_svc.digests.service import Digester
from stagify.clock import utc_now

LIFE = timedelta(days=365)
# Several people may share a browser; the cookie stays small.
MAX_TOKENS = 4

_ID_BYTES, _DAY_BYTES, _MAC_BYTES = 12, 4, 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeviceOwner:
    """Whom a device is known to: an account with the hash of its present password."""

    user_id: UUID
    password_hash: str


class Devices:
    """Makes and recognizes device cookies. The first secret signs, all of them verify, so that secrets
    can be rotated."""

    def __init__(self, server_secrets: Sequence[str]) -> None:
        self._digesters = [Digester(secret) for secret in server_secrets]

    def find(self, cookie: str, owner: DeviceOwner) -> bytes | None:
        """The id of the device, if `owner` has logged in there."""
        return next((token[:_ID_BYTES] for token in self._tokens(cookie, owner)), None)

    def renew(self, cookie: str, owner: DeviceOwner, *, device_id: bytes | None = None) -> str:
        """The cookie after a log-in of `owner`: with a new token for them, for the device of this id, or
        the one that they had before, or a new one; and those of other people as they were."""
        device_id = device_id or self.find(cookie, owner) or secrets.token_bytes(_ID_BYTES)
        own = self._tokens(cookie, owner)
        others = [text for text in _texts(cookie) if _decode(text) not in own]
        return ".".join([self._sign(device_id, owner), *others][:MAX_TOKENS])

    def _tokens(self, cookie: str, owner: DeviceOwner) -> list[bytes]:
        tokens = [_decode(text) for text in _texts(cookie)]
        return [token for token in tokens if self._is_genuine(token, owner)]

    def _is_genuine(self, token: bytes, owner: DeviceOwner) -> bool:
        body, mac = token[:-_MAC_BYTES], token[-_MAC_BYTES:]
        macs = [_mac(digester, body, owner) for digester in self._digesters]
        age_days = _today() - int.from_bytes(body[_ID_BYTES:])
        return any(hmac.compare_digest(each, mac) for each in macs) and age_days <= LIFE.days

    def _sign(self, device_id: bytes, owner: DeviceOwner) -> str:
        body = device_id + _today().to_bytes(_DAY_BYTES)
        return base64.urlsafe_b64encode(body + _mac(self._digesters[0], body, owner)).decode()


def _mac(digester: Digester, body: bytes, owner: DeviceOwner) -> bytes:
    # With the hash of the password in it, a new password ends all known devices, without a list of them.
    return digester.digest("device", body.hex(), str(owner.user_id), owner.password_hash)


def _today() -> int:
    return (utc_now() - _EPOCH) // timedelta(days=1)


def _texts(cookie: str) -> list[str]:
    return [text for text in cookie.split(".")[:MAX_TOKENS] if _TOKEN.fullmatch(text)]


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
