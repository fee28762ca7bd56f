"""The whole platform on one machine: parts, then databases, then services, then the gateway."""

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stagify.brokers import Brokers, KafkaSettings
from stagify.topology import KAFKA_OPERATOR
from stagify_local.engine import EngineInstallation
from stagify_local.environment import (
    GATEWAY,
    SERVICES,
    Addresses,
    Deployable,
    Engine,
    Environments,
)
from stagify_local.errors import LocalError, StartError
from stagify_local.guardian import Guardian
from stagify_local.installation import Installation, Running, RunningProcess
from stagify_local.parts import Detour, Parts, download_jars, straight
from stagify_local.ports import free_port, is_free
from stagify_local.process import Command, ManagedProcess, rotate
from stagify_local.state import State
from stagify_local.supervisor import Say, Supervisor, Unit, answers_ready
from stagify_local.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[3]
# The files that decide how databases, topics and buckets are made.
PREPARED_BY = (
    "services/*/*/migrations/*.py",
    "shared/stagify/migrations/*.py",
    "shared/stagify/bootstrap.py",
    "shared/stagify/topology.py",
    "deploy/local/stagify_local/environment.py",
)
SERVICE_STOP_SECONDS = 25.0


class Platform:
    """Everything, from one data folder; usable from tests as well as from the command line.

    `gateway_port` 0 takes any free port. `durable=False` is for tests: a power cut may lose data.
    `settings` are variables that every process gets besides its own, such as a higher limit;
    `detour` names other ports for the parts, where a test stands in between; `web` is the folder
    with the build of the web app.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        engine: Engine = "blender",
        gateway_port: int = 0,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        detour: Detour = straight,
        web: Path = REPOSITORY / "web",
        say: Say = lambda line: None,
    ) -> None:
        self.installation = Installation(data_dir)
        self._engine: Engine = engine
        self._gateway_port = gateway_port
        self._durable = durable
        self._settings = settings or {}
        self._detour = detour
        self._web = web
        self._say = say
        self._stack = contextlib.ExitStack()
        self._engine_installation: EngineInstallation | None = None
        self._supervisor = Supervisor(say, on_change=self._publish)

    @property
    def gateway_port(self) -> int:
        return self._gateway_port

    @property
    def gateway_url(self) -> str:
        """The URL of the platform host, for a browser."""
        return f"http://app.localhost:{self._gateway_port}"

    @property
    def mail_dir(self) -> Path:
        """Each mail is a file here."""
        return self.installation.folder / "mail"

    @property
    def mail_url(self) -> str:
        """The page that shows the mails."""
        return self._parts.mail.page_url

    @property
    def state(self) -> State:
        """Ports and secrets of this installation."""
        return self._state

    @property
    def brokers(self) -> Brokers:
        """Kafka, as the operator."""
        variables = self._environments.kafka(KAFKA_OPERATOR)
        named = {name.lower(): value for name, value in variables.items()}
        return KafkaSettings.model_validate(named).brokers

    def start(self) -> None:
        """Start everything and return once it is ready; on failure nothing is left running."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything in reverse order."""
        self._stack.close()

    def process(self, service: str, process: str = "") -> ManagedProcess:
        """A process by deployable and kind, such as ("staging-svc", "jobs"), or a part by name."""
        name = process_name(service, process) if process else service
        for unit in self._supervisor.units:
            if unit.name == name:
                return unit.process
        raise KeyError(name)

    @contextlib.contextmanager
    def changed(self, service: str, process: str, **settings: str) -> Iterator[None]:
        """Meanwhile a process has these variables besides its own; it is started anew for that, and once more
        in the end."""
        name = process_name(service, process)
        unit = next(unit for unit in self._supervisor.units if unit.name == name)
        usual = unit.process.command
        self._start_anew(unit, replace(usual, environment={**usual.environment, **settings}))
        try:
            yield
        finally:
            self._start_anew(unit, usual)

    def _start_anew(self, unit: Unit, command: Command) -> None:
        before, unit.process.command = unit.process.pid, command
        unit.process.signal(command.stop_signal)
        eventually(
            lambda: unit.process.pid not in (None, before) and unit.ready(),
            what=f"{unit.name} to be back",
        )

    def ports(self) -> dict[str, int]:
        """The port that answers /readyz and /metrics, by the full name of each process."""
        return {unit.name: unit.port for unit in self._supervisor.units if " " in unit.name}

    def run(self, service: str, *arguments: str) -> str:
        """What a command of a service, such as ("usage-svc", "set-plan", …), prints."""
        deployable = next(each for each in SERVICES if each.name == service)
        done = subprocess.run(
            [script(service), *arguments],
            env={**os.environ, **self._environments.process(deployable, "worker")},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def log(self, name: str) -> str:
        """The log of a process by its full name, such as "staging-svc jobs"."""
        return self._log_path(name).read_text(errors="replace")

    def _start(self) -> None:
        descriptor = self._stack.enter_context(self.installation.lock())
        self._state = State(self.installation.folder / "state.json")
        self._choose_gateway_port()
        self._publish()
        self._guardian = self._stack.enter_context(Guardian(held_descriptors=[descriptor]))
        self._begin_engine_installation()
        self._start_parts()
        # If the download is refused, we know by now; the next steps take longer than all before.
        if self._engine_installation is not None and not self._engine_installation.is_running:
            self._engine_installation.finish()
        self._environments = self._make_environments()
        self._prepare()
        self._start_services()
        self._finish_engine_installation()
        self._supervisor.watch()

    def _begin_engine_installation(self) -> None:
        if self._engine == "fast":
            return
        log = self._log_path("staging engine")
        folder = self.installation.folder
        self._engine_installation = EngineInstallation(folder, self._guardian, log=log)
        self._stack.callback(self._engine_installation.abandon)
        self._say(f"photos are furnished with {self._engine_installation.choice}")
        self._engine_installation.begin()

    def _finish_engine_installation(self) -> None:
        if self._engine_installation is None:
            return
        if self._engine_installation.is_running:
            self._say("waiting for the staging engine's downloads (about 400 MB, once)")
        self._engine_installation.finish()

    def _choose_gateway_port(self) -> None:
        if self._gateway_port == 0:
            self._gateway_port = free_port()
        elif not is_free(self._gateway_port):
            raise LocalError(
                f"Port {self._gateway_port} is taken by another program: stop that, or choose "
                f"another port with `make up GATEWAY_PORT={self._gateway_port + 1}`."
            )

    def _start_parts(self) -> None:
        folder, logs = self.installation.folder, self.installation.logs
        download_jars(self._say)
        self._parts = Parts(
            folder,
            logs,
            self._state,
            self._guardian,
            durable=self._durable,
            detour=self._detour,
        )
        self._parts.mail.start()
        self._stack.callback(self._parts.mail.stop)
        # Pushed after the mail server, so that the services stop before it does.
        self._stack.callback(self._supervisor.stop)
        self._supervisor.start(self._parts.prepare())

    def _make_environments(self) -> Environments:
        addresses = Addresses(
            postgres_port=self._parts.postgres_port,
            kafka=self._parts.kafka.bootstrap_servers,
            objectstore=self._parts.objectstore_url,
            smtp_port=self._parts.mail.smtp_port,
            gateway_port=self._gateway_port,
            access_log=self._log_path("gateway-access"),
            web=self._web,
        )
        python = None if self._engine_installation is None else self._engine_installation.python
        return Environments(self._state, addresses, engine=self._engine, engine_python=python)

    def _prepare(self) -> None:
        """Databases, topics, buckets and tables; skipped if the same was done to the same data."""
        wanted = preparation(self._parts.identity)
        if self._state.mark("prepared") == wanted:
            return
        environment = self._environments.bootstrap(self._parts.postgres.admin_url)
        self._run_all({"bootstrap": ([script("stagify"), "bootstrap"], environment)})
        self._run_all(
            {
                f"{service.name} migrate": (
                    [script(service.name), "migrate"],
                    self._environments.migration(service),
                )
                for service in SERVICES
            }
        )
        self._state.set_mark("prepared", wanted)

    def _start_services(self) -> None:
        self._supervisor.start(
            [self._unit(service, kind) for service in SERVICES for kind in service.processes]
        )
        rotate(self._log_path("gateway-access"))
        self._supervisor.start([self._unit(GATEWAY, "gateway")])

    def _unit(self, deployable: Deployable, process: str) -> Unit:
        name = process_name(deployable.name, process)
        arguments = [script(deployable.name)]
        if deployable is not GATEWAY:
            arguments.append(process)
        command = Command(
            name,
            arguments,
            self._log_path(name),
            environment={**self._settings, **self._environments.process(deployable, process)},
            stop_grace_seconds=SERVICE_STOP_SECONDS,
        )
        port = self._environments.port(deployable.name, process)
        return Unit(ManagedProcess(command, self._guardian), lambda: answers_ready(port), port)

    def _run_all(self, commands: Mapping[str, tuple[Sequence[str], Mapping[str, str]]]) -> None:
        """Run commands side by side to their end; one that fails is a StartError."""
        begun = time.monotonic()
        running = [
            ManagedProcess(
                Command(name, arguments, self._log_path(name), environment), self._guardian
            )
            for name, (arguments, environment) in commands.items()
        ]
        for process in running:
            process.start()
        for process in running:
            if status := process.wait():
                raise StartError(f"{process.name} failed with {status}.\n{process.tail()}")
            self._say(f"{process.name:<20} done after {time.monotonic() - begun:.1f} s")

    def _log_path(self, name: str) -> Path:
        return self.installation.logs / f"{name.replace(' ', '-')}.log"

    def _publish(self) -> None:
        self.installation.publish(
            Running(
                os.getpid(),
                self._gateway_port,
                [
                    RunningProcess(unit.name, unit.process.pid, unit.port)
                    for unit in self._supervisor.units
                ],
            )
        )


def preparation(identity: str) -> str:
    """A value that changes with the identity of the data and with the files that prepare it."""
    digest = hashlib.sha256(identity.encode())
    paths = [path for pattern in PREPARED_BY for path in sorted(REPOSITORY.glob(pattern))]
    for path in paths:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def process_name(service: str, process: str) -> str:
    """The name of a process on screen and in the name of its log."""
    return service if process == service else f"{service} {process}"


def script(name: str) -> str:
    """A console script of this environment."""
    return str(Path(sys.executable).parent / name)
