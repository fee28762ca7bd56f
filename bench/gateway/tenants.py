"""The ten thousand tenants of the measurement, each with one API key and one JWT."""

from dataclasses import dataclass
from uuid import UUID, uuid5

import jwt

TENANTS = 10_000
BASE = "bench.test"
JWT_KEY = "only-for-measuring-" * 3
_NAMESPACE = UUID("6f2d1c1e-0000-4000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class BenchTenant:
    """One of them."""

    number: int

    @property
    def tenant_id(self) -> UUID:
        """Its id, the same in every run."""
        return uuid5(_NAMESPACE, f"tenant-{self.number}")

    @property
    def key_id(self) -> UUID:
        """The id of its API key."""
        return uuid5(_NAMESPACE, f"key-{self.number}")

    @property
    def host(self) -> str:
        """Its host name."""
        return f"t{self.number}.{BASE}"

    @property
    def api_key(self) -> str:
        """The credential that its program sends to our gateway."""
        return f"stg_live_{self.number:08d}_{self.key_id.hex}{self.tenant_id.hex[:8]}"

    def jwt(self, expires: int) -> str:
        """The credential that its program sends to Envoy."""
        claims = {"iss": "stagify", "tid": str(self.tenant_id), "exp": expires}
        return jwt.encode(claims, JWT_KEY, algorithm="HS256")


def tenant_of_key(api_key: str) -> BenchTenant:
    """The tenant whose key this is."""
    return BenchTenant(int(api_key.split("_")[2]))
