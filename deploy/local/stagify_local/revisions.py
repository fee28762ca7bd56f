"""A developer's work on migrations: apply them to the running platform, or write a new one."""

import asyncio
import contextlib
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from alembic import command

from stagify.bootstrap import create_database, create_role
from stagify.migrations.runner import alembic_config
from stagify.topology import DATABASES, ServiceDatabase
from stagify_local.environment import SERVICES, Deployable, migration_environment
from stagify_local.errors import LocalError
from stagify_local.guardian import Guardian
from stagify_local.installation import Installation
from stagify_local.platform import script
from stagify_local.ports import LOOPBACK
from stagify_local.postgres import Postgres
from stagify_local.state import State


def migrate_running(installation: Installation) -> None:
    """Bring the databases of the running platform to their newest revisions."""
    running = installation.require_running()
    port = next(process.port for process in running.processes if process.name == "postgres")
    state = State(installation.folder / "state.json")
    for service in SERVICES:
        environment = migration_environment(state, port, service)
        done = subprocess.run([script(service.name), "migrate"], env=environment, check=False)
        if done.returncode:
            raise LocalError(f"{service.name} could not be migrated.")


def write_revision(service: str, message: str) -> None:
    """Compare a service's models with its newest revision and write the difference as another."""
    if not message:
        raise LocalError('Say what changes: make revision service=tenant-svc message="..."')
    deployable = find(service)
    package = service.replace("-", "_")
    with fresh_database(deployable) as owner_url:
        config = alembic_config(package, owner_url)
        command.upgrade(config, "head")
        written = command.revision(config, message, autogenerate=True)
    for revision in written if isinstance(written, list) else [written]:
        if revision is not None:
            tidy(revision.path)


def find(service: str) -> Deployable:
    """The service of this name, or a LocalError that lists all."""
    for deployable in SERVICES:
        if deployable.name == service:
            return deployable
    names = ", ".join(deployable.name for deployable in SERVICES)
    raise LocalError(f"There is no service {service!r}; there are {names}.")


@contextlib.contextmanager
def fresh_database(deployable: Deployable) -> Iterator[str]:
    """An empty database with a service's roles on a server of its own; the owner's address."""
    database = next(item for item in DATABASES if item.name == deployable.database)
    with tempfile.TemporaryDirectory() as name, Guardian() as guardian:
        folder = Path(name)
        # If root runs this, PostgreSQL is another user, who must be able to enter.
        folder.chmod(0o755)
        password = secrets.token_urlsafe(16)
        log = folder / "postgres.log"
        server = Postgres(folder / "data", guardian, log=log, password=password, durable=False)
        server.start()
        try:
            asyncio.run(make_database(server.admin_url, database, password))
            owner = f"{database.roles[0]}:{password}"
            yield f"postgresql://{owner}@{LOOPBACK}:{server.port}/{database.name}"
        finally:
            server.stop()


async def make_database(admin_url: str, database: ServiceDatabase, password: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        for role in database.roles:
            await create_role(connection, role, password)
        await create_database(connection, database.name, database)
    finally:
        await connection.close()


def tidy(path: str) -> None:
    """Make the file that Alembic has written pass `make lint`."""
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, path], check=True)
