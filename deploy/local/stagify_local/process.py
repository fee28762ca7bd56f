"""A child process: its own group, its own log file, watched by the guardian."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from stagify_local.errors import StartError
from stagify_local.guardian import Guardian, group_exists, signal_group
from stagify_local.private import open_private
from stagify_local.waiting import eventually

LOG_LIMIT_BYTES = 20 * 1024 * 1024
POLL_SECONDS = 0.03
# A child gets only these of the caller's variables; a stray DATABASE_URL must not reach it.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Command:
    """What to run and how to end it."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    # The system user to run as; only root may choose one.
    user: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_seconds: float = 10.0


class ManagedProcess:
    """One running command at a time; it can be started again after it has ended."""

    def __init__(self, command: Command, guardian: Guardian) -> None:
        self.command = command
        self._guardian = guardian
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def pid(self) -> int | None:
        """The pid while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """How it ended: a status, or minus the signal; None while it runs or before it ran."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Run the command; its output is appended to its log."""
        command = self.command
        rotate(command.log)
        environment = {key: os.environ[key] for key in INHERITED if key in os.environ}
        with os.fdopen(open_private(command.log, os.O_WRONLY | os.O_APPEND), "ab") as log:
            self._process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment, **command.environment},
                start_new_session=True,
                # What it writes may be personal.
                umask=0o077,
                user=command.user,
                group=command.user,
                extra_groups=None if command.user is None else [],
            )
        self._guardian.watch(self._process.pid, command.stop_signal)

    def wait_ready(self, ready: Callable[[], bool], timeout_seconds: float) -> None:
        """Return once `ready()`; a process that ends or takes too long is a StartError."""
        deadline = time.monotonic() + timeout_seconds
        while not ready():
            if not self.running:
                raise StartError(f"{self.name} ended with {self.exit_status}.\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StartError(
                    f"{self.name} was not ready after {timeout_seconds:.0f} s.\n{self.tail()}"
                )
            time.sleep(POLL_SECONDS)

    def wait(self) -> int:
        """Wait for the command to end by itself; its status."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        status = self._process.wait()
        self.sweep()
        return status

    def stop(self) -> None:
        """End it: the stop signal, the grace time, then kill whatever its group still has."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(self.command.stop_signal)
            try:
                self._process.wait(self.command.stop_grace_seconds)
            except subprocess.TimeoutExpired:
                signal_group(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self.sweep()

    def sweep(self) -> None:
        """After its leader has ended: kill what is left of the group."""
        if self._process is None:
            return
        if group_exists(self._process.pid):
            signal_group(self._process.pid, signal.SIGKILL)
        self._guardian.forget(self._process.pid)
        self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Signal the whole group, for tests of faults."""
        if self._process is not None:
            signal_group(self._process.pid, number)

    def kill(self) -> None:
        """End it as a power cut would; on return nothing of it runs any more."""
        members = self._members()
        self.signal(signal.SIGKILL)
        _await(members, f"{self.name} to be gone")

    def pause(self) -> None:
        """Freeze it until `resume`; on return it does nothing more."""
        members = self._members()
        self.signal(signal.SIGSTOP)
        _await(members, f"{self.name} to stand still", psutil.STATUS_STOPPED)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def _members(self) -> list[psutil.Process]:
        """Its leader, and what that has started in its group."""
        group = self.pid
        if group is None:
            return []
        return [each for each in family_of(group) if _is_in(group, each)]

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        if not self.command.log.exists():
            return ""
        text = self.command.log.read_text(errors="replace")
        return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def family_of(pid: int) -> list[psutil.Process]:
    """The process and its descendants, itself first; nothing once it has ended."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _is_in(group: int, process: psutil.Process) -> bool:
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(process.pid) == group
    return False


def _await(processes: Iterable[psutil.Process], what: str, *states: str) -> None:
    """Wait until each of them has ended, or is in one of these states: on a busy machine it may still answer a
    request before it sees its signal."""

    def is_so(process: psutil.Process) -> bool:
        try:
            return process.status() in (psutil.STATUS_ZOMBIE, *states)
        except psutil.NoSuchProcess:
            return True

    eventually(lambda: all(map(is_so, processes)), what=what)


def rotate(log: Path) -> None:
    """Keep one older log, and stop this one from growing for ever."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
