"""What the end of a test run tells."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

@pytest.fixture(scope="session")
def broken():
    raise ValueError("no server: " + "x" * 50)

@pytest.mark.parametrize("number", range(30))
def test_with_it(broken, number):
    pass

def test_sum():
    assert 1 + 1 == 3, "sums are wrong"

def test_good():
    pass
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run of these tests says."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "test_them.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "stagify.testing", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--tb=short", f"--rootdir={folder}", str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_an_error_of_many_is_shown_once(told: str) -> None:
    assert told.count("ERROR at setup of test_with_it") == 1
    assert "and 29 more tests" in told


def test_every_failure_is_told_again_at_the_end(told: str) -> None:
    before, _, end = told.partition("what failed, in short")
    assert "sums are wrong" in before
    assert "test_them.py::test_sum" in end
    assert "sums are wrong" in end
    assert "no server" in end


def test_the_last_line_counts(told: str) -> None:
    assert "1 failed, 1 passed, 30 errors" in told.splitlines()[-1]


def test_the_end_is_short(tmp_path: Path) -> None:
    """However much has failed."""
    failing = "\n".join(f"def test_{n}(): assert {n} == 'x' * 400" for n in range(300))
    (tmp_path / "test_many.py").write_text(failing)
    command = [sys.executable, "-m", "pytest", "-p", "stagify.testing", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--tb=no", f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    _, _, end = done.stdout.partition("what failed, in short")
    assert "test_many.py::test_0" in end
    assert "more" in end.splitlines()[-2]
    assert len(end) < 6_000
