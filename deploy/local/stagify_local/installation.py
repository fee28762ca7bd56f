"""One folder is one installation: its lock, and the processes that run from it now."""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stagify_local.errors import AlreadyRunningError, NotRunningError
from stagify_local.guardian import GRACE_SECONDS
from stagify_local.private import private_folder

STOP_TIMEOUT_SECONDS = 90.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class RunningProcess:
    """A process as `status` shows it."""

    name: str
    pid: int | None
    port: int


@dataclass(frozen=True)
class Running:
    """What a running supervisor says about itself."""

    pid: int
    gateway_port: int
    processes: Sequence[RunningProcess] = ()

    @property
    def gateway_url(self) -> str:
        """The URL of the platform host, for a browser."""
        return f"http://app.localhost:{self.gateway_port}"


class Installation:
    """The folder, usually `.stagify` of a clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def _lock_path(self) -> Path:
        return self.folder / "lock"

    @property
    def _running_path(self) -> Path:
        return self.folder / "running.json"

    @contextlib.contextmanager
    def lock(self) -> Iterator[int]:
        """Be the one supervisor of this folder; yields the lock's descriptor.

        A supervisor that was killed leaves a guardian, which keeps the lock until its processes
        are down: wait that long before saying that one is running.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        private_folder(self.logs)
        with self._lock_path.open("w") as lock:
            deadline = time.monotonic() + GRACE_SECONDS + 2
            while not try_lock(lock.fileno()):
                running = self.running()
                if running is not None and is_alive(running.pid):
                    raise AlreadyRunningError(
                        f"StagifyAI is running already (pid {running.pid}): {running.gateway_url}. "
                        "`make down` stops it."
                    )
                if time.monotonic() > deadline:
                    raise AlreadyRunningError(f"{self._lock_path} is held by another process.")
                time.sleep(POLL_SECONDS)
            try:
                yield lock.fileno()
            finally:
                self._running_path.unlink(missing_ok=True)

    def is_locked(self) -> bool:
        """Whether a supervisor is running, or the guardian of a killed one."""
        if not self._lock_path.exists():
            return False
        with self._lock_path.open("a") as lock:
            return not try_lock(lock.fileno())

    def publish(self, running: Running) -> None:
        """Write down what runs now, for `status`, `down` and a second `up`."""
        part = self._running_path.with_suffix(".part")
        part.write_text(json.dumps(asdict(running)))
        part.replace(self._running_path)

    def running(self) -> Running | None:
        """What the supervisor last wrote down; None if there is none."""
        try:
            fields = json.loads(self._running_path.read_text())
        except FileNotFoundError:
            return None
        processes = tuple(RunningProcess(**process) for process in fields.pop("processes"))
        return Running(**fields, processes=processes)

    def require_running(self) -> Running:
        """What runs now, or NotRunningError."""
        running = self.running() if self.is_locked() else None
        if running is None:
            raise NotRunningError("StagifyAI is not running here; `make up` starts it.")
        return running

    def stop(self) -> None:
        """Ask the supervisor to stop and wait until its last process is down."""
        running = self.require_running()
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while self.is_locked():
            if time.monotonic() > deadline:
                # The guardian ends the processes that it leaves behind.
                os.kill(running.pid, signal.SIGKILL)
                return
            time.sleep(POLL_SECONDS)


def try_lock(descriptor: int) -> bool:
    """Take the lock unless another open file has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Whether this process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
