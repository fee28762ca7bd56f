"""The names of what a caller may be allowed to do: routes require them, and tokens carry them.

identity-svc decides which of them a role or a key has.
"""

from typing import Literal, get_args

Permission = Literal[
    "tenant:read",
    "tenant:manage",
    "projects:read",
    "projects:write",
    "usage:read",
    "billing:manage",
    "api_keys:manage",
    "members:manage",
]

ALL_PERMISSIONS: frozenset[str] = frozenset(get_args(Permission))
