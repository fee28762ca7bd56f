"""Variations of a photo, a trash, and what the live stream of a workspace needs.

No statement holds a lock for long: columns without a value of their own, a foreign key that is checked
afterwards, and indexes that are built while others write. A process of the last release that still runs
inserts and updates as before; the trigger notes its changes too.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e7a3c95d10b4"
down_revision: str | None = "e71b40c9d2a6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
FOREIGN_KEY = "fk_projects_tenant_id_variation_of"
# Name, columns and condition.
INDEXES = (
    ("ix_projects_tenant_id_created_by_id", ["tenant_id", "created_by", "id"], None),
    ("ix_projects_tenant_id_changed_in", ["tenant_id", "changed_in"], None),
    ("ix_projects_variations", ["tenant_id", "variation_of"], "variation_of IS NOT NULL"),
    ("ix_projects_trash", ["tenant_id", "id"], "deleted_at IS NOT NULL"),
)
THIS_TRANSACTION = "pg_current_xact_id()::text::bigint"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("projects", sa.Column("variation_of", sa.Uuid(), nullable=True))
    op.add_column(
        "projects", sa.Column("variations", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "projects", sa.Column("is_final", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("projects", sa.Column("deleted_at", INSTANT, nullable=True))
    op.add_column("projects", sa.Column("purged_at", INSTANT, nullable=True))
    # The default comes second, so that the rows that are there are not written anew.
    op.add_column("projects", sa.Column("changed_in", sa.BigInteger(), nullable=True))
    op.execute(f"ALTER TABLE projects ALTER COLUMN changed_in SET DEFAULT {THIS_TRANSACTION}")
    op.execute(
        f"ALTER TABLE projects ADD CONSTRAINT {FOREIGN_KEY} FOREIGN KEY (tenant_id, variation_of)"
        " REFERENCES projects (tenant_id, id) NOT VALID"
    )
    _note_changes()
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE projects VALIDATE CONSTRAINT {FOREIGN_KEY}")
        for name, columns, condition in INDEXES:
            # Left over, and of no use, if an earlier try was interrupted.
            op.drop_index(name, "projects", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name,
                "projects",
                columns,
                postgresql_where=None if condition is None else sa.text(condition),
                postgresql_concurrently=True,
            )


def _note_changes() -> None:
    op.execute(
        f"""
        CREATE FUNCTION note_change_of_project() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.changed_in := {THIS_TRANSACTION};
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER note_change BEFORE UPDATE ON projects FOR EACH ROW"
        " WHEN (NEW.version IS DISTINCT FROM OLD.version)"
        " EXECUTE FUNCTION note_change_of_project()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER note_change ON projects")
    op.execute("DROP FUNCTION note_change_of_project")
    op.drop_constraint(FOREIGN_KEY, "projects")
    for name, _, _ in INDEXES:
        op.drop_index(name, "projects")
    for column in (
        "changed_in",
        "purged_at",
        "deleted_at",
        "is_final",
        "variations",
        "variation_of",
    ):
        op.drop_column("projects", column)
