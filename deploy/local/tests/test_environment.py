"""Which variables each process gets, and which it does not get."""

import json
from pathlib import Path

import pytest

from stagify.topology import KAFKA_USERS
from stagify_local.environment import (
    DEPLOYABLES,
    GATEWAY,
    SERVICES,
    Addresses,
    Deployable,
    Environments,
    kafka_password,
)
from stagify_local.state import State

PROCESSES = [
    (deployable, process) for deployable in DEPLOYABLES for process in deployable.processes
]


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.json")


@pytest.fixture
def environments(state: State) -> Environments:
    addresses = Addresses(
        postgres_port=5432,
        kafka="127.0.0.1:9092",
        objectstore="http://127.0.0.1:9000",
        smtp_port=2525,
        gateway_port=8080,
        access_log=Path("/logs/gateway-access.log"),
        web=Path("/web"),
    )
    return Environments(state, addresses, engine="fast", engine_python=None)


@pytest.mark.parametrize(("deployable", "process"), PROCESSES, ids=str)
def test_no_process_gets_an_owner_or_anothers_secrets(
    environments: Environments, state: State, deployable: Deployable, process: str
) -> None:
    environment = environments.process(deployable, process)
    others = [other for other in DEPLOYABLES if other is not deployable]
    foreign = {state.key_pair(other.name).seed for other in others}
    foreign |= {state.secret(f"{other.name}.idempotency") for other in others}
    foreign |= {kafka_password(state, user) for user in KAFKA_USERS if user != deployable.name}
    assert environment["KAFKA_USERNAME"] == deployable.name
    assert environment["KAFKA_PASSWORD"] == kafka_password(state, deployable.name)
    assert not foreign & set(environment.values())
    assert not {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL"} & set(environment)
    assert "_owner:" not in json.dumps(environment)


def test_the_gateway_has_no_database(environments: Environments) -> None:
    environment = environments.process(GATEWAY, "gateway")
    assert not [name for name in environment if "DATABASE" in name]


def test_the_gateway_alone_serves_the_web_app(environments: Environments) -> None:
    for deployable, process in PROCESSES:
        environment = environments.process(deployable, process)
        folders = {name: value for name, value in environment.items() if name.startswith("WEB_")}
        if deployable is GATEWAY:
            assert folders == {
                "WEB_FOLDER": "/web/dist",
                "WEB_PREVIOUS_FOLDER": "/web/dist.previous",
            }
        else:
            assert folders == {}


def test_every_deployable_speaks_only_to_its_audiences(environments: Environments) -> None:
    keys = json.loads(environments.process(GATEWAY, "gateway")["CONTEXT_PUBLIC_KEYS"])
    audiences = {key["issuer"]: set(key["audiences"]) for key in keys.values()}
    assert audiences == {
        "gateway": {service.name for service in SERVICES},
        "identity-svc": {"tenant-svc", "usage-svc"},
        "staging-svc": {"usage-svc"},
        "tenant-svc": set(),
        "usage-svc": set(),
    }


def test_only_a_test_installation_has_the_fast_engine(environments: Environments) -> None:
    environment = environments.process(SERVICES[2], "jobs")
    assert (environment["ENGINE"], environment["ENVIRONMENT"]) == ("fast", "test")


def test_bootstrap_learns_a_password_for_every_role(
    environments: Environments, state: State
) -> None:
    environment = environments.bootstrap("postgresql://postgres:x@127.0.0.1/postgres")
    passwords = {name for name in environment if name.endswith("_PASSWORD")} - {"KAFKA_PASSWORD"}
    assert (environment["KAFKA_USERNAME"], environment["KAFKA_PASSWORD"]) == (
        "operator",
        kafka_password(state, "operator"),
    )
    assert {"TENANT_OWNER_PASSWORD", "STAGING_CLAIM_PASSWORD", "USAGE_INGEST_PASSWORD"} <= passwords
    assert len(passwords) == 4 * len(SERVICES) + 3
