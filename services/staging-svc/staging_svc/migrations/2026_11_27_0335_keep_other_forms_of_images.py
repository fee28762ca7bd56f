"""Keep smaller forms of images, staged photos with and without the label, and placeholders.

Images of the last release have none of these; of their staged photos it is only noted here whether they
have the label, and what the last release still stages while it is being replaced lacks even that.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import enable_tenant_rls, grant, revoke

revision: str = "e71b40c9d2a6"
down_revision: str | None = "c4e1d07a92b5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
FILL = """
UPDATE images SET has_label = (projects.options->>'label')::boolean FROM projects
WHERE projects.tenant_id = images.tenant_id AND projects.id = images.project_id
  AND images.kind = 'staged'
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("images", sa.Column("has_label", sa.Boolean(), nullable=True))
    op.add_column("images", sa.Column("placeholder", sa.Text(), nullable=True))
    grant(op, "images", "UPDATE (filename)")
    for table in ("images", "projects"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(FILL)
    for table in ("images", "projects"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _create_renditions()


def _create_renditions() -> None:
    op.create_table(
        "renditions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_renditions"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "image_id"],
            ["images.tenant_id", "images.id"],
            name="fk_renditions_tenant_id_image_id",
        ),
        sa.CheckConstraint("kind IN ('smaller', 'other_label')", name="ck_renditions_kind"),
    )
    op.create_index(
        "uq_renditions_tenant_id_image_id_kind_width",
        "renditions",
        ["tenant_id", "image_id", "kind", "width"],
        unique=True,
    )
    enable_tenant_rls(op, "renditions")
    grant(op, "renditions", "SELECT, INSERT, DELETE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("renditions")
    revoke(op, "images", "UPDATE (filename)", "app")
    op.drop_column("images", "placeholder")
    op.drop_column("images", "has_label")
