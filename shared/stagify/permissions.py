"""The names of what a caller may be allowed to do: routes require them, and tokens carry them.

identity-svc decides which of them a role or a key has.
"""

from typing import Literal, get_args

Permission = Literal[
    "tenant:read",
    "projects:read",
    "usage:read",
    "members:read",
    "projects:write",
    "shares:manage",
    # Settings, branding, organizations.
    "tenant:manage",
    "domains:manage",
    "members:manage",
    "api_keys:manage",
    "webhooks:manage",
    "audit:read",
    "billing:read",
    "billing:manage",
    "roles:manage",
    "sso:manage",
    "data:export",
    "tenant:delete",
    "ownership:transfer",
]

ALL_PERMISSIONS: frozenset[str] = frozenset(get_args(Permission))
