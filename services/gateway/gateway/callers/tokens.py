"""The header line by which a service knows who is calling, made about once a minute."""

from dataclasses import replace
from random import uniform
from time import time

from gateway.hosts.sites import Caller, Site
from stagify.tokens import CONTEXT_HEADER, TokenSigner

# A token is not handed out in its last seconds: they are for the request that carries it.
_SPARE_SECONDS = 5.0


class ContextTokens:
    """Keeps the header lines on the callers they speak for."""

    def __init__(self, signer: TokenSigner) -> None:
        self._signer = signer

    def line(self, caller: Caller, site: Site, audience: str, now: float) -> bytes:
        """The complete header line that says `caller` of `site` to `audience`."""
        held = caller.tokens.get(audience)
        if held is not None and held[0] is site and now < held[1]:
            return held[2]
        # Plan, region and status come from the directory's newest record, not from the look-up.
        own, common = caller.principal, site.principal
        principal = replace(
            own,
            plan=common.plan,
            region=common.region,
            tenant_status=common.tenant_status,
            slug=common.slug,
        )
        token, expires = self._signer.mint(audience, principal)
        line = f"{CONTEXT_HEADER}: {token}\r\n".encode()
        # Not all at the same moment: those made in one burst would have to be made anew in one.
        seconds = (expires - time() - _SPARE_SECONDS) * uniform(0.7, 1.0)
        caller.tokens[audience] = (site, now + seconds, line)
        return line
