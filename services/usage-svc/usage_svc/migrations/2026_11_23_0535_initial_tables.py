"""Initial tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from stagify.migrations.rls import (
    allow_across_tenants,
    create_idempotency,
    create_inbox,
    create_outbox,
    drop_kit_tables,
    enable_tenant_rls,
    grant,
)

revision: str = "c3e8a1b94d60"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)

# A partition holds the ids of one month: the first 48 bits of a UUIDv7 are milliseconds.
# SECURITY DEFINER because only the owner may add a partition; only the ingest role may call
# it. A partition has no grants of its own and no policy: it is reached through its parent.
ENSURE_PARTITION = """
CREATE FUNCTION ensure_usage_partition(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text := 'usage_records_p_' || to_char(first, 'YYYY_MM');
    bounds uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_usage_partition'));
    IF to_regclass('public.' || quote_ident(name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    SELECT array_agg(
        rpad(lpad(to_hex((extract(epoch FROM edge AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0'),
             32, '0')::uuid ORDER BY edge)
    INTO bounds
    FROM unnest(ARRAY[first::timestamp, (first + interval '1 month')::timestamp]) AS edge;
    EXECUTE format(
        'CREATE TABLE public.%I PARTITION OF public.usage_records FOR VALUES FROM (%L) TO (%L)',
        name, bounds[1], bounds[2]);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    RETURN true;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_subscriptions()
    _create_usage_records()
    _create_usage_counters()
    _create_quotas()
    _create_reservations()
    create_outbox(op)
    create_inbox(op)
    create_idempotency(op)
    grant(op, "outbox", "INSERT", role="ingest")


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_subscriptions"),
    )
    # Not led by the tenant: commands find a tenant by its slug.
    op.create_index("ix_subscriptions_slug", "subscriptions", ["slug"])
    _protect("subscriptions", app="SELECT, INSERT, UPDATE", ingest="SELECT")


def _create_usage_records() -> None:
    op.create_table(
        "usage_records",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("dimensions", postgresql.JSONB(), nullable=False),
        sa.Column("reservation_id", sa.Uuid(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", "source", name="pk_usage_records"),
        sa.UniqueConstraint("source", "id", name="uq_usage_records_source_id"),
        sa.CheckConstraint("quantity <> 0", name="ck_usage_records_quantity"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        "ix_usage_records_corrects_id",
        "usage_records",
        ["tenant_id", "corrects_id"],
        postgresql_where=sa.text("corrects_id IS NOT NULL"),
    )
    _protect("usage_records", app="SELECT", ingest="SELECT, INSERT")
    # Ids older than the first partition; newer ones are refused before they get here.
    op.execute("CREATE TABLE usage_records_p_default PARTITION OF usage_records DEFAULT")
    op.execute("ALTER TABLE usage_records_p_default ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE usage_records_p_default FORCE ROW LEVEL SECURITY")
    op.execute(ENSURE_PARTITION)
    op.execute("REVOKE ALL ON FUNCTION ensure_usage_partition(date) FROM PUBLIC")
    grant(op, "FUNCTION ensure_usage_partition(date)", "EXECUTE", role="ingest")
    op.execute(
        "SELECT ensure_usage_partition((now() + make_interval(months => ahead))::date)"
        " FROM generate_series(-1, 3) AS ahead"
    )


def _create_usage_counters() -> None:
    op.create_table(
        "usage_counters",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("granularity", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "meter", "granularity", "period_start", name="pk_usage_counters"
        ),
        sa.CheckConstraint("granularity IN ('day', 'month')", name="ck_usage_counters_granularity"),
    )
    _protect("usage_counters", app="SELECT", ingest="SELECT, INSERT, UPDATE")


def _create_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("period_start", INSTANT, nullable=False),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("notified_percent", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "meter", "period_start", name="pk_quotas"),
        sa.CheckConstraint("reserved >= 0", name="ck_quotas_reserved"),
        # Rows that change all the time stay on their page (heap-only tuples).
        postgresql_with={"fillfactor": 50},
    )
    _protect("quotas", app="SELECT, INSERT, UPDATE", ingest="SELECT, INSERT, UPDATE")


def _create_reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("period_start", INSTANT, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_reservations"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "meter", "period_start"],
            ["quotas.tenant_id", "quotas.meter", "quotas.period_start"],
            name="fk_reservations_tenant_id_meter_period_start",
        ),
        sa.CheckConstraint(
            "state IN ('held', 'committed', 'released', 'expired')", name="ck_reservations_state"
        ),
        sa.CheckConstraint("quantity >= 0", name="ck_reservations_quantity"),
    )
    for name, column, condition in (
        ("ix_reservations_due", "expires_at", "state = 'held'"),
        ("ix_reservations_closed_at", "closed_at", "state <> 'held'"),
    ):
        op.create_index(name, "reservations", [column], postgresql_where=sa.text(condition))
    _protect(
        "reservations",
        app="SELECT, INSERT, UPDATE",
        ingest="SELECT, INSERT, UPDATE, DELETE",
    )


def _protect(table: str, *, app: str, ingest: str) -> None:
    """Row-level security for the app; the ingest role sees all tenants' rows."""
    enable_tenant_rls(op, table)
    allow_across_tenants(op, table, "ingest")
    grant(op, table, app)
    grant(op, table, ingest, role="ingest")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_kit_tables(op)
    op.drop_table("reservations")
    op.drop_table("quotas")
    op.drop_table("usage_counters")
    op.execute("DROP FUNCTION ensure_usage_partition(date)")
    op.drop_table("usage_records")
    op.drop_table("subscriptions")
