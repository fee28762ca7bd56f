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
    monkeypatch.setitem(install.LIBRARIES, "libnothere.so.9", "libnothere9")
    [sentence] = install.missing_prerequisites()
    assert "libnothere9" in sentence
    assert sentence.count(". ") == 0


@pytest.mark.parametrize("machine", [("Linux", "x86_64"), ("Darwin", "arm64")])
def test_machines_that_blender_has_modules_for_are_not_refused(
    monkeypatch: pytest.MonkeyPatch, machine: tuple[str, str]
) -> None:
    pretend_to_be(machine, monkeypatch)
    monkeypatch.setattr(install, "LIBRARIES", {})
    assert install.missing_prerequisites() == []


def test_other_machines_are_told_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_to_be(("Linux", "aarch64"), monkeypatch)
    [sentence] = install.missing_prerequisites()
    assert sentence == (
        "Blender's module exists for Linux on x86_64 and Darwin on arm64, not for Linux on aarch64."
    )


def test_only_linux_is_asked_for_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "LIBRARIES", {"libnothere.so.9": "libnothere9"})
    assert install.missing_packages() == ["libnothere9"]
    pretend_to_be(("Darwin", "arm64"), monkeypatch)
    assert install.missing_packages() == []


def pretend_to_be(machine: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: machine[0])
    monkeypatch.setattr("platform.machine", lambda: machine[1])


class TestChoice:
    """Which module, and which interpreter for it."""

    @pytest.fixture
    def programs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder that is the whole PATH; there is no uv beside this interpreter."""
        folder = tmp_path / "bin"
        folder.mkdir()
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        monkeypatch.setattr("sys.executable", str(folder / "python"))
        return folder

    def test_the_interpreter_that_runs_this_comes_first(self, programs: Path) -> None:
        own = install.Module(f"{sys.version_info.major}.{sys.version_info.minor}")
        other = install.Module("3.99")
        program(programs / "python3.99", "echo /opt/python3.99")
        assert install.choose([other, own]).module == own

    def test_else_one_that_the_machine_has(self, programs: Path) -> None:
        program(programs / "python3.98", "echo /opt/python3.98")
        older, newer = install.Module("3.98"), install.Module("3.99")
        choice = install.choose([newer, older])
        assert choice == install.Choice(older, Path("/opt/python3.98"))

    def test_what_does_not_run_is_no_interpreter(self, programs: Path) -> None:
        program(programs / "python3.99", "exit 127")
        module = install.Module("3.99")
        assert install.choose([module]) == install.Choice(module, None)

    def test_pyenv_is_told_which_version_is_meant(self, programs: Path) -> None:
        program(programs / "python3.99", "echo /versions/$PYENV_VERSION/python")
        choice = install.choose([install.Module("3.99")])
        assert choice.python == Path("/versions/3.99/python")

    def test_else_one_that_uv_keeps(self, programs: Path) -> None:
        program(programs / "uv", 'echo "/kept/$*"')
        choice = install.choose([install.Module("3.99")])
        assert str(choice.python) == (
            "/kept/python find --managed-python --no-python-downloads 3.99"
        )

    def test_else_uv_is_to_download_the_newest(self, programs: Path) -> None:
        program(programs / "uv", "exit 2")
        newer, older = install.Module("3.99"), install.Module("3.98")
        assert install.choose([newer, older]) == install.Choice(newer, None)

    def test_it_is_told_in_a_line(self) -> None:
        here = install.Choice(install.Module("3.11"), Path("/usr/bin/python3.11"))
        assert re.fullmatch(r"Blender 5\S+ on Python 3.11 \(/usr/bin/python3.11\)", str(here))
        assert str(install.Choice(here.module, None)).endswith("Python 3.11 (which uv downloads)")

    def test_the_download_is_left_to_uv(self, programs: Path, tmp_path: Path) -> None:
        program(programs / "uv", f'echo "$*" >> {tmp_path}/calls')
        module, target = install.MODULES[0], tmp_path / "engine"
        target.mkdir()
        install.install(target, lambda line: None, install.Choice(module, None))
        venv, packages = (tmp_path / "calls").read_text().splitlines()
        assert venv.endswith(f"--python {module.python} --managed-python {target}")
        assert packages.endswith(f"-r {module.lock}")

    def test_a_refused_download_says_what_would_do(self, programs: Path, tmp_path: Path) -> None:
        program(programs / "uv", "echo no network >&2; exit 1")
        choice = install.Choice(install.MODULES[0], None)
        with pytest.raises(install.InstallError) as refused:
            install.install(tmp_path / "engine", lambda line: None, choice)
        assert str(refused.value) == (
            "Blender's module needs Python 3.13 or 3.11. Neither is installed, "
            "and uv venv failed: no network"
        )

    def test_without_uv_it_says_so(self, programs: Path, tmp_path: Path) -> None:
        choice = install.Choice(install.MODULES[0], None)
        with pytest.raises(install.InstallError, match="Neither is installed, and uv"):
            install.install(tmp_path / "engine", lambda line: None, choice)


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("module", install.MODULES, ids=lambda module: module.python)
def test_lock_is_hashed_and_names_no_address(module: install.Module) -> None:
    lock = module.lock.read_text()
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


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Files that make a folder look like a complete environment."""
    target = tmp_path / "engine"
    (target / "bin").mkdir(parents=True)
    (target / "bin" / "python").symlink_to(sys.executable)
    (target / "pyvenv.cfg").touch()
    (target / install.STAMP).write_text(install.choose().module.fingerprint)
    return target


def test_complete_environment_is_left_alone(made: Path) -> None:
    lines: list[str] = []
    assert install.install(made, lines.append) == made / "bin" / "python"
    assert lines == [f"The engine's environment {made} is up to date."]
    assert sorted(path.name for path in made.iterdir()) == sorted(
        ["bin", "pyvenv.cfg", install.STAMP]
    )


def test_environment_whose_python_is_gone_is_no_longer_complete(made: Path) -> None:
    module = install.choose().module
    assert install.is_installed(made, module)
    (made / "bin" / "python").unlink()
    (made / "bin" / "python").symlink_to(made / "python3.9-of-the-last-release")
    assert not install.is_installed(made, module)


def test_environments_of_two_modules_have_different_names() -> None:
    assert len({module.folder for module in install.MODULES}) == len(install.MODULES)
