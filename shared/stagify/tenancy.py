"""The tenant on whose behalf the current work runs, for log lines.

The database does not use this: every transaction names its tenant, so that forgetting it is a type
error and not a leak.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_current: ContextVar[UUID | None] = ContextVar("tenant_id", default=None)


def current_tenant_id() -> UUID | None:
    """The tenant of the current work, or None if it has none."""
    return _current.get()


@contextmanager
def tenant_scope(tenant_id: UUID | None) -> Iterator[None]:
    """Add `tenant_id` to log lines that are written inside the block."""
    token = _current.set(tenant_id)
    try:
        yield
    finally:
        _current.reset(token)
