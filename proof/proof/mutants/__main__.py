"""Make each mistake of the list in a copy of the repository, and see which test notices it.

Run with `make mutants` or `python -m proof.mutants [--only TEXT]`. The tests named with a mistake
run until the first of them fails, for at most a minute; first they run without any mistake, because
a test that fails anyway notices nothing. Bar: 95 % of the mistakes are noticed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proof.figures import Bar, report
from proof.mutants.mistakes import REPOSITORY, Mistake, read_mistakes

LONGEST_SECONDS = 60.0
NOTICED = "mistakes noticed, share"
BARS = [Bar(NOTICED, at_least=0.95)]
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
# How pytest ends when tests failed, or could not even be collected.
_NOTICING = (1, 2)


@dataclass(frozen=True)
class Run:
    """One run of some tests: how it ended (None if it took too long), and the first that failed."""

    status: int | None
    failed: str | None
    seconds: float
    output: str

    @property
    def is_noticed(self) -> bool:
        """Whether a test failed in time."""
        return self.status in _NOTICING and self.failed is not None


class Copy:
    """A copy of the working tree whose packages are imported instead of the installed ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (REPOSITORY / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, folder / name)
        # Where each member's package is, as its editable install would say.
        members = sorted({path.parent for path in folder.glob("**/pyproject.toml")} - {folder})
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, members)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def test(self, tests: Sequence[str], seconds: float = LONGEST_SECONDS) -> Run:
        """Run `tests` until the first failure."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-rfE",
            "-p",
            "no:cacheprovider",
            *tests,
        ]
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
            status: int | None = process.returncode
        except subprocess.TimeoutExpired:
            # As Ctrl-C would: pytest then stops the servers that it has started.
            process.terminate()
            output, status = process.communicate()[0], None
        failed = _FAILED.search(output)
        return Run(status, failed[1] if failed else None, time.monotonic() - began, output)

    def try_mistake(self, mistake: Mistake) -> Run:
        """Make one mistake, run its tests, and undo it."""
        file = self.folder / mistake.file
        text = file.read_text("utf-8")
        file.write_text(mistake.made_in(text), "utf-8")
        try:
            return self.test(mistake.tests)
        finally:
            file.write_text(text, "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="mistakes whose description or file has this")
    only = parser.parse_args().only
    mistakes = [each for each in read_mistakes() if only in each.what or only in each.file]
    if not mistakes:
        sys.exit(f"no mistake has {only!r} in its description or file")
    with tempfile.TemporaryDirectory(prefix="stagify-mutants-") as folder:
        # PostgreSQL may run as another user, who must be able to enter.
        Path(folder).chmod(0o755)
        copy = Copy(Path(folder))
        check_clean(copy, mistakes)
        runs = {}
        for mistake in mistakes:
            run = runs[mistake.what] = copy.try_mistake(mistake)
            noticed = run.failed if run.is_noticed else f"NOT NOTICED (status {run.status})"
            print(f"{run.seconds:5.1f} s  {mistake.what}\n         {noticed}", flush=True)
    share = sum(run.is_noticed for run in runs.values()) / len(runs)
    figures = {
        "mistakes": len(runs),
        NOTICED: share,
        "longest, s": max(run.seconds for run in runs.values()),
    }
    raw = {
        what: {"noticed_by": run.failed if run.is_noticed else None, "seconds": run.seconds}
        for what, run in runs.items()
    }
    report("mutants", figures, raw, bars=BARS)


def check_clean(copy: Copy, mistakes: Sequence[Mistake]) -> None:
    """Leave unless all tests that the mistakes name pass without them."""
    for tests in sorted({mistake.tests for mistake in mistakes}):
        run = copy.test(tests, seconds=10 * LONGEST_SECONDS)
        if run.status != 0:
            sys.exit(f"{run.output}\nthese tests fail without any mistake: {' '.join(tests)}")


if __name__ == "__main__":
    main()
