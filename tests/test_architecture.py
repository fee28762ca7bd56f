"""The rules that hold for the whole repository, as checks."""

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant

from proof.openapi import SERVICES as OPENAPI
from proof.openapi import routes_of
from stagify.testing.files import files_told

ROOT = Path(__file__).parents[1]

# Deployable → import package. Who may import whom is in pyproject.toml.
PACKAGES = {
    "shared": "stagify",
    "services/tenant-svc": "tenant_svc",
    "services/identity-svc": "identity_svc",
    "services/staging-svc": "staging_svc",
    "services/staging-svc/engine": "staging_engine",
    "services/usage-svc": "usage_svc",
    "services/gateway": "gateway",
    "deploy/local": "stagify_local",
}

SERVICES = {
    "tenant": ("services/tenant-svc", "tenant_svc"),
    "identity": ("services/identity-svc", "identity_svc"),
    "staging": ("services/staging-svc", "staging_svc"),
    "usage": ("services/usage-svc", "usage_svc"),
}
# The files that the capabilities of a service share, and those that only one service has.
SHARED_FILES = ["app", "worker", "cli", "settings", "parts", "handlers", "models", "tables"]
MORE_FILES = {
    "identity": {
        "callers": "who calls, where people act for themselves and not for a tenant",
        "mails": "every mail, for the previews and the tests",
    },
    "usage": {"meters": "what is metered: all of its capabilities speak of it"},
    "staging": {"jobs": "its third process"},
}


def sources(folder: str, package: str) -> Iterator[Path]:
    yield from (ROOT / folder / package).rglob("*.py")


def imports(path: Path) -> Iterator[str]:
    """The full names that `path` imports, wherever in the file, but not for types alone."""
    tree = ast.parse(path.read_text())
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dependencies(dependant: Dependant) -> Iterator[Dependant]:
    """What a route depends on, directly and through others."""
    for dependency in dependant.dependencies:
        yield dependency
        yield from dependencies(dependency)


def capability(path: Path, folder: str, package: str) -> str | None:
    """The capability that `path` is part of; None for what all of a service's share."""
    inside = path.relative_to(ROOT / folder / package).parts
    return inside[0] if len(inside) > 1 and inside[0] != "migrations" else None


def part(path: str) -> str:
    """The layer, capability or module of the kit that a file belongs to."""
    folder = path.rpartition("/")[0]
    is_single = folder in ("shared/stagify", *(f"{f}/{p}" for f, p in PACKAGES.items()))
    return path if is_single else folder


class TestBoundaries:
    """Rules that need more than the names of modules; import-linter checks the others."""

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_capability_uses_only_services_and_schemas_of_others(self, service: str) -> None:
        folder, package = SERVICES[service]
        found = [
            f"{path.relative_to(ROOT)} imports {module}"
            for path in sources(folder, package)
            for module in imports(path)
            if (own := capability(path, folder, package))
            if (other := re.match(rf"{package}\.(\w+)\.(\w+)", module))
            if other[1] != own and (ROOT / folder / package / other[1]).is_dir()
            if other[2] not in ("service", "schemas")
        ]
        assert found == []

    @pytest.mark.parametrize("service", SERVICES)
    def test_only_queries_write_sql(self, service: str) -> None:
        folder, package = SERVICES[service]
        found = [
            f"{path.relative_to(ROOT)}:{node.lineno}"
            for path in sources(folder, package)
            if path.name != "queries.py" and "migrations" not in path.parts
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if re.match(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s", node.value)
        ]
        assert found == []

    def test_only_the_kits_http_modules_raise_http_exceptions(self) -> None:
        http = {ROOT / "shared/stagify/http.py", ROOT / "shared/stagify/middleware.py"}
        found = [
            str(path.relative_to(ROOT))
            for folder, package in PACKAGES.items()
            for path in sources(folder, package)
            if path not in http and re.search(r"import .*\bHTTPException\b", path.read_text())
        ]
        assert found == []

    @pytest.mark.parametrize("service", OPENAPI)
    def test_what_a_route_opens_is_closed_before_the_answer(self, service: str) -> None:
        found = [
            f"{route.name}: {dependency.name or dependency.call}"
            for route in routes_of(service)
            for dependency in dependencies(route.dependant)
            if inspect.isasyncgenfunction(dependency.call)
            if dependency.scope != "function"
        ]
        assert found == []

    def test_only_the_session_helper_commits(self) -> None:
        found = [
            f"{path.relative_to(ROOT)}"
            for folder, package in PACKAGES.items()
            for path in sources(folder, package)
            if path != ROOT / "shared/stagify/database.py" and "session.commit(" in path.read_text()
        ]
        assert found == []

    def test_routes_leave_roles_alone_that_see_all_tenants(self) -> None:
        found = [
            str(path.relative_to(ROOT))
            for folder, package in PACKAGES.items()
            for path in sources(folder, package)
            if path.name in ("api.py", "app.py") and "ingest_database" in path.read_text()
        ]
        assert found == []

    def test_nothing_relies_on_kafka_transactions(self) -> None:
        found = [
            str(path.relative_to(ROOT))
            for folder, package in PACKAGES.items()
            for path in sources(folder, package)
            if "transactional_id" in path.read_text()
        ]
        assert found == []


class TestLayout:
    @pytest.mark.parametrize("folder", [*PACKAGES])
    def test_a_deployable_has_its_files(self, folder: str) -> None:
        package = PACKAGES[folder]
        wanted = ["README.md", "pyproject.toml", "tests", f"{package}/__init__.py"]
        assert [name for name in wanted if not (ROOT / folder / name).exists()] == []
        # One line is a placeholder, not a README.
        assert len((ROOT / folder / "README.md").read_text().splitlines()) > 10

    @pytest.mark.parametrize("service", SERVICES)
    def test_services_have_the_same_files_beside_their_capabilities(self, service: str) -> None:
        folder, package = SERVICES[service]
        files = {path.stem for path in (ROOT / folder / package).glob("*.py")} - {"__init__"}
        assert files == {*SHARED_FILES, *MORE_FILES.get(service, {})}

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_capability_has_a_service_or_routes(self, service: str) -> None:
        folder, package = SERVICES[service]
        found = [
            path.parent.name
            for path in (ROOT / folder / package).glob("*/__init__.py")
            if not any((path.parent / name).exists() for name in ("service.py", "api.py"))
        ]
        assert found == []

    @pytest.mark.parametrize("service", SERVICES)
    def test_its_readme_tells_what_each_capability_uses(self, service: str) -> None:
        folder, package = SERVICES[service]
        uses: dict[str, set[str]] = {
            path.parent.name: set() for path in (ROOT / folder / package).glob("*/__init__.py")
        }
        for path in sources(folder, package):
            if own := capability(path, folder, package):
                ours = [name for name in imports(path) if name.startswith(f"{package}.")]
                uses[own] |= {name.split(".")[1] for name in ours} & (uses.keys() - {own})
        rows = re.findall(
            r"^\| `(\w+)/` \| .+? \|(.*)\|$",
            (ROOT / folder / "README.md").read_text(),
            re.MULTILINE,
        )
        assert {name: {*re.findall(r"\w+", told)} for name, told in rows} == uses

    @pytest.mark.parametrize("service", OPENAPI)
    def test_its_readme_names_every_call(self, service: str) -> None:
        """By the last fixed part of its path: `/v1/api-keys/{id}/rotate` by `/rotate`."""
        told = (ROOT / "services" / service / "README.md").read_text()
        paths = {route.path for route in routes_of(service)}
        last = {re.sub(r"(/\{[^}]+\})*$", "", path).rpartition("/")[2] for path in paths}
        assert {each for each in last if not re.search(rf"/{each}\b", told)} == set()

    @pytest.mark.parametrize(
        ("readme", "folder", "form"),
        [
            ("shared/README.md", "shared/stagify", r"`{}(\.py|/)"),
            ("proof/README.md", "proof/proof", r"`proof\.{}`"),
        ],
    )
    def test_its_readme_names_every_module(self, readme: str, folder: str, form: str) -> None:
        told = (ROOT / readme).read_text()
        modules = {
            path.relative_to(ROOT / folder).parts[0].removesuffix(".py")
            for path in (ROOT / folder).rglob("*.py")
        } - {"__init__"}
        assert {name for name in modules if not re.search(form.format(name), told)} == set()

    def test_creating_a_project_passes_through_at_most_thirty_parts(self) -> None:
        files = files_told("The life of POST /v1/projects")
        assert [path for path in files if not (ROOT / path).is_file()] == []
        parts = {part(path) for path in files}
        assert len(parts) <= 30

    def test_no_init_file_in_tests(self) -> None:
        found = [path for path in tracked() if re.search(r"(^|/)tests/(.*/)?__init__\.py$", path)]
        assert found == []

    def test_modules_are_one_idea(self) -> None:
        long = {
            path: lines
            for path in tracked()
            if path.endswith(".py") and "/tests/" not in path
            if (lines := len((ROOT / path).read_text().splitlines())) > 400
        }
        assert long == {}

    def test_the_lock_has_hashes_and_no_addresses(self) -> None:
        for path in tracked():
            if not re.search(r"requirements.*\.lock$", path):
                continue
            text = (ROOT / path).read_text()
            assert "://" not in text, path
            pins = re.findall(r"^\S+==\S+", text, re.MULTILINE)
            assert pins, path
            assert text.count("--hash=sha256:") >= len(pins), path


def tracked() -> list[str]:
    """Every file git knows."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).exists()]
