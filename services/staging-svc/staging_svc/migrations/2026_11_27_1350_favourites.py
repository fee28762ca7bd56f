"""Favourites of a workspace.

The column has a constant default, so no row is written anew; the index is built while others write.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5c1de0a72f94"
down_revision: str | None = "a94d6f02c1b7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEX = "ix_projects_favourites"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "projects", sa.Column("is_favourite", sa.Boolean(), server_default="false", nullable=False)
    )
    with op.get_context().autocommit_block():
        # Left over, and of no use, if an earlier try was interrupted.
        op.drop_index(INDEX, "projects", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            INDEX,
            "projects",
            ["tenant_id", "id"],
            postgresql_where=sa.text("is_favourite"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(INDEX, "projects")
    op.drop_column("projects", "is_favourite")
