"""Installing the staging engine's environment beside everything else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stagify_local.engine import EngineInstallation, shared_target, target
from stagify_local.errors import StartError
from stagify_local.guardian import Guardian
from staging_engine.install import MODULES, STAMP, choose


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("STAGIFY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / ".stagify"
    made.mkdir()
    return made


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian() as made:
        yield made


def test_each_module_has_an_environment_that_clones_share(folder: Path, cache: Path) -> None:
    for module in MODULES:
        place = target(folder, module)
        assert place == cache / "engine" / module.folder
        assert (folder / "engine").samefile(place)


def test_one_that_is_there_is_ready_at_once(folder: Path, guardian: Guardian) -> None:
    module = choose().module
    place = shared_target(module)
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
    (place / STAMP).write_text(module.fingerprint)
    installation = EngineInstallation(folder, guardian, log=folder / "log")
    installation.begin()
    installation.finish()
    assert installation.python == place / "bin" / "python"
    # The platform asks early, to hear of a refused download at once, and again at the end.
    installation.finish()


def test_one_that_cannot_be_made_says_why_and_what_else_would_do(
    folder: Path, guardian: Guardian
) -> None:
    place = shared_target(choose().module)
    place.mkdir(parents=True)
    (place / "letter.txt").write_text("keep me")
    installation = EngineInstallation(folder, guardian, log=folder / "log")
    installation.begin()
    with pytest.raises(StartError, match=r"is not empty[\s\S]*ENGINE=fast"):
        installation.finish()
