"""Let tenants have roles of their own, and remember who was a member lately."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "6d08c5e1f2a9"
down_revision: str | None = "5c1f7ad0e934"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The name that the naming convention made of it in the first revision.
OLD_CHECK = "ck_memberships_ck_memberships_role"
ROLES = "'owner', 'admin', 'member', 'viewer'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "roles",
        *_tenant_columns(),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_roles"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_roles_tenant_id_name"),
    )
    enable_tenant_rls(op, "roles")
    grant(op, "roles", "SELECT, INSERT, UPDATE (name, permissions), DELETE")
    op.add_column("memberships", sa.Column("custom_role_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_memberships_tenant_id_custom_role_id",
        "memberships",
        "roles",
        ["tenant_id", "custom_role_id"],
        ["tenant_id", "id"],
    )
    op.drop_constraint(op.f(OLD_CHECK), "memberships")
    op.create_check_constraint(
        op.f("ck_memberships_role"), "memberships", f"role IN ({ROLES}, 'custom')"
    )
    op.create_check_constraint(
        op.f("ck_memberships_custom_role"),
        "memberships",
        "(role = 'custom') = (custom_role_id IS NOT NULL)",
    )
    grant(op, "memberships", "UPDATE (custom_role_id)")
    op.create_table(
        "former_members",
        *_tenant_columns(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column("custom_role_id", sa.Uuid(), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_former_members"),
        sa.UniqueConstraint("tenant_id", "user_id", name="uq_former_members_tenant_id_user_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_former_members_user_id"),
    )
    enable_tenant_rls(op, "former_members")
    grant(op, "former_members", "SELECT, INSERT, DELETE")
    op.add_column("api_keys", sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True))
    grant(op, "api_keys", "UPDATE (suspended_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("api_keys", "suspended_at")
    op.drop_table("former_members")
    op.drop_constraint(op.f("ck_memberships_custom_role"), "memberships")
    op.drop_constraint(op.f("ck_memberships_role"), "memberships")
    op.create_check_constraint(op.f(OLD_CHECK), "memberships", f"role IN ({ROLES})")
    op.drop_column("memberships", "custom_role_id")
    op.drop_table("roles")


def _tenant_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
