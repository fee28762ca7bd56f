"""Let people see to their accounts: their settings, and what is theirs in all tenants."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import allow_own_rows, grant, revoke

revision: str = "93b0a6e4d1f7"
down_revision: str | None = "d27a5f1c8e04"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What the person role may do; `sessions` and `memberships` show it one person's rows only.
PERSON = {
    "users": "SELECT, UPDATE (name, locale, theme, password_hash, password_version)",
    "tenants": "SELECT",
    "memberships": "SELECT",
    "sessions": "SELECT, UPDATE (id, token_hash), DELETE",
    "outbox": "INSERT",
    "tasks": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("users", sa.Column("locale", AutoString(), nullable=True))
    op.add_column("users", sa.Column("theme", AutoString(), nullable=True))
    # The last release does not write this one.
    op.add_column(
        "users",
        sa.Column("password_version", sa.Integer(), nullable=False, server_default="1"),
    )
    op.add_column("sessions", sa.Column("device", AutoString(), nullable=True))
    for table in ("memberships", "sessions"):
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])
        allow_own_rows(op, table, "person")
    for table, privileges in PERSON.items():
        grant(op, table, privileges, role="person")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in PERSON:
        revoke(op, table, "ALL", role="person")
    for table in ("memberships", "sessions"):
        op.execute(f"DROP POLICY person_own ON {table}")
        op.drop_index(f"ix_{table}_user_id", table)
    op.drop_column("sessions", "device")
    op.drop_column("users", "password_version")
    op.drop_column("users", "theme")
    op.drop_column("users", "locale")
