"""Which service answers a path: by its first two segments, exactly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.fairness.turns import Turns
from gateway.wire.service import Service

ServiceName = Literal["identity-svc", "tenant-svc", "staging-svc", "usage-svc"]

# A test compares these with the paths that the services serve.
PREFIXES: Mapping[ServiceName, tuple[str, ...]] = {
    "identity-svc": (
        "signup",
        "session",
        "handoffs",
        "me",
        "password-resets",
        "email-changes",
        "roles",
        "members",
        "service-accounts",
        "invitations",
        "invitation-links",
        "ownership-transfers",
        "api-keys",
        "sso",
    ),
    "tenant-svc": ("tenant", "branding", "slugs"),
    "staging-svc": ("catalog", "uploads", "projects", "images"),
    "usage-svc": ("usage", "entitlements"),
}

_SERVICES = {prefix: name for name, prefixes in PREFIXES.items() for prefix in prefixes}

# Where an invalid session does not matter: signing up, logging in, and what anyone may read.
OPEN_TO_ANYONE = frozenset(
    {
        (b"POST", b"signup"),
        (b"POST", b"session"),
        (b"DELETE", b"session"),
        (b"POST", b"handoffs"),
        (b"POST", b"password-resets"),
        (b"POST", b"email-changes"),
        (b"GET", b"sso"),
        (b"HEAD", b"sso"),
        (b"POST", b"sso"),
        (b"GET", b"branding"),
        (b"HEAD", b"branding"),
        (b"GET", b"catalog"),
        (b"HEAD", b"catalog"),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A service that requests are sent to; `name` is the audience of their context tokens."""

    name: ServiceName
    service: Service
    turns: Turns


class Routes:
    """The prefix table."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.all = tuple(routes)
        by_name = {route.name: route for route in self.all}
        self._by_segment = {prefix.encode(): by_name[name] for prefix, name in _SERVICES.items()}

    def find(self, target: bytes) -> Route | None:
        """The route of `/v1/<segment>…`; None if there is none."""
        if not target.startswith(b"/v1/"):
            return None
        return self._by_segment.get(segment_of(target))


def service_at(path: str) -> ServiceName | None:
    """The service that answers `path`, which has no query; None if it is not public."""
    start, _, rest = path.removeprefix("/").partition("/")
    return _SERVICES.get(rest.partition("/")[0]) if start == "v1" else None


def segment_of(target: bytes) -> bytes:
    """What follows `/v1/`, up to the next slash or the query."""
    end = target.find(b"/", 4)
    segment = target[4:] if end < 0 else target[4:end]
    return segment.partition(b"?")[0] if b"?" in segment else segment
