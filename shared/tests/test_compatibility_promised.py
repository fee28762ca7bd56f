"""Today's contract keeps what main promises, and a run that cannot know main's contract says so."""

import io
import subprocess
import tarfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

from stagify.events.compatibility import breaking_changes
from stagify.events.contract import contract_files

ROOT = Path(__file__).parents[2]
FOLDER = "docs/events"


def git(root: Path, *arguments: str) -> bytes | None:
    """The output of git; None if it fails or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def commit(root: Path, name: str) -> str | None:
    """The id of the commit with this name."""
    found = git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return found.decode().strip() if found else None


def promised(root: Path) -> tuple[str | None, str]:
    """The commit whose contract readers rely on, and how it was chosen.

    That is where this branch left main, or on main itself the commit before. Where main is not
    known, as in a shallow clone, the last commit has to do, and where git is not, the files.
    """
    head = commit(root, "HEAD")
    if head is None:
        return None, "without git, with the files in docs/events"
    for main in ("origin/main", "main"):
        base = git(root, "merge-base", head, main)
        if base is None:
            continue
        left = base.decode().strip()
        before = commit(root, "HEAD^") if left == head else left
        if before is not None:
            return before, f"with {main}"
    return head, "without main's history, with the last commit only"


def contract_at(root: Path, revision: str | None) -> Mapping[str, bytes]:
    """The committed contract of `revision`; if that is None, the files in the working tree."""
    if revision is None:
        folder = root / FOLDER
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}
    archive = git(root, "archive", revision, FOLDER)
    assert archive is not None, f"{revision} has no {FOLDER}"
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {
            member.name.removeprefix(f"{FOLDER}/"): file.read()
            for member in files.getmembers()
            if (file := files.extractfile(member)) is not None
        }


# If it is compared with something else than main, the end of the test run says so.
@pytest.mark.filterwarnings("default:the contract was compared")
def test_the_contract_keeps_what_main_promises() -> None:
    revision, how = promised(ROOT)
    if "without" in how:
        warnings.warn(f"the contract was compared {how}", stacklevel=1)
    before = contract_at(ROOT, revision)
    assert any(path.startswith("schemas/") for path in before), how
    assert breaking_changes(before, contract_files()) == []


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout of main, with two commits."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit_contract(tmp_path, "first")
    commit_contract(tmp_path, "second")
    return tmp_path


def commit_contract(root: Path, content: str) -> None:
    """Commit a contract whose only file has this text."""
    path = root / FOLDER / "schemas/x.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    git(root, "add", ".")
    names = ("-c", "user.name=x", "-c", "user.email=x@example.test")
    assert git(root, *names, "commit", "--quiet", "--message", content) is not None


def compared(root: Path) -> tuple[bytes, str]:
    """The text of the contract that is compared with, and how it was chosen."""
    revision, how = promised(root)
    return contract_at(root, revision)["schemas/x.json"], how


def test_a_branch_is_compared_with_where_it_left_main(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "branch")
    commit_contract(root, "third")
    commit_contract(root, "fourth")
    git(root, "checkout", "--quiet", "main")
    commit_contract(root, "elsewhere")
    git(root, "checkout", "--quiet", "branch")
    assert compared(root) == (b"second", "with main")


def test_main_is_compared_with_the_commit_before(root: Path) -> None:
    assert compared(root) == (b"first", "with main")


def test_a_clone_without_main_says_so(root: Path) -> None:
    git(root, "checkout", "--quiet", "--detach")
    git(root, "branch", "--quiet", "--delete", "--force", "main")
    (root / FOLDER / "schemas/x.json").write_text("not committed")
    content, how = compared(root)
    assert content == b"second"
    assert how.startswith("without main's history")


def test_a_shallow_clone_says_so(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    clone = tmp_path_factory.mktemp("shallow")
    git(clone, "clone", "--quiet", "--depth=1", root.as_uri(), str(clone))
    content, how = compared(clone)
    assert content == b"second"
    assert how.startswith("without main's history")


def test_an_unpacked_archive_says_so(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / "schemas/x.json"
    path.parent.mkdir(parents=True)
    path.write_text("as it lies here")
    assert compared(tmp_path) == (
        b"as it lies here",
        "without git, with the files in docs/events",
    )
