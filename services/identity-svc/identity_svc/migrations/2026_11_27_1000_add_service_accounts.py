"""Let programs be members of a tenant."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "7b3e90d1c4fa"
down_revision: str | None = "e8a3417c06d9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What acted for an account must not act for its creator instead. Under row-level security the owner too
# sees one tenant at a time.
DELETE_THEIR_KEYS = """
DO $$
DECLARE each uuid;
BEGIN
    FOR each IN SELECT id FROM tenants LOOP
        PERFORM set_config('app.tenant_id', each::text, true);
        DELETE FROM api_keys WHERE service_account_id IS NOT NULL;
    END LOOP;
    PERFORM set_config('app.tenant_id', '', true);
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "service_accounts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column("custom_role_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_service_accounts"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_service_accounts_tenant_id_name"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "custom_role_id"],
            ["roles.tenant_id", "roles.id"],
            name="fk_service_accounts_tenant_id_custom_role_id",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name="fk_service_accounts_created_by"
        ),
        sa.CheckConstraint(
            "role IN ('admin', 'member', 'viewer', 'custom')",
            name=op.f("ck_service_accounts_role"),
        ),
        sa.CheckConstraint(
            "(role = 'custom') = (custom_role_id IS NOT NULL)",
            name=op.f("ck_service_accounts_custom_role"),
        ),
    )
    enable_tenant_rls(op, "service_accounts")
    grant(op, "service_accounts", "SELECT, INSERT, UPDATE (name, role, custom_role_id), DELETE")
    op.add_column("api_keys", sa.Column("service_account_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(DELETE_THEIR_KEYS)
    op.drop_column("api_keys", "service_account_id")
    op.drop_table("service_accounts")
