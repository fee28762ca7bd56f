"""Let the worker answer those who ask for an invitation."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "2d94b7a1e60c"
down_revision: str | None = "7b3e90d1c4fa"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "invitation_asks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("email", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_invitation_asks"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "link_id"],
            ["invitation_links.tenant_id", "invitation_links.id"],
            name="fk_invitation_asks_tenant_id_link_id",
            ondelete="CASCADE",
        ),
    )
    enable_tenant_rls(op, "invitation_asks")
    grant(op, "invitation_asks", "SELECT, INSERT, DELETE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("invitation_asks")
