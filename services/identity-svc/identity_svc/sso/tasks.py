"""The daily look at domains that are proved."""

from datetime import timedelta

from identity_svc.parts import Parts
from identity_svc.sso.domain_proofs import LOOK, look_again
from stagify.tasks.kinds import Kind, Kinds, Task


class LookAgain:
    """Looks at the domains of one tenant with the worker's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def __call__(self, task: Task) -> None:
        await look_again(self._parts, task)


def domain_kinds(parts: Parts) -> Kinds:
    """The task that looks at domains. A tenant has up to fifty, each of which may take some seconds not to
    answer."""
    return {
        LOOK: Kind(
            handler=LookAgain(parts),
            timeout=timedelta(minutes=10),
            give_up_after=timedelta(hours=12),
        )
    }
