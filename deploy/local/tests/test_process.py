"""Real child processes: they stop, they are killed, and none is left behind."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stagify_local.errors import StartError
from stagify_local.guardian import group_exists
from stagify_local.process import LOG_LIMIT_BYTES, ManagedProcess, rotate
from stagify_local.waiting import eventually

MakeProcess = Callable[[str], ManagedProcess]

FOREVER = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
# A leader whose own child would survive it.
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {FOREVER!r}]); {FOREVER}"

# Starts a child that ignores signals and one with a child of its own, prints their groups, and
# waits to be killed.
SUPERVISOR = """
import sys, time
from pathlib import Path
from stagify_local.guardian import Guardian
from stagify_local.process import Command, ManagedProcess
guardian = Guardian()
for number, code in enumerate(sys.argv[2:]):
    command = Command("child", [sys.executable, "-c", code], Path(sys.argv[1]) / "log")
    process = ManagedProcess(command, guardian)
    process.start()
    print(process.pid, flush=True)
time.sleep(600)
"""


def test_output_goes_to_the_log_and_the_environment_is_only_ours(
    make_process: MakeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "a stray one")
    process = make_process("import os; print('DATABASE_URL' in os.environ, 'PATH' in os.environ)")
    process.start()
    assert process.wait() == 0
    assert process.tail().strip() == "False True"


def test_stop_ends_the_whole_group(make_process: MakeProcess) -> None:
    process = make_process(PARENT)
    process.start()
    group = process.pid
    assert group is not None
    eventually(lambda: len(members(group)) == 2)
    process.stop()
    eventually(lambda: not group_exists(group))
    assert not process.running


def test_stop_kills_what_does_not_go(make_process: MakeProcess) -> None:
    process = make_process(STUBBORN)
    process.start()
    eventually(lambda: ignores_term(process))
    begun = time.monotonic()
    process.stop()
    assert not process.running
    # Long before it would have ended by itself.
    assert time.monotonic() - begun < 60


def test_kill_returns_when_the_whole_group_is_gone(make_process: MakeProcess) -> None:
    process = make_process(PARENT)
    process.start()
    group = process.pid
    assert group is not None
    eventually(lambda: len(members(group)) == 2)
    process.kill()
    assert members(group) == []


def test_pause_and_resume(make_process: MakeProcess) -> None:
    process = make_process(FOREVER)
    process.start()
    process.pause()
    assert state_of(process) == "T"
    process.resume()
    eventually(lambda: state_of(process) != "T")


def test_a_process_that_ends_before_it_is_ready_says_why(make_process: MakeProcess) -> None:
    process = make_process("raise SystemExit('no such database')")
    process.start()
    with pytest.raises(StartError, match="ended with 1") as raised:
        process.wait_ready(lambda: False, 10)
    assert "no such database" in str(raised.value)


def test_killing_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path), FOREVER, PARENT]
    supervisor = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    with supervisor.stdout as output:
        groups = [int(output.readline()) for _ in range(2)]
    eventually(lambda: len(members(groups[1])) == 2)
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    eventually(lambda: not any(members(group) for group in groups))


def test_a_large_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    rotate(log)
    assert not log.exists()
    assert (tmp_path / "x.log.1").exists()


def test_what_a_process_writes_can_be_read_by_its_owner_alone(
    make_process: MakeProcess, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    process = make_process(f"import os; os.mkdir({str(made)!r}); open({str(made / 'file')!r}, 'w')")
    # A log of an earlier release, which everybody could read.
    process.command.log.touch(mode=0o644)
    process.start()
    assert process.wait() == 0
    assert [mode_of(path) for path in (process.command.log, made, made / "file")] == [
        0o600,
        0o700,
        0o600,
    ]


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def members(group: int) -> list[int]:
    """The living processes of a group; zombies that nobody has reaped yet do not count."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, _, pgrp = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(pgrp) == group and state != "Z":
            found.append(int(entry.name))
    return found


def state_of(process: ManagedProcess) -> str:
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0]


def ignores_term(process: ManagedProcess) -> bool:
    status = Path(f"/proc/{process.pid}/status").read_text()
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn"))
    return bool(int(ignored.split()[1], 16) & 1 << (signal.SIGTERM - 1))
