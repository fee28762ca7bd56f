"""Initial tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import (
    create_idempotency,
    create_inbox,
    create_outbox,
    drop_kit_tables,
    enable_tenant_rls,
    grant,
)

revision: str = "b1f4c07d9e52"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_people()
    _create_tenants()
    _create_memberships()
    _create_sessions()
    _create_api_keys()
    _create_mails()
    _create_throttles()
    create_outbox(op)
    create_inbox(op)
    create_idempotency(op)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_kit_tables(op)
    for table in (
        "throttles",
        "mails",
        "api_keys",
        "sessions",
        "memberships",
        "tenants",
        "signups",
        "users",
    ):
        op.drop_table(table)


def _create_people() -> None:
    op.create_table(
        "users",
        _id(),
        _text("email"),
        _text("email_key"),
        _text("name"),
        _text("password_hash"),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email_key", name="uq_users_email_key"),
    )
    grant(op, "users", "SELECT, INSERT, UPDATE (password_hash)")
    op.create_table(
        "signups",
        _id(),
        _text("email"),
        _text("email_key"),
        _text("name"),
        _text("tenant_type"),
        _text("tenant_name"),
        _text("slug"),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("failed_attempts", sa.SmallInteger(), nullable=False),
        _instant("expires_at"),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        _instant("confirmed_at", nullable=True),
        sa.Column("tenant", postgresql.JSONB(), nullable=True),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_signups"),
    )
    op.create_index("ix_signups_expires_at", "signups", ["expires_at"])
    op.create_index(
        "uq_signups_email_key_slug_open",
        "signups",
        ["email_key", "slug"],
        unique=True,
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )
    grant(op, "signups", "SELECT, INSERT, UPDATE, DELETE")


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        _id(),
        _text("slug", nullable=True),
        _text("name", nullable=True),
        _text("type", nullable=True),
        _text("plan", nullable=True),
        _text("region", nullable=True),
        sa.Column("details_event_id", sa.Uuid(), nullable=True),
        _text("status"),
        sa.Column("status_event_id", sa.Uuid(), nullable=True),
        sa.Column("created_event_id", sa.Uuid(), nullable=True),
        sa.Column("has_owner", sa.Boolean(), nullable=False),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
    )
    grant(op, "tenants", "SELECT, INSERT, UPDATE")


def _create_memberships() -> None:
    op.create_table(
        "memberships",
        *_tenant_columns(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _text("role"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_memberships"),
        sa.UniqueConstraint("tenant_id", "user_id", name="uq_memberships_tenant_id_user_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id"),
        sa.CheckConstraint(
            "role IN ('owner', 'admin', 'member', 'viewer')", name="ck_memberships_role"
        ),
    )
    enable_tenant_rls(op, "memberships")
    grant(op, "memberships", "SELECT, INSERT, UPDATE (role), DELETE")


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        *_tenant_columns(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        _instant("last_seen_at"),
        _instant("expires_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sessions"),
        sa.UniqueConstraint("tenant_id", "token_hash", name="uq_sessions_tenant_id_token_hash"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["memberships.tenant_id", "memberships.user_id"],
            name="fk_sessions_tenant_id_user_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_sessions_tenant_id_user_id", "sessions", ["tenant_id", "user_id"])
    op.create_index("ix_sessions_tenant_id_expires_at", "sessions", ["tenant_id", "expires_at"])
    enable_tenant_rls(op, "sessions")
    grant(op, "sessions", "SELECT, INSERT, UPDATE (last_seen_at), DELETE")


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        *_tenant_columns(),
        _text("name"),
        _text("public_id"),
        _text("last4"),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        _instant("expires_at", nullable=True),
        _instant("last_used_at", nullable=True),
        _instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_api_keys"),
        sa.UniqueConstraint("tenant_id", "public_id", name="uq_api_keys_tenant_id_public_id"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_api_keys_created_by"),
    )
    enable_tenant_rls(op, "api_keys")
    grant(op, "api_keys", "SELECT, INSERT, UPDATE (last_used_at, revoked_at), DELETE")


def _create_mails() -> None:
    op.create_table(
        "mails",
        _id(),
        _text("kind"),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("due_at"),
        _instant("give_up_at"),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_due_at", "mails", ["due_at"])
    op.create_index("ix_mails_kind_subject_id", "mails", ["kind", "subject_id"])
    grant(op, "mails", "SELECT, INSERT, UPDATE, DELETE")


def _create_throttles() -> None:
    op.create_table(
        "throttles",
        _text("scope"),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        _instant("period_started_at"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("previous_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", name="pk_throttles"),
    )
    op.create_index("ix_throttles_period_started_at", "throttles", ["period_started_at"])
    grant(op, "throttles", "SELECT, INSERT, UPDATE, DELETE")


def _tenant_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        _id(),
        _instant("created_at"),
    )


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, AutoString(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
