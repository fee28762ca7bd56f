"""Identifiers: UUIDv7 (RFC 9562), time-ordered, so that indexes grow at one end only."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new UUIDv7 as the standard library's type."""
    return UUID(int=uuid_utils.uuid7().int)
