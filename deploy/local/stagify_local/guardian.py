"""The guardian: a tiny process that outlives a killed supervisor and leaves no orphan behind.

The supervisor tells it every process group it starts. When the pipe between them closes
because the supervisor is gone (`kill -9` included), the guardian ends what is left. It runs in
a session of its own, so that Ctrl-C and a closed terminal do not reach it. It may also hold the
supervisor's lock file, so that a successor waits until the last process is down.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

GRACE_SECONDS = 10.0
POLL_SECONDS = 0.05


class Guardian:
    """The supervisor's end of the pipe; thread-safe."""

    def __init__(self, *, held_descriptors: Sequence[int] = ()) -> None:
        self._lock = threading.Lock()
        # Isolated and without site-packages: 20 ms to start, a few megabytes.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=held_descriptors,
            start_new_session=True,
            text=True,
            bufsize=1,
        )

    def watch(self, group: int, stop_signal: signal.Signals) -> None:
        """End `group` with `stop_signal` if this process dies."""
        self._tell(f"+ {group} {stop_signal.value}\n")

    def forget(self, group: int) -> None:
        """The group is gone, and its number may soon belong to another."""
        self._tell(f"- {group} 0\n")

    def close(self) -> None:
        """End the guardian, which first ends whatever it still watches."""
        with self._lock:
            stdin = self._process.stdin
            if stdin is not None and not stdin.closed:
                with contextlib.suppress(BrokenPipeError):
                    stdin.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process.stdin is None or self._process.stdin.closed:
                raise RuntimeError("the guardian is closed")
            self._process.stdin.write(line)


def group_exists(group: int) -> bool:
    """Whether any process, a zombie included, is in this group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signal_group(group: int, number: int) -> None:
    """Signal a group that may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def main() -> None:
    """Follow the pipe until it closes, then end every group still watched."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        sign, group, number = line.split()
        if sign == "+":
            groups[int(group)] = int(number)
        else:
            groups.pop(int(group), None)
    for group, number in groups.items():
        signal_group(group, number)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(group_exists(group) for group in groups):
        time.sleep(POLL_SECONDS)
    for group in groups:
        signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
