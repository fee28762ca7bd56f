"""Helpers for revisions: row-level security, narrow grants, and the kit's own tables.

Role names are derived from the owner who migrates: `tenant_owner` grants to `tenant_app`.
"""

from typing import Protocol

TENANT_CONDITION = "tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"

# What belongs to the person of the transaction, for a role of its own.
OWN_CONDITION = "user_id = (SELECT nullif(current_setting('app.user_id', true), '')::uuid)"

# For tables of the kit that also have rows without a tenant, which are only seen without a tenant.
TENANT_OR_NONE_CONDITION = (
    "tenant_id = (SELECT coalesce(nullif(current_setting('app.tenant_id', true), '')::uuid,"
    " '00000000-0000-0000-0000-000000000000'))"
)


class Operations(Protocol):
    """The part of `alembic.op` that is used here."""

    def execute(self, sqltext: str) -> None: ...


def enable_tenant_rls(op: Operations, table: str, condition: str = TENANT_CONDITION) -> None:
    """Let a transaction see and write only its tenant's rows of `table`; this binds the table's owner
    too."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant_isolation ON {table} USING ({condition}) WITH CHECK ({condition})"
    )


def allow_across_tenants(op: Operations, table: str, role: str) -> None:
    """Let `role`, which exists for one job across tenants, see every row of `table`; grants limit what
    it may do."""
    _with_role(
        op,
        role,
        f"CREATE POLICY {role}_across_tenants ON {table} TO %I USING (true) WITH CHECK (true)",
    )


def allow_own_rows(op: Operations, table: str, role: str) -> None:
    """Let `role`, which exists for what people do with what is their own in all tenants, see the rows of
    `table` whose `user_id` is the transaction's person; grants limit what it may do."""
    _with_role(
        op,
        role,
        f"CREATE POLICY {role}_own ON {table} TO %I USING ({OWN_CONDITION})"
        f" WITH CHECK ({OWN_CONDITION})",
    )


def grant(op: Operations, table: str, privileges: str, role: str = "app") -> None:
    """GRANT `privileges` on `table` to this database's `role` (app, relay, tasks, claim, ingest,
    person)."""
    _with_role(op, role, f"GRANT {privileges} ON {table} TO %I")


def revoke(op: Operations, table: str, privileges: str, role: str) -> None:
    """Undo `grant`."""
    _with_role(op, role, f"REVOKE {privileges} ON {table} FROM %I")


def _with_role(op: Operations, role: str, statement: str) -> None:
    """Run `statement` with %I replaced by the full name of `role`."""
    op.execute(
        "DO $do$ BEGIN EXECUTE format("
        f"$sql${statement}$sql$, regexp_replace(current_user, '_owner$', '_{role}')"
        "); END $do$"
    )


def create_outbox(op: Operations) -> None:
    """The outbox, the trigger that notifies the relay, and grants: the app writes, the relay reads and
    deletes."""
    op.execute(
        """
        CREATE TABLE outbox (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id uuid NOT NULL,
            aggregatetype text NOT NULL,
            aggregateid text NOT NULL,
            type text NOT NULL,
            payload bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000)
        """
    )
    op.execute(
        """
        CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('outbox', '');
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER outbox_notify AFTER INSERT ON outbox"
        " FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox()"
    )
    grant(op, "outbox", "INSERT")
    grant(op, "outbox", "SELECT, DELETE", role="relay")


def create_tasks(op: Operations) -> None:
    """The tasks, the trigger that notifies the runner, and grants: the app enqueues and completes its
    tenant's tasks, the tasks role takes those of all tenants."""
    op.execute(
        """
        CREATE TABLE tasks (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            created_at timestamptz NOT NULL,
            kind text NOT NULL,
            key text,
            concurrency_key text NOT NULL,
            payload jsonb NOT NULL,
            state text NOT NULL CHECK (state IN ('waiting', 'ready', 'running', 'given_up')),
            due_at timestamptz NOT NULL,
            give_up_at timestamptz,
            attempts integer NOT NULL,
            lease_token uuid,
            last_error text,
            traceparent text,
            actor text,
            request_id text,
            PRIMARY KEY (tenant_id, id),
            CHECK ((state = 'running') = (lease_token IS NOT NULL))
        )
        """
    )
    for name, columns, condition in (
        ("ix_tasks_due", "due_at", "state IN ('waiting', 'running')"),
        ("ix_tasks_ready", "tenant_id, kind, concurrency_key, due_at, id", "state = 'ready'"),
        ("ix_tasks_running", "tenant_id, kind, concurrency_key", "state = 'running'"),
        ("ix_tasks_given_up", "due_at", "state = 'given_up'"),
    ):
        op.execute(f"CREATE INDEX {name} ON tasks ({columns}) WHERE {condition}")
    op.execute(
        "CREATE UNIQUE INDEX uq_tasks_key ON tasks (tenant_id, kind, key) WHERE key IS NOT NULL"
    )
    op.execute(
        """
        CREATE FUNCTION notify_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('tasks', '');
            RETURN NULL;
        END $$
        """
    )
    # Not when a waiting task becomes due: the runner that makes it ready also takes it. A task that is
    # replaced gets a new id.
    op.execute(
        "CREATE TRIGGER tasks_notify AFTER INSERT OR UPDATE OF id ON tasks"
        " FOR EACH ROW WHEN (NEW.state = 'ready') EXECUTE FUNCTION notify_tasks()"
    )
    enable_tenant_rls(op, "tasks", TENANT_OR_NONE_CONDITION)
    grant(op, "tasks", "SELECT, INSERT, UPDATE, DELETE")
    allow_across_tenants(op, "tasks", "tasks")
    grant(op, "tasks", "SELECT, DELETE", role="tasks")
    columns = "state, due_at, give_up_at, attempts, lease_token, last_error"
    grant(op, "tasks", f"UPDATE ({columns})", role="tasks")


def drop_tasks(op: Operations) -> None:
    """Undo `create_tasks`."""
    op.execute("DROP TABLE tasks")
    op.execute("DROP FUNCTION notify_tasks")


def create_inbox(op: Operations) -> None:
    """The marks of handled events."""
    op.execute(
        """
        CREATE TABLE inbox (
            consumer text NOT NULL,
            event_id uuid NOT NULL,
            handled_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (consumer, event_id)
        )
        """
    )
    op.execute("CREATE INDEX ix_inbox_handled_at ON inbox (handled_at)")
    grant(op, "inbox", "SELECT, INSERT, DELETE")


def create_idempotency(op: Operations) -> None:
    """The answers of idempotent requests; `scope` is a hash of tenant, caller, route and key."""
    op.execute(
        """
        CREATE TABLE idempotency_keys (
            scope bytea PRIMARY KEY,
            fingerprint bytea NOT NULL,
            status smallint NOT NULL,
            body bytea NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute("CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)")
    grant(op, "idempotency_keys", "SELECT, INSERT, DELETE")


def drop_kit_tables(op: Operations) -> None:
    """Undo `create_outbox`, `create_inbox` and `create_idempotency`."""
    op.execute("DROP TABLE IF EXISTS idempotency_keys, inbox, outbox")
    op.execute("DROP FUNCTION IF EXISTS notify_outbox")
