"""Add single sign-on."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import allow_own_rows, enable_tenant_rls, grant

revision: str = "5a90e4b7d1c2"
down_revision: str | None = "2d94b7a1e60c"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("sso_attempts", "sso_identities", "sso_domains", "sso_connections")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("sso_connection_id", sa.Uuid(), nullable=True))
    op.add_column("tenants", _instant("sso_enforced_at", nullable=True))
    op.create_table(
        "sso_connections",
        *_tenant(),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("issuer", AutoString(), nullable=False),
        sa.Column("client_id", AutoString(), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_enforced", sa.Boolean(), nullable=False),
        sa.Column("is_just_in_time", sa.Boolean(), nullable=False),
        sa.Column("default_role", AutoString(), nullable=False),
        sa.Column("group_claim", AutoString(), nullable=False),
        sa.Column("group_roles", postgresql.JSONB(), nullable=False),
        sa.Column("logs_out_there", sa.Boolean(), nullable=False),
        _instant("proved_at", nullable=True),
        sa.Column("proved_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sso_connections"),
    )
    op.create_table(
        "sso_domains",
        *_tenant(),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("domain", AutoString(), nullable=False),
        _instant("proved_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sso_domains"),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            "domain",
            name="uq_sso_domains_tenant_id_connection_id_domain",
        ),
        _of_connection("sso_domains"),
    )
    op.create_table(
        "sso_identities",
        *_tenant(),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", AutoString(), nullable=False),
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("mapped_role", AutoString(), nullable=True),
        _instant("last_used_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sso_identities"),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            "issuer",
            "subject",
            name="uq_sso_identities_tenant_id_connection_id_issuer_subject",
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            "user_id",
            name="uq_sso_identities_tenant_id_connection_id_user_id",
        ),
        _of_connection("sso_identities"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sso_identities_user_id"),
    )
    op.create_index("ix_sso_identities_user_id", "sso_identities", ["user_id"])
    op.create_table(
        "sso_attempts",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        _instant("expires_at"),
        sa.PrimaryKeyConstraint("state_hash", name="pk_sso_attempts"),
    )
    op.create_index("ix_sso_attempts_expires_at", "sso_attempts", ["expires_at"])
    for table in ("sso_connections", "sso_domains", "sso_identities"):
        enable_tenant_rls(op, table)
        grant(op, table, "SELECT, INSERT, UPDATE, DELETE")
    grant(op, "sso_attempts", "SELECT, INSERT, DELETE")
    # Whoever ends their account is known nowhere.
    allow_own_rows(op, "sso_identities", "person")
    grant(op, "sso_identities", "SELECT, DELETE", role="person")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("tenants", "sso_enforced_at")
    op.drop_column("sessions", "sso_connection_id")


def _tenant() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _instant("created_at"),
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_connection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "connection_id"],
        ["sso_connections.tenant_id", "sso_connections.id"],
        name=f"fk_{table}_tenant_id_connection_id",
        ondelete="CASCADE",
    )
