"""The tenant on whose behalf this task runs, for logs and traces.

The database does not read this: a transaction is opened for an explicit tenant, so that
forgetting it is a type error and not a leak.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_current: ContextVar[UUID | None] = ContextVar("tenant_id", default=None)


def current_tenant_id() -> UUID | None:
    """The tenant bound to this task, or None outside of one."""
    return _current.get()


@contextmanager
def tenant_scope(tenant_id: UUID | None) -> Iterator[None]:
    """Bind `tenant_id` to log lines and spans made inside the block."""
    token = _current.set(tenant_id)
    try:
        yield
    finally:
        _current.reset(token)
