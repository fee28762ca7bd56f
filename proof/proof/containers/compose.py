"""A platform of containers with a project, ports, secrets and image tags of its own."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proof.faults.world import Stores
from stagify_local.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
FILES = (ROOT / "docker-compose.yml", Path(__file__).with_name("compose.yaml"))
PORTS = ("GATEWAY_PORT", "OBJECTSTORE_PORT", "MAIL_PORT", "POSTGRES_PORT", "KAFKA_PORT")
OLD, NEW = "verify-1", "verify-2"
UP_SECONDS = 600.0
POLL_SECONDS = 0.2
# The engine's own kill command counts as a wish to stop: it restarts nothing afterwards.
KILL = "import os, sys; os.kill(int(sys.argv[1]), 9)"


class DockerError(Exception):
    """A docker command failed; the message has its output."""


@dataclass(frozen=True)
class Container:
    """A container as the engine describes it now."""

    id: str
    service: str
    image: str
    state: str
    health: str
    restarts: int
    pid: int

    @property
    def is_well(self) -> bool:
        """Whether it runs and, if it has a health check, passes it."""
        return self.state == "running" and self.health in ("healthy", "none")


class Compose:
    """The compose files of the repository, run as a project of their own."""

    def __init__(self, folder: Path) -> None:
        self.ports = {name: free_port() for name in PORTS}
        self._env_file = folder / "verify.env"
        make_env = [sys.executable, str(ROOT / "deploy/make_env.py"), str(self._env_file)]
        subprocess.run(make_env, check=True, stdout=subprocess.DEVNULL)
        self._secrets = dict(re.findall(r"^(\w+)=(.*)$", self._env_file.read_text(), re.MULTILINE))
        self._project = f"stagify-verify-{secrets.token_hex(3)}"
        tags = {name: OLD for name in self._secrets if name.endswith("_TAG")}
        self.environment = {
            **os.environ,
            **{name: str(port) for name, port in self.ports.items()},
            **tags,
            "COMPOSE_PROJECT_NAME": self._project,
            "COMPOSE_FILE": os.pathsep.join(map(str, FILES)),
            "COMPOSE_ENV_FILES": str(self._env_file),
        }

    @property
    def stores(self) -> Stores:
        """The addresses and secrets of the stores."""
        return Stores(
            self.ports["POSTGRES_PORT"],
            self._secrets["POSTGRES_PASSWORD"],
            self.ports["KAFKA_PORT"],
            self._secrets["OPERATOR_KAFKA_PASSWORD"],
            self.ports["OBJECTSTORE_PORT"],
            self._secrets["S3_SECRET_ACCESS_KEY"],
        )

    def up(self, *services: str) -> None:
        """Start everything that is not running as the files say, and wait until it is healthy."""
        self.run("up", "--detach", "--wait", "--wait-timeout", str(int(UP_SECONDS)), *services)

    def run(self, *arguments: str) -> str:
        """What `docker compose` prints; DockerError if it fails."""
        return self.docker("compose", *arguments)

    def docker(self, *arguments: str) -> str:
        """What `docker` prints; DockerError if it fails."""
        return self.call(["docker", *arguments])

    def call(self, command: Sequence[str], **changes: str) -> str:
        """What a command prints, with the project's environment and `changes`."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment | changes,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * UP_SECONDS,
        )
        if done.returncode:
            raise DockerError(f"{' '.join(command)} failed:\n{(done.stderr + done.stdout)[-3000:]}")
        return done.stdout

    def containers(self) -> list[Container]:
        """Every container of the project that is meant to last."""
        found = [_container(each) for each in self._inspected()]
        return [each for each in found if each is not None]

    def container(self, service: str) -> Container:
        """The only container of a service."""
        [found] = [each for each in self.containers() if each.service == service]
        return found

    def kill(self, container: Container) -> None:
        """Kill its first process from outside, as a crash or the kernel would."""
        killer = ("--pid", "host", "--user", "0", "--network", "none", "--entrypoint", "python")
        image = f"stagify/gateway:{OLD}"
        self.docker("run", "--rm", *killer, image, "-c", KILL, str(container.pid))

    def wait_until_well(self, seconds: float) -> list[str]:
        """Wait until every container is healthy; returns those that are still not in the end."""
        deadline = time.monotonic() + seconds
        while ill := [each for each in self.containers() if not each.is_well]:
            if time.monotonic() > deadline:
                return [f"{each.service} is {each.state} and {each.health}" for each in ill]
            time.sleep(POLL_SECONDS)
        return []

    def set_plan(self, slug: str, plan: str) -> None:
        """Put a tenant on a plan, as an operator does."""
        command = ("usage-svc", "set-plan", slug, plan)
        done = ["docker", "compose", "exec", "-T", "usage-svc-worker", *command]
        subprocess.run(done, cwd=ROOT, env=self.environment, capture_output=True, check=True)

    def image_megabytes(self) -> dict[str, int]:
        """The size of every image of ours."""
        names = sorted({each.image for each in self.containers() if "stagify/" in each.image})
        sizes = self.docker("image", "inspect", "--format", "{{.Size}}", *names).split()
        return {
            name.partition(":")[0]: round(int(size) / 1e6)
            for name, size in zip(names, sizes, strict=True)
        }

    def remove(self) -> None:
        """Delete containers, volumes and the images of these tags."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout", "30")
        listed = self.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
        ours = [each for each in listed if each.endswith((f":{OLD}", f":{NEW}"))]
        if ours:
            self.docker("image", "rm", *ours)

    def _inspected(self) -> list[Mapping[str, Any]]:
        project = f"label=com.docker.compose.project={self._project}"
        ids = self.docker("ps", "--all", "--quiet", "--filter", project).split()
        found: list[Mapping[str, Any]] = json.loads(self.docker("inspect", *ids)) if ids else []
        return found


@contextmanager
def platform(folder: Path, *, keep: bool) -> Iterator[Compose]:
    """A project that is removed at the end, unless it is to be kept."""
    compose = Compose(folder)
    try:
        yield compose
    finally:
        if not keep:
            compose.remove()


def _container(found: Mapping[str, Any]) -> Container | None:
    labels, state = found["Config"]["Labels"], found["State"]
    if found["HostConfig"]["RestartPolicy"]["Name"] != "unless-stopped":
        return None
    return Container(
        found["Id"],
        labels["com.docker.compose.service"],
        found["Config"]["Image"],
        state["Status"],
        state.get("Health", {"Status": "none"})["Status"],
        found["RestartCount"],
        state["Pid"],
    )
