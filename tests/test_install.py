"""What `make` says and does on a machine that lacks something."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import install
import pytest

ROOT = Path(__file__).parents[1]


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class TestPython:
    def ask(self, python: Path | str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--no-print-directory", "--silent", "python", f"PYTHON={python}"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def pretend(self, folder: Path, version: tuple[int, int]) -> Path:
        """A Python that claims another version."""
        code = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
        return program(folder / "python", f"exec {sys.executable} -c '{code}' \"$2\"")

    @pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
    def test_four_versions_will_do(self, tmp_path: Path, version: tuple[int, int]) -> None:
        assert self.ask(self.pretend(tmp_path, version)).returncode == 0

    @pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 15)])
    def test_others_are_named(self, tmp_path: Path, version: tuple[int, int]) -> None:
        python = self.pretend(tmp_path, version)
        refused = self.ask(python)
        assert refused.returncode != 0
        found = "{}.{}".format(*version)
        assert f"{python} is Python {found}, and 3.11 to 3.14 will do" in refused.stderr

    def test_so_is_one_that_is_not_there(self, tmp_path: Path) -> None:
        refused = self.ask(tmp_path / "python3")
        assert f"{tmp_path}/python3 is missing: install Python 3.11 to 3.14" in refused.stderr

    def test_the_workspace_asks_for_the_same(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert project["requires-python"] == ">=3.11,<3.15"
        assert "(3, 11) <= v < (3, 15)" in (ROOT / "Makefile").read_text()


class TestPackages:
    """The system packages that are missing."""

    @pytest.fixture
    def programs(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder that is the whole PATH."""
        monkeypatch.setenv("PATH", str(tmp_path))
        return tmp_path

    @pytest.fixture
    def apt(self, programs: Path) -> Path:
        """An apt-get that writes down its arguments; returns the file with them."""
        program(programs / "apt-get", f'echo chatter; echo "$*" >> {programs}/asked')
        return programs / "asked"

    def test_nothing_missing_asks_nobody(self, apt: Path) -> None:
        install.provide([])
        assert not apt.exists()

    def test_root_gets_them_by_apt_with_a_word(
        self, apt: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 0)
        install.provide(["libsm6", "libgl1"])
        said = capfd.readouterr()
        assert said.err == "install: installing system packages: libsm6 libgl1\n"
        assert said.out == ""
        update, installed = apt.read_text().splitlines()
        assert update.startswith("update")
        assert installed.startswith("install --yes --no-install-recommends")
        assert installed.endswith("libsm6 libgl1")

    def test_what_apt_said_is_shown_when_it_fails(
        self, programs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 0)
        program(programs / "apt-get", "echo Unable to locate package; exit 100")
        with pytest.raises(SystemExit, match="Unable to locate package"):
            install.provide(["libsm6"])

    def test_others_get_the_one_command(self, apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        with pytest.raises(SystemExit) as refused:
            install.provide(["libsm6", "libgl1"])
        [command] = re.findall(r"^  (.+)$", str(refused.value), re.MULTILINE)
        assert command == "sudo apt-get update && sudo apt-get install --yes libsm6 libgl1"
        assert not apt.exists()

    def test_without_apt_they_are_named(self, programs: Path) -> None:
        with pytest.raises(SystemExit, match="libsm6 libgl1"):
            install.provide(["libsm6", "libgl1"])

    def test_tests_need_a_browser(self, programs: Path) -> None:
        assert install.missing_packages(with_engine=False, with_browser=True) == ["chromium"]
        program(programs / "chromium-browser", "exit 0")
        assert install.missing_packages(with_engine=False, with_browser=True) == []

    def test_a_python_without_venv_lacks_a_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(install, "has_venv", lambda: False)
        version = "{}.{}".format(*sys.version_info)
        assert install.missing_packages(with_engine=False) == [f"python{version}-venv"]


class TestEnvironment:
    def test_one_of_another_python_or_made_by_half_is_made_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(install, "PYTHON", tmp_path / "python")
        assert not install.is_ours()
        program(tmp_path / "python", "echo 3.9.1")
        assert not install.is_ours()
        program(tmp_path / "python", "echo 'No module named pip' >&2; exit 1")
        assert not install.is_ours()
        program(tmp_path / "python", f'exec {sys.executable} "$@"')
        assert install.is_ours()
