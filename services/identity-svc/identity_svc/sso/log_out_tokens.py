"""What is believed of a provider's word that somebody has logged out there (OpenID Connect Back-Channel Logout
1.0, 2.6).

It is checked like an ID token, and must be none: it has an event and no nonce, so that neither can be taken for
the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from identity_svc.sso.id_tokens import (
    check_origin,
    check_subject,
    check_times,
    refuse,
    signed_claims,
)

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# Some name no type, and others that of every token.
TYPES = (None, "jwt", "logout+jwt", "application/logout+jwt")


@dataclass(frozen=True, slots=True)
class LogOut:
    """Whose sessions have ended at a provider: all of a subject, or one session, or both names of one. `token_id`
    is the same whenever the provider says so again."""

    token_id: str
    subject: str | None
    session_id: str | None
    issued_at: datetime


def log_out_of(
    token: str, keys: Sequence[Any], algorithm: str, *, issuer: str, client_id: str
) -> LogOut:
    """What the token says, if it is a log-out that this provider tells us, and nobody else."""
    kind = jwt.get_unverified_header(token).get("typ")
    if (kind.lower() if isinstance(kind, str) else kind) not in TYPES:
        refuse("type")
    claims = signed_claims(token, keys, algorithm)
    check_origin(claims, issuer, client_id)
    check_times(claims)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        refuse("no_log_out")
    if "nonce" in claims:
        refuse("id_token")
    token_id, subject, session_id = (_named(claims, name) for name in ("jti", "sub", "sid"))
    if token_id is None or (subject is None and session_id is None):
        refuse("nobody_named")
    return LogOut(token_id, subject, session_id, datetime.fromtimestamp(claims["iat"], UTC))


def _named(claims: Mapping[str, Any], name: str) -> str | None:
    if name not in claims:
        return None
    check_subject(claims[name])
    found: str = claims[name]
    return found
