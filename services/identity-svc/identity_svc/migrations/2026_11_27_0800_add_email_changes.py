"""Add changes of addresses, and addresses that rest."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import grant, revoke

revision: str = "b64e20c95f3d"
down_revision: str | None = "1f9c0b7d52e8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("email_changes", "resting_addresses")
USERS = "UPDATE (email, email_key)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "email_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_version", sa.Integer(), nullable=False),
        sa.Column("old_email", AutoString(), nullable=False),
        sa.Column("new_email", AutoString(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("failed_attempts", sa.SmallInteger(), nullable=False),
        _instant("expires_at"),
        _instant("confirmed_at", nullable=True),
        sa.Column("undo_hash", sa.LargeBinary(), nullable=False),
        _instant("undo_until"),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_email_changes"),
        sa.UniqueConstraint("undo_hash", name="uq_email_changes_undo_hash"),
        _of_person("email_changes"),
    )
    op.create_index("ix_email_changes_user_id", "email_changes", ["user_id"])
    op.create_index("ix_email_changes_undo_until", "email_changes", ["undo_until"])
    op.create_table(
        "resting_addresses",
        sa.Column("email_key", AutoString(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _instant("until"),
        sa.PrimaryKeyConstraint("email_key", name="pk_resting_addresses"),
        _of_person("resting_addresses"),
    )
    op.create_index("ix_resting_addresses_user_id", "resting_addresses", ["user_id"])
    op.create_index("ix_resting_addresses_until", "resting_addresses", ["until"])
    for table in TABLES:
        grant(op, table, "SELECT, INSERT, UPDATE, DELETE")
        grant(op, table, "SELECT, INSERT, UPDATE, DELETE", role="person")
    grant(op, "users", USERS, role="person")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    revoke(op, "users", USERS, role="person")
    for table in TABLES:
        op.drop_table(table)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
