"""`.env.example` names every variable that any process reads, and no other."""

import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

import gateway.settings
import identity_svc.settings
import staging_svc.settings
import tenant_svc.settings
import usage_svc.settings
from stagify.bootstrap import BootstrapSettings
from stagify.settings import MigrationSettings
from stagify.topology import DATABASES

EXAMPLE = (Path(__file__).parents[1] / ".env.example").read_text()
CLASSES: list[type[BaseSettings]] = [
    MigrationSettings,
    BootstrapSettings,
    tenant_svc.settings.Settings,
    identity_svc.settings.Settings,
    staging_svc.settings.Settings,
    usage_svc.settings.Settings,
    gateway.settings.Settings,
]
# Read by the tests and by `make up` itself, and by no process of the platform.
DEVELOPMENT = {
    "STAGIFY_CACHE",
    "STAGIFY_ENGINE_PYTHON",
    "TEST_KAFKA_BOOTSTRAP_SERVERS",
    "TEST_POSTGRES_ADMIN_URL",
    "TEST_S3_ACCESS_KEY_ID",
    "TEST_S3_ENDPOINT",
    "TEST_S3_REGION",
    "TEST_S3_SECRET_ACCESS_KEY",
}
PASSWORDS = {f"{role.upper()}_PASSWORD" for database in DATABASES for role in database.roles}


def variables() -> dict[str, bool]:
    """Every variable, and whether some process does not start without it."""
    found = dict.fromkeys(PASSWORDS, True)
    for cls in CLASSES:
        for name, field in cls.model_fields.items():
            found[name.upper()] = found.get(name.upper(), False) or field.is_required()
    return found


def listed() -> dict[str, bool]:
    """What the example lists: `NAME=` is required, `#NAME=default` is not."""
    lines = re.findall(r"^(#?)([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)
    return {name: not commented for commented, name in lines}


def test_the_example_lists_every_variable_and_no_other() -> None:
    assert set(listed()) == set(variables()) | DEVELOPMENT


@pytest.mark.parametrize("name", sorted(variables()))
def test_the_example_says_what_is_required(name: str) -> None:
    assert listed()[name] == variables()[name]


@pytest.mark.parametrize("name", sorted(listed()))
def test_every_variable_has_a_line_of_meaning(name: str) -> None:
    assert re.search(rf"^# \S.*\n#?{name}=", EXAMPLE, re.MULTILINE), name


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__module__)
def test_a_wrong_start_prints_no_secret(cls: type[BaseSettings]) -> None:
    assert cls.model_config["hide_input_in_errors"] is True
