"""The object store: S3Proxy over a folder, on loopback."""

from pathlib import Path

from stagify_local.guardian import Guardian
from stagify_local.jars import cache_folder, fetch, read_lock
from stagify_local.java import java_command, java_environment
from stagify_local.ports import LOOPBACK, accepts, free_port
from stagify_local.private import private_folder, write_private
from stagify_local.process import Command, ManagedProcess

HEAP_MEGABYTES = 192
START_TIMEOUT_SECONDS = 180

# Clients reach it through the gateway only, which also answers browsers' questions about CORS.
PROPERTIES = """\
s3proxy.endpoint=http://{host}:{port}
s3proxy.authorization=aws-v4
s3proxy.identity={access_key_id}
s3proxy.credential={secret_access_key}
jclouds.provider=filesystem-nio2
jclouds.identity=local
jclouds.credential=local
jclouds.filesystem.basedir={folder}/data
"""

LOGGING = """\
<configuration>
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{0}: %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
</configuration>
"""


class ObjectStore:
    """An S3 API whose buckets are folders under `folder`."""

    name = "objectstore"
    region = "us-east-1"

    def __init__(
        self,
        folder: Path,
        guardian: Guardian,
        *,
        log: Path,
        access_key_id: str,
        secret_access_key: str,
        port: int | None = None,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        class_path = java_environment(fetch(read_lock("s3proxy"), cache_folder() / "jars"))
        command = Command(self.name, self._arguments(), log, environment=class_path)
        self.process = ManagedProcess(command, guardian)

    @property
    def endpoint(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def identity(self) -> str:
        """A value that changes when the folder is made anew."""
        return str((self.folder / "data").stat().st_ino)

    def start(self) -> None:
        """Start, and return once requests are answered."""
        self.prepare()
        self.process.start()
        self.process.wait_ready(self.ready, START_TIMEOUT_SECONDS)

    def stop(self) -> None:
        self.process.stop()

    def prepare(self) -> None:
        """Write the configuration; only the owner may enter, because of the photos and the secret key."""
        private_folder(self.folder)
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "logback.xml").write_text(LOGGING)
        write_private(
            self.folder / "s3proxy.properties",
            PROPERTIES.format(
                host=LOOPBACK,
                port=self.port,
                access_key_id=self.access_key_id,
                secret_access_key=self.secret_access_key,
                folder=self.folder,
            ),
        )

    def ready(self) -> bool:
        return accepts(self.port)

    def _arguments(self) -> list[str]:
        options = [f"-Dlogback.configurationFile={self.folder / 'logback.xml'}"]
        command = java_command(
            "org.gaul.s3proxy.Main", heap_megabytes=HEAP_MEGABYTES, options=options
        )
        return [*command, "--properties", str(self.folder / "s3proxy.properties")]
