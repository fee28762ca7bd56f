"""Make the Blender child's own Python environment: `python -m staging_engine.install --target DIR`.

Blender's module exists for one or two versions of Python at a time, so the child's Python need not
be the platform's. It is the interpreter that runs this if there is a module for it, else one that the
machine has, else one that uv keeps or downloads. Each module has a lock of its own.

Standard library only, importable by path: it runs before anything is installed. The environment is
made once; a second run compares the lock's hash with a stamp and ends. `--check` downloads nothing
and says what the machine lacks.
"""

import argparse
import ctypes
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STAMP = "staging-engine.sha256"

# Where Blender's module exists: Linux from glibc 2.28 on, and macOS.
PLATFORMS = (("Linux", "x86_64"), ("Darwin", "arm64"))

# What Blender's module links to, and the Debian package of each.
LIBRARIES = {
    "libX11.so.6": "libx11-6",
    "libXrender.so.1": "libxrender1",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
}

Say = Callable[[str], None]


class InstallError(Exception):
    """The environment could not be made; the message says why in a sentence."""


@dataclass(frozen=True)
class Module:
    """Blender's module for one version of Python, with everything it needs, from one lock."""

    python: str

    @property
    def lock(self) -> Path:
        """Beside the package in a checkout, in it in a wheel."""
        package = Path(__file__).resolve().parent
        name = f"python{self.python}.lock"
        checkout = package.parent / "blender" / name
        return checkout if checkout.is_file() else package / "_blender" / name

    @property
    def blender(self) -> str:
        """Blender's version."""
        found = re.search(r"^bpy==(\S+)", self.lock.read_text(), re.MULTILINE)
        if found is None:
            raise InstallError(f"{self.lock} has no bpy.")
        return found[1]

    @property
    def fingerprint(self) -> str:
        """A value that changes whenever the environment has to be made again."""
        return hashlib.sha256(self.python.encode() + self.lock.read_bytes()).hexdigest()

    @property
    def folder(self) -> str:
        """A name for the environment, unique to this module and its lock."""
        return f"blender-{self.blender}-python{self.python}-{self.fingerprint[:8]}"


# The newest first: uv downloads its Python if the machine has neither.
MODULES = (Module("3.13"), Module("3.11"))
_NEEDED = "Blender's module needs Python 3.13 or 3.11."


@dataclass(frozen=True)
class Choice:
    """A module and the interpreter for it; None: uv downloads one."""

    module: Module
    python: Path | None

    def __str__(self) -> str:
        origin = self.python or "which uv downloads"
        return f"Blender {self.module.blender} on Python {self.module.python} ({origin})"


def choose(modules: Sequence[Module] = MODULES) -> Choice:
    """The module and the interpreter that this machine should use."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    for module in modules:
        if module.python == own:
            return Choice(module, Path(sys.executable).resolve())
    for find in (_python_on_path, _python_of_uv):
        for module in modules:
            if python := find(module.python):
                return Choice(module, python)
    return Choice(modules[0], None)


def missing_prerequisites() -> list[str]:
    """One sentence for each thing the machine lacks; empty when the child can be installed."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) not in PLATFORMS:
        where = " and ".join(" on ".join(each) for each in PLATFORMS)
        return [f"Blender's module exists for {where}, not for {system} on {machine}."]
    if packages := missing_packages():
        return [f"System libraries of the staging engine are missing: {' '.join(packages)}."]
    return []


def missing_packages() -> list[str]:
    """The Debian packages with the libraries that Blender's module links to and does not find."""
    if platform.system() != "Linux":
        return []
    return [package for name, package in LIBRARIES.items() if not _loads(name)]


def is_installed(target: Path, module: Module) -> bool:
    """Whether the environment is complete, made from today's lock, and its Python still there."""
    stamp = target / STAMP
    made = stamp.is_file() and stamp.read_text().strip() == module.fingerprint
    return made and (target / "bin" / "python").exists()


def install(target: Path, say: Say, choice: Choice | None = None) -> Path:
    """Make the environment unless it is there; returns its interpreter."""
    choice = choice or choose()
    python = target / "bin" / "python"
    target.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(target):
        if is_installed(target, choice.module):
            say(f"The engine's environment {target} is up to date.")
            return python
        if missing := missing_prerequisites():
            raise InstallError(" ".join(missing))
        _clear(target)
        _make(target, choice, say)
        (target / STAMP).write_text(choice.module.fingerprint + "\n")
    say(f"The engine's environment {target} is ready.")
    return python


def _python_on_path(version: str) -> Path | None:
    command = shutil.which(f"python{version}")
    if command is None:
        return None
    # A shim of pyenv runs nothing unless a version is selected.
    environment = {**os.environ, "PYENV_VERSION": version}
    return _path_printed_by([command, "-I", "-c", "import sys; print(sys.executable)"], environment)


def _python_of_uv(version: str) -> Path | None:
    uv = _find_uv()
    if uv is None:
        return None
    options = ["--managed-python", "--no-python-downloads"]
    return _path_printed_by([str(uv), "python", "find", *options, version], os.environ)


def _path_printed_by(command: list[str], environment: Mapping[str, str]) -> Path | None:
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    return None if done.returncode else Path(done.stdout.strip())


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@contextmanager
def _only_one(target: Path) -> Iterator[None]:
    """Two installations into the same folder wait for each other."""
    place = target.resolve()
    with (place.parent / f".{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear(target: Path) -> None:
    """Remove an outdated or half-made environment; refuse a folder that is something else."""
    if not target.exists() or not any(target.iterdir()):
        return
    if not (target / "pyvenv.cfg").exists():
        raise InstallError(
            f"{target} is not empty and is not a Python environment; choose another folder."
        )
    for entry in target.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _make(target: Path, choice: Choice, say: Say) -> None:
    lock, uv = str(choice.module.lock), _find_uv()
    say(f"Creating {target}: {choice} …")
    if uv is not None:
        _make_with_uv(str(uv), target, choice)
        say("Installing Blender's module (about 350 MB the first time) …")
        options = ["--quiet", "--require-hashes", "--no-deps", "--python"]
        _run([str(uv), "pip", "install", *options, str(target / "bin/python"), "-r", lock])
        return
    if choice.python is None:
        raise InstallError(f"{_NEEDED} Neither is installed, and uv is not there to download one.")
    _run([str(choice.python), "-m", "venv", str(target)])
    say("Installing Blender's module (about 350 MB the first time) …")
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    _run([str(target / "bin/python"), "-m", "pip", "install", *options, "-r", lock])


def _make_with_uv(uv: str, target: Path, choice: Choice) -> None:
    command = [uv, "venv", "--quiet", "--allow-existing", "--python"]
    if choice.python is not None:
        _run([*command, str(choice.python), str(target)])
        return
    try:
        # Only what uv keeps itself: a search along PATH would end at the first that does not run.
        _run([*command, choice.module.python, "--managed-python", str(target)])
    except InstallError as error:
        raise InstallError(f"{_NEEDED} Neither is installed, and {error}") from error


def _find_uv() -> Path | None:
    beside = Path(sys.executable).parent / "uv"
    if beside.is_file():
        return beside
    found = shutil.which("uv")
    return Path(found) if found else None


def _run(command: list[str]) -> None:
    # Its own environment variables only: a surrounding one would be taken for the target.
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    result = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if result.returncode:
        reason = (result.stderr or result.stdout).strip()
        raise InstallError(f"{Path(command[0]).name} {command[1]} failed: {reason}")


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m staging_engine.install", description=__doc__)
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--target", type=Path, help="folder of the environment")
    group.add_argument("--check", action="store_true", help="only print what is missing")
    versions = [module.python for module in MODULES]
    parser.add_argument(
        "--python-version", choices=versions, help="use the module for this version"
    )
    parsed = parser.parse_args(arguments)
    wanted = [each for each in MODULES if parsed.python_version in (None, each.python)]
    if parsed.check:
        missing = missing_prerequisites()
        _say(" ".join(missing) or f"Nothing is missing for {choose(wanted)}.")
        return 1 if missing else 0
    try:
        install(parsed.target.absolute(), _say, choose(wanted))
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
