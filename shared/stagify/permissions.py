"""What a caller may be allowed to do, by name: routes ask for these, and tokens carry them.

Which of them a role or a key brings is for identity-svc to say.
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
