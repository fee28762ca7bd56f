"""Who caused the work that runs now, and under which request.

Every event says both (`actor`, `requestid`): the audit log is made of them. The HTTP edge binds
the request's id, and the caller once its token is verified; an internal call passes both on; a
consumer takes them from the event it handles, a job from its row. So whatever follows from a
request names who made it, however many services later. Work that nobody asked for is caused by
the service that does it (docs/decisions/0009-who-caused-an-event.md).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# Carries the actor of an internal call; believed with a service's token only. The gateway drops
# every header of this prefix that comes from outside.
ACTOR_HEADER = "x-stagify-actor"

# Someone's id behind their kind, never a name; `system` is a command run on the machine.
ACTOR = re.compile(r"(?:user|api_key|operator|service):[A-Za-z0-9._-]{1,64}|system")
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who and which request is behind some work; None where nobody is, or it is not known."""

    actor: str | None = None
    request_id: str | None = None


NOBODY = Cause()
current: ContextVar[Cause] = ContextVar("cause", default=NOBODY)


@contextmanager
def scope(actor: str | None, request_id: str | None = None) -> Iterator[None]:
    """Let what happens in the block be caused by `actor` under `request_id`."""
    token = current.set(Cause(actor, request_id))
    try:
        yield
    finally:
        current.reset(token)


@contextmanager
def named(actor: str) -> Iterator[None]:
    """Let what happens in the block be caused by `actor`, under the request id there is."""
    with scope(actor, current.get().request_id):
        yield


def bind_actor(actor: str | None) -> None:
    """Say who made the request that is being handled; its end takes the binding away."""
    now = current.get()
    if now.actor != actor:
        current.set(Cause(actor, now.request_id))
