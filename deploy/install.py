"""Create `.venv` from `requirements.lock` and install every member of the workspace into it.

Standard library only: it runs before anything is installed. A second run with nothing changed
costs one hash over a few files. Missing system packages are handled before anything is downloaded:
root on Debian or Ubuntu gets them through apt, everybody else is told the command to install them.
"""

import argparse
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from types import ModuleType

from node import npm

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
UV = ENVIRONMENT / "bin" / "uv"
LOCK = ROOT / "requirements.lock"
STAMP = ENVIRONMENT / "installed.sha256"
ENGINE_INSTALLER = ROOT / "services/staging-svc/engine/staging_engine/install.py"
# Names of the browser that a test drives; the first is the name of its package too.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The folders with packages of Node's, for tests. Node itself is a Python package in the lock.
NODE_FOLDERS = (ROOT / "proof/proof/clients/typescript",)
WEB = ROOT / "web"
FREE_BYTES_NEEDED = 3 * 1024**3


def members() -> list[Path]:
    """The folders of the workspace's distributions, as the root pyproject.toml lists them."""
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]
    folders = {folder for pattern in workspace["members"] for folder in ROOT.glob(pattern)}
    return sorted(folder for folder in folders if (folder / "pyproject.toml").exists())


def fingerprint() -> str:
    """A value that changes whenever the environment has to be made again."""
    digest = hashlib.sha256(f"{platform.python_version()} {ROOT}".encode())
    node_locks = (folder / "package-lock.json" for folder in NODE_FOLDERS)
    for path in [LOCK, *(folder / "pyproject.toml" for folder in members()), *node_locks]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def missing_packages(*, with_engine: bool, with_browser: bool = False) -> list[str]:
    """The Debian packages that this machine lacks: for `.venv`, the whole platform, its tests."""
    missing = (
        [] if has_venv() else [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]
    )
    if with_browser and not any(map(shutil.which, BROWSERS)):
        missing.append(BROWSERS[0])
    return missing + (engine_installer().missing_packages() if with_engine else [])


def has_venv() -> bool:
    """Whether this Python can make environments; Debian keeps that in a package of its own."""
    return all(importlib.util.find_spec(module) for module in ("ensurepip", "venv"))


def provide(packages: list[str]) -> None:
    """Install packages of the system as root, or end with the command that does."""
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        sys.exit(
            f"This machine lacks the libraries of the Debian packages {names}: install them first."
        )
    if os.geteuid() != 0:
        command = f"sudo apt-get update && sudo apt-get install --yes {names}"
        sys.exit(f"This machine lacks packages. Install them, then try again:\n\n  {command}\n")
    say(f"installing system packages: {names}")
    apt_get("update")
    apt_get("install", "--yes", "--no-install-recommends", *packages)
    importlib.invalidate_caches()


def apt_get(*arguments: str) -> None:
    """Run apt-get without questions; show its output only if it fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}install: apt-get {arguments[0]} failed.")


def require_platform(*, with_engine: bool) -> None:
    """End with a sentence if this machine cannot run the whole platform."""
    problems = engine_installer().missing_prerequisites() if with_engine else []
    if problems:
        problems.append("With ENGINE=fast the platform runs without Blender and draws boxes.")
    free = shutil.disk_usage(ROOT).free
    if free < FREE_BYTES_NEEDED and not (ROOT / ".stagify").exists():
        problems.append(
            f"3 GB of free disk space are needed, but only {free / 1024**3:.1f} GB are free."
        )
    if problems:
        sys.exit("\n".join(problems))


def engine_installer() -> ModuleType:
    """The staging engine's own installer; loaded by path, because nothing is installed yet."""
    spec = importlib.util.spec_from_file_location("staging_engine_install", ENGINE_INSTALLER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def install() -> None:
    """Make `.venv` match the lock and the members."""
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and PYTHON.exists():
        return
    if not is_ours():
        say(f"creating .venv with Python {platform.python_version()}")
        run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))
    install_uv()
    say("installing the locked packages (the first time downloads about 250 MB)")
    run(*uv("install"), "--require-hashes", "--requirements", str(LOCK))
    say("installing the members of the workspace")
    editables = [argument for folder in members() for argument in ("--editable", str(folder))]
    options = ("--reinstall", "--no-cache", "--no-deps", "--no-sources", "--no-build-isolation")
    run(*uv("install"), *options, *editables)
    say("installing the packages of Node")
    for folder in NODE_FOLDERS:
        npm("ci", "--silent", folder=folder)
    STAMP.write_text(wanted)


def is_ours() -> bool:
    """Whether `.venv` is complete and was made with this Python."""
    if not PYTHON.exists():
        return False
    version = output(str(PYTHON), "-c", "import pip, platform; print(platform.python_version())")
    return version.strip() == platform.python_version()


def install_uv() -> None:
    """Install the locked uv by pip, hash-checked; every later package is installed by uv."""
    block = locked("uv")
    if UV.exists() and f" {version(block)} " in output(str(UV), "--version"):
        return
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "uv.txt"
        requirement.write_text(block)
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, "--require-hashes", "--requirement", str(requirement))


def locked(name: str) -> str:
    """The lines of a package in the lock: its version and every hash."""
    block = re.search(rf"^{name}==.*?(?=^\S|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if block is None:
        sys.exit(f"{LOCK.name} has no {name}; make it again with `make lock`.")
    return block[0]


def version(block: str) -> str:
    """The version of what `locked` found."""
    return block.split()[0].partition("==")[2]


def uv(command: str) -> list[str]:
    return [str(UV), "pip", command, "--quiet", "--python", str(PYTHON)]


def lock(*, upgrade: bool) -> None:
    """Resolve all members for every platform into `requirements.lock`, keeping present pins.

    The same is done for the locks of the engine's child.
    """
    names = [project_name(folder) for folder in [ROOT, *members()]]
    leave_out = [argument for name in names for argument in ("--no-emit-package", name)]
    command = [str(UV), "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", *(["--upgrade"] if upgrade else [])]
    options = ["--python-version", "3.11", "--group", "dev", *leave_out]
    run(*command, "pyproject.toml", *options, "--output-file", LOCK.name)
    for module in engine_installer().MODULES:
        wanted = str(module.lock.with_suffix(".in"))
        options = ["--python-version", module.python]
        run(*command, wanted, *options, "--output-file", str(module.lock))
    for folder in (*NODE_FOLDERS, WEB):
        npm("update" if upgrade else "install", "--package-lock-only", "--silent", folder=folder)


def project_name(folder: Path) -> str:
    name: str = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]
    return name


def run(*command: str, folder: Path = ROOT) -> None:
    # Our packages must not go into another environment that happens to be activated.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    try:
        subprocess.run(command, check=True, cwd=folder, env=environment)
    except subprocess.CalledProcessError as error:
        sys.exit(f"install: {Path(command[0]).name} failed with status {error.returncode}.")


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def say(message: str) -> None:
    sys.stderr.write(f"install: {message}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["install", "platform", "tests", "lock", "upgrade"])
    command = parser.parse_args().command
    with_platform = command in ("platform", "tests")
    with_engine = with_platform and os.environ.get("ENGINE") != "fast"
    provide(missing_packages(with_engine=with_engine, with_browser=command == "tests"))
    if with_platform:
        require_platform(with_engine=with_engine)
    install()
    if command in ("lock", "upgrade"):
        lock(upgrade=command == "upgrade")
        install()


if __name__ == "__main__":
    main()
