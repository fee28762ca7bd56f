"""The rules that hold for the whole repository, as checks."""

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stagify.testing import DatabaseUrls, TestDatabases
from stagify.topology import DATABASES

ROOT = Path(__file__).parents[1]

# Deployable → import package, and what it may import of ours.
PACKAGES = {
    "shared": ("stagify", set()),
    "services/tenant-svc": ("tenant_svc", {"stagify"}),
    "services/identity-svc": ("identity_svc", {"stagify"}),
    "services/staging-svc": ("staging_svc", {"stagify", "staging_engine"}),
    "services/staging-svc/engine": ("staging_engine", set()),
    "services/usage-svc": ("usage_svc", {"stagify"}),
    "services/gateway": ("gateway", {"stagify"}),
    "deploy/local": ("stagify_local", {"stagify", "staging_engine"}),
}
OURS = {package for package, _ in PACKAGES.values()}
# The pytest plugin may start the embedded parts; nothing else of the kit knows them.
PLUGIN = ROOT / "shared/stagify/testing"

SERVICES = {
    "tenant": ("services/tenant-svc", "tenant_svc"),
    "identity": ("services/identity-svc", "identity_svc"),
    "staging": ("services/staging-svc", "staging_svc"),
    "usage": ("services/usage-svc", "usage_svc"),
}
# Not tenant tables in any service, and why.
KIT_TABLES = {
    "outbox": "its rows are sent whichever tenant they are of; the app may only insert",
    "inbox": "event ids only",
    "idempotency_keys": "keyed by a hash that contains the tenant",
    "alembic_version": "one row of Alembic's",
}

# `stagify.migrations.rls.TENANT_CONDITION` as PostgreSQL prints it.
CONDITION = (
    "(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid"
    ' AS "nullif"))'
)
# Unique without the tenant in front, and why that tells nobody anything.
GLOBALLY_UNIQUE = {
    "uq_usage_records_source_id": "producers' random event ids; written by the ingest role only",
}
# SECURITY DEFINER functions, and why.
DEFINERS = {
    "ensure_usage_partition": "adds a month's partition to the ledger, which only its owner may",
}


def sources(folder: str, package: str) -> Iterator[Path]:
    yield from (ROOT / folder / package).rglob("*.py")


def imports(path: Path) -> Iterator[str]:
    """The top-level packages `path` imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


class TestBoundaries:
    @pytest.mark.parametrize("folder", PACKAGES)
    def test_a_deployable_imports_only_what_it_may(self, folder: str) -> None:
        package, allowed = PACKAGES[folder]
        found = {
            (str(path.relative_to(ROOT)), name)
            for path in sources(folder, package)
            for name in imports(path)
            if name in OURS - allowed - {package} and not path.is_relative_to(PLUGIN)
        }
        assert found == set()

    @pytest.mark.parametrize("folder", PACKAGES)
    def test_a_deployable_declares_what_it_imports(self, folder: str) -> None:
        package, _ = PACKAGES[folder]
        declared = (ROOT / folder / "pyproject.toml").read_text()
        for ours, distribution in (("stagify", "shared"), ("staging_engine", "staging-engine")):
            uses = any(
                ours in imports(path)
                for path in sources(folder, package)
                if not path.is_relative_to(PLUGIN)
            )
            if uses and package != ours and package != "stagify_local":
                assert f'"stagify-{distribution}"' in declared

    def test_only_the_kits_edge_raises_http_exceptions(self) -> None:
        edge = {ROOT / "shared/stagify/http.py", ROOT / "shared/stagify/middleware.py"}
        found = [
            str(path.relative_to(ROOT))
            for folder, (package, _) in PACKAGES.items()
            for path in sources(folder, package)
            if path not in edge and re.search(r"import .*\bHTTPException\b", path.read_text())
        ]
        assert found == []

    def test_only_the_session_helper_commits(self) -> None:
        found = [
            f"{path.relative_to(ROOT)}"
            for folder, (package, _) in PACKAGES.items()
            for path in sources(folder, package)
            if path != ROOT / "shared/stagify/database.py" and "session.commit(" in path.read_text()
        ]
        assert found == []

    def test_nothing_leans_on_kafka_transactions(self) -> None:
        found = [
            str(path.relative_to(ROOT))
            for folder, (package, _) in PACKAGES.items()
            for path in sources(folder, package)
            if "transactional_id" in path.read_text()
        ]
        assert found == []


class TestLayout:
    @pytest.mark.parametrize("folder", [*PACKAGES])
    def test_a_deployable_has_its_files(self, folder: str) -> None:
        package, _ = PACKAGES[folder]
        wanted = ["README.md", "pyproject.toml", "tests", f"{package}/__init__.py"]
        assert [name for name in wanted if not (ROOT / folder / name).exists()] == []
        # One line is a placeholder, not a README.
        assert len((ROOT / folder / "README.md").read_text().splitlines()) > 10

    @pytest.mark.parametrize("service", SERVICES)
    def test_services_have_the_same_files(self, service: str) -> None:
        folder, package = SERVICES[service]
        wanted = ["app.py", "worker.py", "settings.py", "models.py", "cli.py", "handlers.py"]
        missing = [name for name in wanted if not (ROOT / folder / package / name).exists()]
        assert missing == []

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


@pytest.fixture(scope="session", params=SERVICES)
async def migrated(
    request: pytest.FixtureRequest, test_databases: TestDatabases
) -> tuple[str, DatabaseUrls]:
    """A service's name and its migrated database."""
    service: str = request.param
    return service, await test_databases.migrated(service, SERVICES[service][1])


async def query(urls: DatabaseUrls, statement: str, *args: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(urls.owner)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(statement, *args)
        return rows
    finally:
        await connection.close()


def not_tenant_tables(service: str) -> dict[str, str]:
    models = importlib.import_module(f"{SERVICES[service][1]}.models")
    listed: dict[str, str] = models.NOT_TENANT_TABLES
    return {**listed, **KIT_TABLES}


class TestDatabase:
    async def test_every_tenant_table_forces_row_level_security(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        tables = await query(
            urls,
            "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition",
        )
        unprotected = {row["relname"] for row in tables if not row["forced"]}
        assert unprotected == set(not_tenant_tables(service)) & {row["relname"] for row in tables}
        assert set(not_tenant_tables(service)) - set(KIT_TABLES) <= {
            row["relname"] for row in tables
        }

    async def test_every_policy_is_the_tenants_own_or_a_named_roles(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        extra = {
            f"{database.name}_{role}"
            for database in DATABASES
            for role in database.extra_roles
            if database.name == service
        }
        condition = await query(
            urls,
            "SELECT tablename, policyname, roles::text[] AS roles, permissive, cmd, qual,"
            " with_check FROM pg_policies WHERE schemaname = 'public'",
        )
        for policy in condition:
            if policy["policyname"] == "tenant_isolation":
                assert policy["cmd"] == "ALL"
                assert (policy["qual"], policy["with_check"]) == (CONDITION, CONDITION)
            else:
                assert set(policy["roles"]) <= extra, policy["policyname"]

    async def test_tenant_tables_are_led_by_the_tenant(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        indexes = await query(
            urls,
            "SELECT c.relname AS table, i.relname AS index, x.indisunique AS is_unique,"
            " a.attname AS first FROM pg_index x"
            " JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]"
            " WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition",
        )
        tenant = [row for row in indexes if row["table"] not in not_tenant_tables(service)]
        # A unique index that the tenant does not lead would tell of other tenants' rows.
        assert [
            row["index"]
            for row in tenant
            if row["is_unique"]
            and row["first"] != "tenant_id"
            and row["index"] not in GLOBALLY_UNIQUE
        ] == []
        assert tenant

    async def test_foreign_keys_stay_within_the_tenant(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        keys = await query(
            urls,
            "SELECT conrelid::regclass::text AS table, confrelid::regclass::text AS target,"
            " conname, (SELECT attname FROM pg_attribute"
            " WHERE attrelid = conrelid AND attnum = conkey[1]) AS first"
            " FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
        )
        allowed = not_tenant_tables(service)
        assert [
            row["conname"]
            for row in keys
            if row["table"] not in allowed
            and row["target"] not in allowed
            and row["first"] != "tenant_id"
        ] == []

    async def test_roles_have_no_power_over_the_schema(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        service, urls = migrated
        owner = f"{service}_owner"
        foreign = await query(
            urls,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND pg_get_userbyid(relowner) <> $1",
            owner,
        )
        assert foreign == []
        granted = await query(
            urls,
            "SELECT grantee, table_name, privilege_type FROM information_schema.table_privileges"
            " WHERE table_schema = 'public' AND grantee <> $1"
            " AND privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')",
            owner,
        )
        assert granted == []
        public = await query(
            urls,
            "SELECT table_name FROM information_schema.table_privileges"
            " WHERE table_schema = 'public' AND grantee = 'PUBLIC'",
        )
        assert public == []

    async def test_the_app_cannot_read_what_the_relay_sends(
        self, migrated: tuple[str, DatabaseUrls]
    ) -> None:
        _, urls = migrated
        app = await asyncpg.connect(urls.app)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.fetch("SELECT * FROM outbox")
        finally:
            await app.close()

    async def test_nothing_bypasses_the_policies(self, migrated: tuple[str, DatabaseUrls]) -> None:
        _, urls = migrated
        views = await query(
            urls,
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND (relkind = 'm' OR (relkind = 'v'"
            " AND NOT coalesce(reloptions @> '{security_invoker=true}', false)))",
        )
        definers = await query(
            urls,
            "SELECT proname, coalesce(proconfig, '{}')::text AS settings,"
            " has_function_privilege('public', oid, 'EXECUTE') AS is_public"
            " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef",
        )
        assert views == []
        assert {row["proname"] for row in definers} <= DEFINERS.keys()
        # Without a pinned search_path the caller decides which tables it touches.
        assert all("search_path=" in row["settings"] for row in definers)
        assert not any(row["is_public"] for row in definers)
