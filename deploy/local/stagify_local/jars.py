"""Java archives from a lock file, which has the version and sha256 of every jar; each is checked.

Jars live in a cache shared by all clones, laid out as a Maven repository. A jar is moved
to its place only when it is complete and verified, so an interrupted download can be repeated, and
two at once do no harm.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from stagify_local.errors import JarError

DOWNLOADS_AT_ONCE = 8

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Jar:
    """One line of a lock."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies in a Maven repository."""
        name = f"{self.artifact}-{self.version}.jar"
        return Path(*self.group.split("."), self.artifact, self.version, name)

    def verify(self, path: Path) -> None:
        """Raise JarError unless the file is the one that was locked."""
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
        if actual != self.sha256:
            raise JarError(
                f"{self.group}:{self.artifact}:{self.version} has sha256 {actual}, "
                f"the lock says {self.sha256}."
            )


def cache_folder() -> Path:
    """The folder that all clones of this user share: STAGIFY_CACHE, or the user's cache folder."""
    if configured := os.environ.get("STAGIFY_CACHE"):
        return Path(configured)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stagify"


def read_lock(name: str) -> list[Jar]:
    """The jars of `locks/<name>.lock`."""
    text = files("stagify_local").joinpath("locks", f"{name}.lock").read_text()
    return [Jar(*line.split()) for line in text.splitlines() if not line.startswith("#")]


def fetch(jars: list[Jar], repository: Path, *, progress: Progress | None = None) -> list[Path]:
    """Every jar's path in `repository`; what is missing is downloaded, everything verified."""
    missing = [jar for jar in jars if not (repository / jar.path).exists()]
    if missing:
        download_all(missing, repository, progress)
    for jar in jars:
        jar.verify(repository / jar.path)
    return [repository / jar.path for jar in jars]


def download_all(jars: list[Jar], repository: Path, progress: Progress | None) -> None:
    """Fetch and verify several at once."""
    # Imported here because it takes almost a second, and most of the time nothing is missing.
    from stagify_local.maven import configured_mirrors

    repository.mkdir(parents=True, exist_ok=True)
    mirrors = configured_mirrors()
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        downloads = [pool.submit(download, jar, repository, mirrors) for jar in jars]
        for done, download_ in enumerate(as_completed(downloads), 1):
            download_.result()
            if progress is not None:
                progress(done, len(jars))


def download(jar: Jar, repository: Path, mirrors: Mapping[str, str]) -> None:
    """Fetch one jar into a folder of its own, verify it, and only then move it to its place."""
    from stagify_local.maven import resolve

    with tempfile.TemporaryDirectory(dir=repository) as folder:
        fetched = resolve(jar.group, jar.artifact, jar.version, Path(folder), mirrors)
        jar.verify(fetched)
        place = repository / jar.path
        place.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(place)
