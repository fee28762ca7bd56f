"""Passwords that became known when others were broken into, if the installation names somebody to ask.

It is asked as Pwned Passwords is: it learns the first five of the forty figures of a hash, and answers with the
rest of all that begin so, among some that are made up, so that the length tells nothing either. Whoever cannot be
asked in time hinders nobody from choosing a password.
"""

import asyncio
import hashlib
import ssl

import httpcore
from prometheus_client import Counter

ANSWERS = Counter(
    "stagify_identity_breached_passwords",
    "New passwords by what was said of them: known, unknown, or nothing in time.",
    ["outcome"],
)

# One waits for this on a page.
SECONDS = 1.5
# Twenty times as long as an answer is.
MAX_BYTES = 1_024 * 1_024
# What it learns of the hash.
PREFIX = 5


class Breaches:
    """Asks at `url`, below which there is a text for each beginning of a hash; without one nobody is asked. Make
    one for each process, and close it at the end."""

    def __init__(self, url: str | None, *, seconds: float = SECONDS) -> None:
        self._url = None if url is None else url.rstrip("/")
        self._seconds = seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context() if url is not None else None,
            max_connections=8,
            keepalive_expiry=30,
        )

    async def knows(self, password: str) -> bool:
        """Whether the password is known of a breach, as far as can be said in time."""
        if self._url is None:
            return False
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        try:
            async with asyncio.timeout(self._seconds):
                is_known = digest[PREFIX:] in await self._ask(f"{self._url}/{digest[:PREFIX]}")
        except (TimeoutError, _NoAnswerError, httpcore.NetworkError, httpcore.ProtocolError):
            ANSWERS.labels("nothing").inc()
            return False
        ANSWERS.labels("known" if is_known else "unknown").inc()
        return is_known

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def _ask(self, url: str) -> set[str]:
        """The rest of each hash that begins so, but for those that are made up."""
        body = bytearray()
        headers = [("add-padding", "true"), ("user-agent", "StagifyAI")]
        async with self._pool.stream("GET", url, headers=headers) as answer:
            if answer.status != 200:
                raise _NoAnswerError
            async for part in answer.aiter_stream():
                body += part
                if len(body) > MAX_BYTES:
                    raise _NoAnswerError
        lines = (line.partition(":") for line in body.decode("ascii", "replace").split())
        return {rest.upper() for rest, _, times in lines if times.strip("0")}


class _NoAnswerError(Exception):
    """Something else was answered than what was asked for."""
