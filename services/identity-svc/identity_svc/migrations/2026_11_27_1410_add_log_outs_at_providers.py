"""Remember log-outs that providers tell us, and which sessions there ours belong to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "9f27b3d5e814"
down_revision: str | None = "c4d81f6a20b7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("sso_session_hash", sa.LargeBinary(), nullable=True))
    op.create_table(
        "sso_log_outs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("subject_hash", sa.LargeBinary(), nullable=True),
        sa.Column("session_hash", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sso_log_outs"),
        sa.UniqueConstraint(
            "tenant_id",
            "connection_id",
            "token_hash",
            name="uq_sso_log_outs_tenant_id_connection_id_token_hash",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["sso_connections.tenant_id", "sso_connections.id"],
            name="fk_sso_log_outs_tenant_id_connection_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_sso_log_outs_tenant_id_expires_at", "sso_log_outs", ["tenant_id", "expires_at"]
    )
    enable_tenant_rls(op, "sso_log_outs")
    grant(op, "sso_log_outs", "SELECT, INSERT, DELETE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("sso_log_outs")
    op.drop_column("sessions", "sso_session_hash")
