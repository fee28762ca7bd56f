"""Apache Kafka: one KRaft node that is broker and controller, on loopback."""

import base64
import os
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from stagify_local.errors import StartError
from stagify_local.guardian import Guardian
from stagify_local.jars import cache_folder, fetch, read_lock
from stagify_local.java import java_command, java_environment
from stagify_local.ports import LOOPBACK, accepts, free_port
from stagify_local.private import private_folder, write_private
from stagify_local.process import Command, ManagedProcess

HEAP_MEGABYTES = 256
START_TIMEOUT_SECONDS = 180

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=CLIENTS://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=CLIENTS://{host}:{advertised_port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENTS
listener.security.protocol.map=CLIENTS:{protocol},CONTROLLER:{protocol}
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.num.partitions=8
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
broker.heartbeat.interval.ms=1000
broker.session.timeout.ms=6000
"""

# Passwords in the clear, which suits loopback alone; nobody may do what no rule allows. The broker
# connects to itself, as the operator.
USERS = """\
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.clients.plain.sasl.jaas.config={login}
listener.name.controller.plain.sasl.jaas.config={login}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{operator}
"""

LOGGING = """\
<Configuration status="ERROR">
  <Appenders><Console name="out"><PatternLayout pattern="%d %-5p %c{1}: %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


class Kafka:
    """A broker whose data lives in `folder`. Clients are told `advertised_port`, if it is another.

    `users` are the users with their passwords, the operator first, who may do everything; without
    them it lets anybody in, which only tests want.
    """

    name = "kafka"

    def __init__(
        self,
        folder: Path,
        guardian: Guardian,
        *,
        log: Path,
        port: int | None = None,
        controller_port: int | None = None,
        advertised_port: int | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.users = users or {}
        self.port = port or free_port()
        self.controller_port = controller_port or free_port()
        self.advertised_port = advertised_port or self.port
        self._class_path = java_environment(fetch(read_lock("kafka"), cache_folder() / "jars"))
        arguments = self._java("kafka.Kafka", HEAP_MEGABYTES)
        command = Command(self.name, arguments, log, environment=self._class_path)
        self.process = ManagedProcess(command, guardian)

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.advertised_port}"

    @property
    def identity(self) -> str:
        """A value that changes when the storage is formatted anew."""
        return (self.folder / "data" / "meta.properties").read_text()

    def start(self) -> None:
        """Start, and return once clients are served."""
        self.prepare()
        self.process.start()
        self.process.wait_ready(self.ready, START_TIMEOUT_SECONDS)

    def stop(self) -> None:
        self.process.stop()

    def prepare(self) -> None:
        """Write the configuration; format the storage the first time."""
        private_folder(self.folder)
        (self.folder / "log4j2.xml").write_text(LOGGING)
        properties = PROPERTIES.format(
            host=LOOPBACK,
            port=self.port,
            controller_port=self.controller_port,
            advertised_port=self.advertised_port,
            protocol="SASL_PLAINTEXT" if self.users else "PLAINTEXT",
            folder=self.folder,
        )
        if self.users:
            operator = next(iter(self.users))
            properties += USERS.format(login=login_module(self.users), operator=operator)
        write_private(self.folder / "server.properties", properties)
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()

    def ready(self) -> bool:
        """The broker opens its port once it is unfenced and serves clients."""
        return accepts(self.port)

    def _format(self) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = self._java("kafka.tools.StorageTool", 128)
        # The configuration, the last word of the command, becomes an option. "=" because an id
        # may begin with "-".
        arguments = [*command[:-1], "format", f"--cluster-id={cluster_id}", "--config", command[-1]]
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self._class_path},
        )
        if done.returncode:
            raise StartError(f"Kafka's storage could not be formatted.\n{done.stderr[-2000:]}")

    def _java(self, main: str, heap_megabytes: int) -> list[str]:
        options = [f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}"]
        command = java_command(main, heap_megabytes=heap_megabytes, options=options)
        return [*command, str(self.folder / "server.properties")]


def login_module(users: Mapping[str, str]) -> str:
    """Kafka's setting (JAAS) with these users and passwords; the broker itself is the first of them."""
    operator, password = next(iter(users.items()))
    known = " ".join(f'user_{name}="{secret}"' for name, secret in users.items())
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return f'{module} required username="{operator}" password="{password}" {known};'
