"""What the end of a test run says. Of a long run often only the end is read, so it has every failure
there once more, each in a few lines; and what has kept many tests from starting is told in full only once."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

# What fits into the end of a log that somebody else has cut.
MOST_LETTERS = 4_500
LONGEST_LINE = 300


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Around everything else that is told at the end, but for the line that counts."""
    stats = terminalreporter.stats
    errors, failures = stats.get("error", []), stats.get("failed", [])
    if errors:
        stats["error"] = [alike[0] for alike in _alike(errors)]
    try:
        yield
    finally:
        if errors:
            stats["error"] = errors
    told = [*map(_digest, _alike([*failures, *errors]))]
    if told:
        terminalreporter.section("what failed, in short")
        for line in _within(MOST_LETTERS, told):
            terminalreporter.write_line(line)


def _alike(reports: Iterable[pytest.TestReport]) -> list[list[pytest.TestReport]]:
    """Together those that met the same, such as the error of a fixture which many tests share."""
    found: dict[object, list[pytest.TestReport]] = {}
    for report in reports:
        crash = getattr(report.longrepr, "reprcrash", None)
        cause = report.nodeid if crash is None else (crash.path, crash.lineno, crash.message)
        found.setdefault(cause, []).append(report)
    return list(found.values())


def _digest(reports: Sequence[pytest.TestReport]) -> list[str]:
    """Which test it was, where, and what it met; and how many others have met the same."""
    report = reports[0]
    crash = getattr(report.longrepr, "reprcrash", None)
    where = "" if crash is None else f", {Path(crash.path).name}:{crash.lineno}"
    others = f", and {len(reports) - 1} more tests" if len(reports) > 1 else ""
    text = report.longreprtext.splitlines()
    errors = [line for line in text if line.startswith("E ")]
    lines = [*errors[:3], *errors[3:][-3:]] or text[-3:]
    for title, content in report.sections:
        # What a test has added itself, not what was printed or logged meanwhile.
        if not title.startswith("Captured"):
            lines += [f"{title}: {line}" for line in content.splitlines()]
    return [
        f"{report.nodeid} ({report.when}{where}){others}",
        *(f"    {line[:LONGEST_LINE]}" for line in lines),
    ]


def _within(most: int, told: Sequence[list[str]]) -> Iterator[str]:
    """As much of each as there is room for, and at least the names of the first."""
    share = most // len(told)
    for number, lines in enumerate(told):
        left = share - len(lines[0])
        yield lines[0]
        for line in lines[1:]:
            left -= len(line)
            if left > 0:
                yield line
        most -= max(len(lines[0]), share - max(left, 0))
        if most < 0 and number + 1 < len(told):
            yield f"and {len(told) - number - 1} more"
            return
