"""The header line by which a service knows who is calling, made about once a minute."""

from base64 import urlsafe_b64decode
from dataclasses import replace
from random import uniform
from time import monotonic, time

import orjson

from gateway.sites import Caller, Site
from stagify.auth import CONTEXT_HEADER, TokenSigner

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
        token = self._signer.token(audience, principal)
        line = f"{CONTEXT_HEADER}: {token}\r\n".encode()
        caller.tokens[audience] = (site, monotonic() + _seconds_left(token), line)
        return line


def _seconds_left(token: str) -> float:
    """How long `token`, which we have just signed, may be handed out."""
    claims = token.split(".", 2)[1]
    expires: int = orjson.loads(urlsafe_b64decode(claims + "=="))["exp"]
    # Not all at the same moment: those made in one burst would have to be made anew in one.
    return (expires - time() - _SPARE_SECONDS) * uniform(0.7, 1.0)
