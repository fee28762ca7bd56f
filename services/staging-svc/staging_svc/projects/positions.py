"""Where a reader of the workspace's live stream is: the ids of its events.

A position is the number of a transaction: everything that earlier ones changed was sent. Transactions
are counted over all tenants, and how many there are is nobody's business; so the number is encrypted,
for one tenant. The time in front of it lets readers compare ids.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

# As many days as deleted projects are remembered (`trash.REMEMBERED`), less one to be sure.
RESUMABLE = timedelta(days=6)

_HALF = 8
_LATEST_MS = 10**15 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """What earlier transactions than this one changed was sent by `at`."""

    transaction: int
    at: datetime


class Positions:
    """Writes and reads the positions of one tenant's streams."""

    def __init__(self, secret: str, tenant_id: UUID) -> None:
        key = hmac.digest(secret.encode(), b"live stream of " + tenant_id.bytes, "sha256")
        # One block that never is the same twice but for the same position: no mode is needed.
        self._cipher = Cipher(AES(key), ECB())

    def write(self, position: Position) -> bytes:
        """The position as the id of an event."""
        at = int(position.at.timestamp() * 1000)
        block = position.transaction.to_bytes(_HALF, "big") + at.to_bytes(_HALF, "big")
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(block) + encryptor.finalize()
        return b"%d-%b" % (at, base64.urlsafe_b64encode(sealed).rstrip(b"="))

    def read(self, event_id: str) -> Position | None:
        """The position in the id of an event; None if this tenant was never given it."""
        time, _, sealed = event_id.partition("-")
        decryptor = self._cipher.decryptor()
        block = decryptor.update(base64.urlsafe_b64decode(sealed + "==")) + decryptor.finalize()
        at = int.from_bytes(block[_HALF:], "big")
        if at != int(time) or at > _LATEST_MS:
            return None
        moment = datetime.fromtimestamp(at / 1000, UTC)
        return Position(int.from_bytes(block[:_HALF], "big"), moment)
