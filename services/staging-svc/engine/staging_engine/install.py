"""Make the Blender child's own Python environment: `python -m staging_engine.install --target DIR`.

Standard library only, importable by path: it runs before anything is installed. The environment is
made once; a second run compares the lock's hash with a stamp and ends. `--check` downloads nothing
and says what the machine lacks.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PYTHON_VERSION = "3.11"
STAMP = "staging-engine.sha256"

# What Blender's module links to, and the Debian package of each.
_LIBRARIES = {
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


def lock_file() -> Path:
    """The child's requirements: beside the package in a checkout, in it in a wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / "blender" / "requirements.lock"
    return checkout if checkout.is_file() else package / "_blender" / "requirements.lock"


def missing_prerequisites() -> list[str]:
    """One sentence for each thing the machine lacks; empty when the child can be installed."""
    missing = []
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        missing.append(
            "The staging engine's renderer exists for Linux on x86_64 only, not for "
            f"{platform.system()} on {platform.machine()}."
        )
        return missing
    if find_python() is None:
        missing.append(
            f"Python {PYTHON_VERSION} is missing: install the packages python{PYTHON_VERSION} and "
            f"python{PYTHON_VERSION}-venv (Blender's module runs on no other version)."
        )
    packages = [package for name, package in _LIBRARIES.items() if not _loads(name)]
    if packages:
        missing.append(
            "System libraries of the staging engine are missing: install the packages "
            f"{' '.join(packages)} (apt-get install {' '.join(packages)})."
        )
    return missing


def find_python() -> Path | None:
    """An interpreter of the version Blender's module needs."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == PYTHON_VERSION:
        return Path(sys.executable)
    found = shutil.which(f"python{PYTHON_VERSION}")
    return Path(found) if found else None


def is_installed(target: Path) -> bool:
    """Whether the environment is complete and made from today's lock."""
    stamp = target / STAMP
    return stamp.is_file() and stamp.read_text().strip() == _fingerprint()


def install(target: Path, say: Say) -> Path:
    """Make the environment unless it is there; returns its interpreter."""
    python = target / "bin" / "python"
    target.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(target):
        if is_installed(target):
            say(f"The engine's environment {target} is up to date.")
            return python
        if missing := missing_prerequisites():
            raise InstallError(" ".join(missing))
        _clear(target)
        _make(target, say)
        (target / STAMP).write_text(_fingerprint() + "\n")
    say(f"The engine's environment {target} is ready.")
    return python


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _fingerprint() -> str:
    return hashlib.sha256(PYTHON_VERSION.encode() + lock_file().read_bytes()).hexdigest()


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
            f"{target} is not empty and no Python environment; choose another folder."
        )
    for entry in target.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _make(target: Path, say: Say) -> None:
    python = find_python()
    assert python is not None
    lock, uv = str(lock_file()), _find_uv()
    say(f"Creating {target} with Python {PYTHON_VERSION} …")
    if uv is not None:
        _run([str(uv), "venv", "--quiet", "--allow-existing", "--python", str(python), str(target)])
        say("Installing Blender's module (about 350 MB the first time) …")
        options = ["--quiet", "--require-hashes", "--no-deps", "--python"]
        _run([str(uv), "pip", "install", *options, str(target / "bin/python"), "-r", lock])
        return
    _run([str(python), "-m", "venv", str(target)])
    say("Installing Blender's module (about 350 MB the first time) …")
    options = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]
    _run([str(target / "bin/python"), "-m", "pip", "install", *options, "-r", lock])


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
    group.add_argument("--check", action="store_true", help="only say what is missing")
    parsed = parser.parse_args(arguments)
    if parsed.check:
        missing = missing_prerequisites()
        _say(" ".join(missing) or "Nothing is missing.")
        return 1 if missing else 0
    try:
        install(parsed.target.absolute(), _say)
    except InstallError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
