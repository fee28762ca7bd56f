"""Who caused the work that runs now, and which request it belongs to.

Every event carries both (`actor`, `requestid`), and the audit log is made from them. A service binds
the request's id when a request arrives, and the caller once its token is verified; an internal call
passes both on; a consumer takes them from the event it handles, a job from its row. So everything
that follows from a request names the person who made it, even several services later. Work that
nobody asked for is caused by the service that does it
(docs/decisions/0009-who-caused-an-event.md).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# Names the actor of an internal call, and counts only together with a service's token. The gateway
# drops every header with this prefix that comes from outside.
ACTOR_HEADER = "x-stagify-actor"

# A kind and an id, never a name; `system` stands for a command that was run on the machine.
ACTOR = re.compile(r"(?:user|api_key|operator|service):[A-Za-z0-9._-]{1,64}|system")
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who caused some work, and by which request; None where nobody did, or it is not known."""

    actor: str | None = None
    request_id: str | None = None


NOBODY = Cause()
current: ContextVar[Cause] = ContextVar("cause", default=NOBODY)


@contextmanager
def scope(actor: str | None, request_id: str | None = None) -> Iterator[None]:
    """Inside the block, `actor` is the cause of all work, under `request_id`."""
    token = current.set(Cause(actor, request_id))
    try:
        yield
    finally:
        current.reset(token)


@contextmanager
def named(actor: str) -> Iterator[None]:
    """Inside the block, `actor` is the cause of all work; the request id stays as it is."""
    with scope(actor, current.get().request_id):
        yield


def bind_actor(actor: str | None) -> None:
    """Note who made the request that is being handled; this is undone when the request ends."""
    now = current.get()
    if now.actor != actor:
        current.set(Cause(actor, now.request_id))
