"""Add password resets, and the language of a sign-up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import grant

revision: str = "a1e7c3905bd2"
down_revision: str | None = "93b0a6e4d1f7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "password_resets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email_key", AutoString(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_password_resets"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_password_resets_user_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token_hash", name="uq_password_resets_token_hash"),
    )
    op.create_index("ix_password_resets_email_key", "password_resets", ["email_key"])
    op.create_index("ix_password_resets_expires_at", "password_resets", ["expires_at"])
    grant(op, "password_resets", "SELECT, INSERT, UPDATE, DELETE")
    grant(op, "password_resets", "SELECT, DELETE", role="person")
    op.add_column("signups", sa.Column("locale", AutoString(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("signups", "locale")
    op.drop_table("password_resets")
