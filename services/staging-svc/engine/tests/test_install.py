"""Making the child's environment."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from staging_engine import install

SOURCE = Path(install.__file__)


def test_module_loads_by_path_with_the_standard_library_only() -> None:
    code = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('installer', {str(SOURCE)!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "assert isinstance(module.missing_prerequisites(), list)\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, timeout=60)
    assert importlib.util.find_spec("staging_engine") is not None


def test_missing_library_names_its_debian_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(install._LIBRARIES, "libnothere.so.9", "libnothere9")
    [sentence] = install.missing_prerequisites()
    assert "libnothere9" in sentence
    assert sentence.count(". ") == 0


def test_lock_is_hashed_and_names_no_address() -> None:
    lock = install.lock_file().read_text()
    assert re.search(r"^bpy==", lock, re.MULTILINE)
    assert "--hash=sha256:" in lock
    assert "://" not in lock


def test_foreign_folder_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "documents"
    target.mkdir()
    (target / "letter.txt").write_text("keep me")
    with pytest.raises(install.InstallError):
        install.install(target, lambda line: None)
    assert (target / "letter.txt").read_text() == "keep me"


def test_complete_environment_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "engine"
    target.mkdir()
    (target / install.STAMP).write_text(install._fingerprint())
    lines: list[str] = []
    assert install.install(target, lines.append) == target / "bin" / "python"
    assert lines == [f"The engine's environment {target} is up to date."]
    assert sorted(path.name for path in target.iterdir()) == [install.STAMP]
