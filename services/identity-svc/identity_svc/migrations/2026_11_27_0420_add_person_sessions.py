"""Add the sessions of people on the platform's host, and hand-offs from there."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "3e9b52d07f16"
down_revision: str | None = "a1e7c3905bd2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Under row-level security the owner too sees one tenant at a time.
SET_AUTH_TIMES = """
DO $$
DECLARE each uuid;
BEGIN
    FOR each IN SELECT id FROM tenants LOOP
        PERFORM set_config('app.tenant_id', each::text, true);
        UPDATE sessions SET auth_time = created_at;
    END LOOP;
    PERFORM set_config('app.tenant_id', '', true);
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _add_facts()
    _create_person_sessions()
    _create_handoffs()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("handoffs")
    op.drop_table("person_sessions")
    for column in ("parent_id", "amr", "auth_time"):
        op.drop_column("sessions", column)


def _add_facts() -> None:
    op.add_column("sessions", sa.Column("parent_id", sa.Uuid(), nullable=True))
    # The last release does not write these two.
    op.add_column(
        "sessions",
        sa.Column(
            "amr", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{pwd}'")
        ),
    )
    op.add_column("sessions", _instant("auth_time", server_default=sa.text("now()")))
    op.execute(SET_AUTH_TIMES)


def _create_person_sessions() -> None:
    op.create_table(
        "person_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("device", AutoString(), nullable=True),
        sa.Column("amr", postgresql.ARRAY(sa.Text()), nullable=False),
        _instant("auth_time"),
        _instant("created_at"),
        _instant("last_seen_at"),
        _instant("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_person_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_person_sessions_user_id"),
        sa.UniqueConstraint("token_hash", name="uq_person_sessions_token_hash"),
    )
    op.create_index("ix_person_sessions_user_id", "person_sessions", ["user_id"])
    op.create_index("ix_person_sessions_expires_at", "person_sessions", ["expires_at"])
    # FOR SHARE needs the privilege to update something.
    grant(op, "person_sessions", "SELECT, INSERT, UPDATE (last_seen_at), DELETE")
    grant(op, "person_sessions", "SELECT, UPDATE (id, token_hash), DELETE", role="person")


def _create_handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _instant("created_at"),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("challenge", AutoString(), nullable=False),
        sa.Column("device_id", sa.LargeBinary(), nullable=True),
        _instant("expires_at"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_handoffs"),
        sa.UniqueConstraint("tenant_id", "code_hash", name="uq_handoffs_tenant_id_code_hash"),
    )
    op.create_index("ix_handoffs_tenant_id_expires_at", "handoffs", ["tenant_id", "expires_at"])
    enable_tenant_rls(op, "handoffs")
    grant(op, "handoffs", "SELECT, INSERT, DELETE")


def _instant(name: str, **options: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, **options)  # type: ignore[arg-type]
