"""Which of our files a request goes through, to compare with what the documentation says."""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
NOT_COUNTED = re.compile(r"/\.venv/|/tests?/|/testing/|_testing\.py|/logs\.py")


@contextmanager
def files_run(*, tasks_only: bool = False) -> Iterator[set[str]]:
    """Our files whose code runs in this thread inside the block, as paths in the repository; with
    `tasks_only`, those that a task runs, not what an arriving message sets going meanwhile."""
    paths: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and not (tasks_only and asyncio.current_task() is None):
            paths.add(frame.f_code.co_filename)

    found: set[str] = set()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(None)
        found |= {
            path.removeprefix(f"{ROOT}/")
            for path in paths
            if path.startswith(f"{ROOT}/") and not NOT_COUNTED.search(path)
        }


def files_told(section: str) -> set[str]:
    """The files that are named by the table in this section of docs/architecture.md, which lists
    folders and modules."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = text.partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z_ ]+) \|", table, flags=re.MULTILINE)
    return {f"{folder}/{module}.py" for folder, modules in rows for module in modules.split()}
