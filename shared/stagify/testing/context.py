"""Genuine context tokens: every deployable has a key pair, as in production."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from stagify.principal import Principal
from stagify.settings import PublicKey
from stagify.tokens import CONTEXT_HEADER, TokenSigner, generate_seed, public_key_of

DEPLOYABLES = ("gateway", "tenant-svc", "identity-svc", "staging-svc", "usage-svc")


class ContextKeys:
    """The signing keys of one installation."""

    def __init__(self) -> None:
        self._seeds = {name: generate_seed() for name in DEPLOYABLES}
        self.public = {
            name: PublicKey(issuer=name, key=public_key_of(seed), audiences=frozenset({"*"}))
            for name, seed in self._seeds.items()
        }

    def settings(self, deployable: str) -> dict[str, Any]:
        """The two settings with the keys of `deployable`, as arguments for its Settings class."""
        public = {kid: key.model_dump(mode="json") for kid, key in self.public.items()}
        return {
            "context_private_key": self._seeds[deployable],
            "context_public_keys": json.dumps(public),
        }

    def signer(self, deployable: str) -> TokenSigner:
        """The signer of `deployable`."""
        return TokenSigner(self._seeds[deployable], self.public)

    def headers(
        self,
        audience: str,
        *,
        issuer: str = "gateway",
        permissions: Iterable[str] = (),
        **fields: Any,
    ) -> dict[str, str]:
        """The headers of a call to `audience` by a principal with these fields."""
        principal = Principal(
            issuer=issuer, permissions=frozenset(permissions), **{"kind": "user", **fields}
        )
        return {CONTEXT_HEADER: self.signer(issuer).token(audience, principal)}

    def service_headers(self, audience: str, issuer: str, **fields: Any) -> dict[str, str]:
        """The headers of an internal call from `issuer` to `audience`."""
        return self.headers(audience, issuer=issuer, kind="service", subject=issuer, **fields)


@pytest.fixture(scope="session")
def context_keys() -> ContextKeys:
    """The keys of this test session."""
    return ContextKeys()
