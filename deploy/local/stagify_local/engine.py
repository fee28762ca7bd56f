"""The staging engine's own Python environment: made once, shared by all clones of this user."""

import os
import sys
from pathlib import Path

from stagify_local.errors import StartError
from stagify_local.guardian import Guardian
from stagify_local.jars import cache_folder
from stagify_local.process import Command, ManagedProcess
from staging_engine.install import Choice, Module, choose


class EngineInstallation:
    """Installs while everything else starts, because the first time it has the most to download."""

    def __init__(self, folder: Path, guardian: Guardian, *, log: Path) -> None:
        self.choice: Choice = choose()
        self.target = target(folder, self.choice.module)
        arguments = [sys.executable, "-m", "staging_engine.install", "--target", str(self.target)]
        arguments += ["--python-version", self.choice.module.python]
        # It downloads, so it needs the caller's proxy, mirror and certificates.
        command = Command("staging engine", arguments, log, environment=os.environ)
        self._process = ManagedProcess(command, guardian)
        self._is_finished = False

    @property
    def python(self) -> Path:
        """The interpreter that runs the engine's child."""
        return self.target / "bin" / "python"

    def begin(self) -> None:
        """Start the installation; it ends at once if it was done before."""
        self._process.start()

    @property
    def is_running(self) -> bool:
        return self._process.running

    def finish(self) -> None:
        """Wait for it, if nobody has yet; StartError if it failed."""
        if self._is_finished:
            return
        if status := self._process.wait():
            raise StartError(
                f"the staging engine could not be installed ({status}).\n{self._process.tail()}\n"
                "With ENGINE=fast the platform runs without Blender and draws boxes."
            )
        self._is_finished = True

    def abandon(self) -> None:
        """Stop it, if it still runs."""
        self._process.stop()


def target(folder: Path, module: Module) -> Path:
    """The module's environment in the cache; `<folder>/engine` becomes a link to it."""
    link = folder / "engine"
    if link.is_dir() and not link.is_symlink():
        return link
    place = shared_target(module)
    place.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(place, target_is_directory=True)
    return place


def shared_target(module: Module) -> Path:
    """The folder in the cache for the environment of a module."""
    return cache_folder() / "engine" / module.folder
