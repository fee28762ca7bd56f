"""Documents point to things that exist: links, and the names of files."""

import re
import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
# The name of a test, or of a class of tests, in backticks.
_TEST = re.compile(r"`(test_[a-z0-9_]+|Test[A-Z]\w+)`")
# A path in backticks, such as `hosts/routes.py`, `worker.py` or `deploy/local`, from the root, the
# document or any folder; placeholders and patterns do not match.
_PATH = re.compile(r"`(\w[\w.-]*(?:/[\w.-]+)+/?|\w+\.py)`")


@cache
def tracked() -> frozenset[str]:
    """Every file of the repository and every folder, as paths from the root."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    folders = {str(folder) for name in listed for folder in PurePosixPath(name).parents}
    return frozenset([*listed, *folders])


@cache
def known_tails() -> frozenset[str]:
    """Every path of the repository, seen from any folder above it."""
    parts = (path.split("/") for path in tracked())
    return frozenset("/".join(path[start:]) for path in parts for start in range(len(path)))


@cache
def headings(document: Path) -> frozenset[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles)


DOCUMENTS = sorted(name for name in tracked() if name.endswith(".md"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name: str) -> None:
    document = ROOT / name
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in headings(there)):
            wrong.append(target)
    assert not wrong


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_named_exists(name: str) -> None:
    named = {each.rstrip("/") for each in _PATH.findall((ROOT / name).read_text(encoding="utf-8"))}
    assert not named - known_tails()


@cache
def all_tests() -> frozenset[str]:
    """The names of all tests and of the classes that hold them."""
    found = subprocess.run(
        ["git", "grep", "-hoE", r"(def|class) [Tt]est\w+", "--", "*.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return frozenset(line.partition(" ")[2] for line in found)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_test_named_exists(name: str) -> None:
    assert not {*_TEST.findall((ROOT / name).read_text(encoding="utf-8"))} - all_tests()
