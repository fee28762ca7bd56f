"""Whether the passkeys that are stored belong to the domain that the platform has.

Authenticators show a passkey to the host alone that it was made on. With another `BASE_DOMAIN` nobody could use any
of them, and nobody would be told, so the API does not start then, unless its operator gives them up by name. A
passkey that was given up is as if it were not there: its person shows another factor, or a recovery code.
"""

from collections.abc import Sequence

from identity_svc.factors import queries
from identity_svc.parts import Parts


class LostPasskeysError(RuntimeError):
    """There are passkeys of other domains than the platform's, and nobody said that they may be lost."""


async def require_usable_passkeys(parts: Parts) -> None:
    """LostPasskeysError if passkeys of a domain are stored that is neither the platform's nor given up. Without
    tables there are none."""
    found = await parts.database.once_it_answers(lambda: _domains(parts))
    given_up = parts.settings.lost_passkey_domain_set
    lost = {*found} - given_up - {parts.settings.base_host}
    if lost:
        raise LostPasskeysError(
            f"there are passkeys of {', '.join(sorted(lost))}, which nobody can use at {parts.settings.base_host}:"
            " set BASE_DOMAIN back, or give them up with"
            f" LOST_PASSKEY_DOMAINS={','.join(sorted(lost | given_up))}"
        )


async def _domains(parts: Parts) -> Sequence[str]:
    async with parts.database.system() as session:
        hosts = await queries.list_passkey_hosts(session)
    return [host.removeprefix("app.") for host in hosts]
