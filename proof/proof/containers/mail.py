"""The codes in mails, from Mailpit's API."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import datetime

import httpx

CODE = re.compile(r"Your code is (\d{6})")
# Longer than identity-svc waits before it tries again after the mail server was away.
MAIL_SECONDS = 30.0
POLL_SECONDS = 0.2
# What a busy machine may take to deliver; also the difference of the clocks of host and engine.
SLACK_SECONDS = 0.5


async def codes(port: int, email: str, since: int) -> AsyncIterator[str]:
    """The codes mailed to `email` after `since` (nanoseconds) as they arrive, for a while."""
    seen: set[str] = set()
    deadline = time.monotonic() + MAIL_SECONDS
    url = f"http://127.0.0.1:{port}/api/v1/search"
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            for message in await _search(client, url, email):
                created = datetime.fromisoformat(message["Created"]).timestamp()
                found = CODE.search(message["Snippet"])
                is_new = message["ID"] not in seen and created > since / 1e9 - SLACK_SECONDS
                seen.add(message["ID"])
                if found and is_new:
                    yield found[1]
            await asyncio.sleep(POLL_SECONDS)


async def _search(client: httpx.AsyncClient, url: str, email: str) -> list[dict[str, str]]:
    """The newest code first; nothing while the server is away."""
    try:
        answer = await client.get(url, params={"query": f"to:{email}"})
    except httpx.TransportError:
        return []
    found: list[dict[str, str]] = answer.json()["messages"] if answer.is_success else []
    return found
