"""Downloads from a Maven repository, by jgo."""

import warnings
from collections.abc import Mapping
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.maven import MavenContext

from stagify_local.errors import JarError

TIMEOUT_SECONDS = 60


def configured_mirrors() -> Mapping[str, str]:
    """The repositories of jgo's configuration file; one named `central` replaces the default."""
    with warnings.catch_warnings():
        # It asks for the user's runtime folder, which does not exist in a container.
        warnings.simplefilter("ignore")
        repositories: dict[str, str] = GlobalSettings.load().repositories
    return repositories


def resolve(
    group: str, artifact: str, version: str, folder: Path, mirrors: Mapping[str, str]
) -> Path:
    """Download one jar below `folder`; its path."""
    context = MavenContext(repo_cache=folder, timeout=TIMEOUT_SECONDS)
    context.remote_repos.update(mirrors)
    component = context.project(group, artifact).at_version(version)
    try:
        return Path(component.artifact().resolve())
    except (OSError, RuntimeError, ValueError) as error:
        name = f"{group}:{artifact}:{version}"
        raise JarError(f"{name} could not be downloaded: {error}") from error
