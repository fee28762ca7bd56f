"""Processes to supervise."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stagify_local.guardian import Guardian
from stagify_local.process import Command, ManagedProcess

MakeProcess = Callable[[str], ManagedProcess]


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian() as guardian:
        yield guardian


@pytest.fixture
def make_process(guardian: Guardian, tmp_path: Path) -> Iterator[MakeProcess]:
    """Makes a process that runs a piece of Python; all are stopped at the end."""
    made: list[ManagedProcess] = []

    def make(code: str) -> ManagedProcess:
        name = f"child-{len(made)}"
        command = Command(
            name, [sys.executable, "-c", code], tmp_path / f"{name}.log", stop_grace_seconds=1
        )
        made.append(ManagedProcess(command, guardian))
        return made[-1]

    yield make
    for process in made:
        process.stop()
