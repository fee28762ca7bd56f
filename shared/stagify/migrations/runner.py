"""Runs a service's revisions; the one place that configures Alembic."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData


def alembic_config(package: str, owner_url: str) -> Config:
    """Alembic for `package` (such as `tenant_svc`), connecting as the owner role.

    The package has `migrations/` with revisions, and `models.METADATA`, its tables.
    """
    location = _folder(import_module(package))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(location / "migrations"))
    config.set_main_option("version_path_separator", "os")
    config.set_main_option("path_separator", "os")
    config.set_main_option(
        "file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s"
    )
    config.attributes["owner_url"] = owner_url
    config.attributes["target_metadata"] = _metadata(package)
    return config


def upgrade(package: str, owner_url: str) -> None:
    """Bring the database of `package` to its newest revision; nothing happens if it has it already."""
    command.upgrade(alembic_config(package, owner_url), "head")


def head_revision(package: str) -> str | None:
    """The newest revision of `package`."""
    return ScriptDirectory.from_config(alembic_config(package, "")).get_current_head()


def _folder(module: ModuleType) -> Path:
    assert module.__file__ is not None
    return Path(module.__file__).parent


def _metadata(package: str) -> MetaData:
    metadata: MetaData = import_module(f"{package}.models").METADATA
    return metadata
