"""Add second factors, and log-ins that wait for one."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import grant

revision: str = "8d2e6b91c47a"
down_revision: str | None = "b81f6c20d9a4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("factor_owners", "totps", "pending_totps", "passkeys", "recovery_codes")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "factor_owners",
        _person(),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("is_always_asked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_factor_owners"),
        sa.UniqueConstraint("handle", name="uq_factor_owners_handle"),
        _of_person("factor_owners"),
    )
    op.create_table(
        "totps",
        _person(),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("offset", sa.SmallInteger(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        _instant("created_at"),
        _instant("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_totps"),
        _of_person("totps"),
    )
    op.create_table(
        "pending_totps",
        _person(),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        _instant("expires_at"),
        sa.PrimaryKeyConstraint("user_id", "session_id", name="pk_pending_totps"),
        _of_person("pending_totps"),
    )
    op.create_index("ix_pending_totps_expires_at", "pending_totps", ["expires_at"])
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        _person(),
        sa.Column("rp_id", AutoString(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        _instant("created_at"),
        _instant("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
        _of_person("passkeys"),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.create_table(
        "recovery_codes",
        _person(),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_codes"),
        _of_person("recovery_codes"),
    )
    _create_challenges()
    for table in TABLES:
        grant(op, table, "SELECT, INSERT, UPDATE, DELETE")
        grant(op, table, "SELECT, INSERT, UPDATE, DELETE", role="person")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("challenges", *TABLES):
        op.drop_table(table)


def _create_challenges() -> None:
    op.create_table(
        "challenges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("password_version", sa.Integer(), nullable=True),
        sa.Column("amr", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        _instant("expires_at"),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_challenges"),
        _of_person("challenges"),
    )
    op.create_index("ix_challenges_user_id", "challenges", ["user_id"])
    op.create_index("ix_challenges_expires_at", "challenges", ["expires_at"])
    grant(op, "challenges", "SELECT, INSERT, UPDATE, DELETE")
    grant(op, "challenges", "SELECT, INSERT, UPDATE, DELETE", role="person")


def _person() -> sa.Column[object]:
    return sa.Column("user_id", sa.Uuid(), nullable=False)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
