"""A provider of log-ins (OpenID Connect) that tests talk to as people's browsers do."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import httpx

_RUNNING = re.compile(r"running on (http://[\w.:]+)")


@dataclass(frozen=True, slots=True)
class RealProvider:
    """A running provider, which knows whoever it is told of and asks them for nothing but their name."""

    issuer: str

    def know(self, subject: str, **claims: Any) -> None:
        """Tell it of somebody."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def log_in(self, url: str, subject: str) -> str:
        """Where it sends a browser that came to `url`, after somebody has logged in there."""
        answer = httpx.post(url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@contextmanager
def real_provider() -> Iterator[RealProvider]:
    """A provider in a process of its own."""
    process = subprocess.Popen(
        # Its own libraries warn of each other.
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    draining: list[threading.Thread] = []
    try:
        told = ""
        for line in process.stderr:
            told += line
            if found := _RUNNING.search(line):
                break
        else:
            raise RuntimeError(told)
        # Or it would wait for somebody to read what it logs.
        draining.append(threading.Thread(target=_drain, args=(process.stderr,)))
        draining[0].start()
        yield RealProvider(found[1])
    finally:
        process.terminate()
        process.wait(30)
        for each in draining:
            each.join(30)
        process.stderr.close()


def _drain(stream: IO[str]) -> None:
    for _ in stream:
        pass
