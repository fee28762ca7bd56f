"""A browser on the platform's host that is asked for any passkey, of whoever uses it.

Whoever looks at the page of the log-in is asked, so nothing is kept of the question: a row for each would be a table
that strangers fill. A question carries an id, until when it can be answered, and what a passkey has to sign, which is
a keyed hash of both and of what only this browser has. So it is ours, or it is none. Once it is answered, its id
becomes a row, for as long as somebody could answer it again.
"""

import base64
import hmac
from datetime import UTC, datetime
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.factors.models import Challenge
from stagify.ids import new_id

PASSKEY = "passkey"

_ID, _UNTIL, _NONCE = 16, 6, 32


def new_question(digester: Digester, browser_hash: bytes, until: datetime) -> tuple[str, Challenge]:
    """What a browser can be asked with, which is no row; and how it names that in its answer, in 72 characters of
    base64url."""
    id_, ends = new_id().bytes, int(until.timestamp()).to_bytes(_UNTIL)
    nonce = _nonce(digester, id_, ends, browser_hash)
    name = base64.urlsafe_b64encode(id_ + ends + nonce).decode()
    return name, _question(id_, ends, nonce, browser_hash)


def find_question(digester: Digester, name: str, browser_hash: bytes) -> Challenge | None:
    """The question of this name, if this browser was asked it; it may be too late for an answer."""
    try:
        packed = base64.b64decode(name, altchars=b"-_", validate=True)
    except ValueError:
        return None
    id_, ends, nonce = packed[:_ID], packed[_ID:-_NONCE], packed[-_NONCE:]
    if len(packed) != _ID + _UNTIL + _NONCE:
        return None
    if not hmac.compare_digest(nonce, _nonce(digester, id_, ends, browser_hash)):
        return None
    return _question(id_, ends, nonce, browser_hash)


def _nonce(digester: Digester, id_: bytes, ends: bytes, browser_hash: bytes) -> bytes:
    return digester.digest("passkey_question", id_.hex(), ends.hex(), browser_hash.hex())


def _question(id_: bytes, ends: bytes, nonce: bytes, browser_hash: bytes) -> Challenge:
    return Challenge(
        id=UUID(bytes=id_),
        purpose=PASSKEY,
        browser_hash=browser_hash,
        nonce=nonce,
        expires_at=datetime.fromtimestamp(int.from_bytes(ends), UTC),
    )
