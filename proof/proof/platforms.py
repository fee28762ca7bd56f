"""Platforms on this machine, each on free ports and in a folder of its own."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stagify_local.platform import Platform

# All customers of a proof come from one address, which would soon be over its limits.
ONE_ADDRESS = {"LOGINS_PER_SOURCE_MINUTE": "1000000", "SIGNUPS_PER_SOURCE_HOUR": "1000000"}
# For proofs that are about something else than how hard a password is to guess.
CHEAP_PASSWORDS = {"ARGON2_MEMORY_KIB": "8", "ARGON2_TIME_COST": "1"}
# For proofs that are about something else than what the gateway does if a service takes too long, which every
# service may on a busy machine.
PATIENT = {
    "TURN_TIMEOUT_SECONDS": "30",
    "BUSY_TURN_TIMEOUT_SECONDS": "30",
    "CREDENTIAL_TIMEOUT_SECONDS": "30",
}


@contextlib.contextmanager
def running(
    folder: Path | None = None, *, settings: Mapping[str, str] | None = None, **options: Any
) -> Iterator[Platform]:
    """A platform in `folder`, else in a temporary one; `options` are those of `Platform`."""
    with contextlib.ExitStack() as stack:
        if folder is None:
            temporary = tempfile.TemporaryDirectory(
                prefix="stagify-proof-", ignore_cleanup_errors=True
            )
            folder = Path(stack.enter_context(temporary))
        folder.mkdir(parents=True, exist_ok=True)
        # If root runs this, PostgreSQL is another user, who must be able to enter.
        folder.chmod(0o755)
        platform = Platform(folder, settings={**ONE_ADDRESS, **(settings or {})}, **options)
        platform.start()
        try:
            yield platform
        finally:
            platform.stop()
