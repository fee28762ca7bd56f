"""One installation has one supervisor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stagify_local.errors import AlreadyRunningError, NotRunningError
from stagify_local.installation import Installation, Running, RunningProcess

# Holds the lock as a supervisor does, until it is asked to stop.
HOLDER = """
import os, signal, sys
from pathlib import Path
from stagify_local.installation import Installation, Running
installation = Installation(Path(sys.argv[1]))
signal.signal(signal.SIGTERM, signal.default_int_handler)
try:
    with installation.lock():
        installation.publish(Running(os.getpid(), 8123))
        print("held", flush=True)
        signal.pause()
except KeyboardInterrupt:
    pass
"""


def test_a_second_supervisor_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    with installation.lock():
        installation.publish(Running(os.getpid(), 8123))
        second = Installation(tmp_path)
        expected = rf"running already \(pid {os.getpid()}\): http://app\.localhost:8123"
        with pytest.raises(AlreadyRunningError, match=expected), second.lock():
            pass
    with installation.lock():
        assert installation.running() is None


def test_the_logs_can_be_read_by_their_owner_alone(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    # As an earlier release has left it.
    installation.logs.mkdir(mode=0o755)
    with installation.lock():
        assert installation.logs.stat().st_mode & 0o777 == 0o700


def test_what_runs_can_be_read_by_others(tmp_path: Path) -> None:
    running = Running(12, 8123, (RunningProcess("kafka", 13, 9092),))
    Installation(tmp_path).publish(running)
    assert Installation(tmp_path).running() == running


def test_nothing_runs_in_a_fresh_folder(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError):
        Installation(tmp_path / "none").require_running()


def test_stop_waits_until_the_supervisor_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        Installation(tmp_path).stop()
        assert not Installation(tmp_path).is_locked()
        assert holder.wait() == 0
