"""Add invitations, links by which several people may come in, and ownership on its way."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "b7e41c20d935"
down_revision: str | None = "b64e20c95f3d"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# People see what is addressed to them, in whichever tenant.
ADDRESSED = """
DO $do$ BEGIN EXECUTE format(
    $sql$CREATE POLICY person_addressed ON invitations FOR SELECT TO %I USING (email_key = (
        SELECT email_key FROM users
        WHERE id = nullif(current_setting('app.user_id', true), '')::uuid))$sql$,
    regexp_replace(current_user, '_owner$', '_person')
); END $do$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_invitations()
    _create_links()
    _create_tokens()
    _create_transfers()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("ownership_transfers", "invitation_tokens", "invitation_links", "invitations"):
        op.drop_table(table)


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        *_tenant_columns(),
        _text("email"),
        _text("email_key"),
        _text("role"),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        _text("message", nullable=True),
        _text("locale", nullable=True),
        _text("state"),
        sa.Column("sends", sa.SmallInteger(), nullable=False),
        _instant("sent_at"),
        _instant("expires_at"),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        _instant("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_invitations"),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name="fk_invitations_invited_by"),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'revoked', 'expired')",
            name=op.f("ck_invitations_state"),
        ),
    )
    op.create_index(
        "uq_invitations_tenant_id_email_key_pending",
        "invitations",
        ["tenant_id", "email_key"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_invitations_email_key", "invitations", ["email_key"])
    for column in ("invited_by", "sent_at"):
        op.create_index(f"ix_invitations_tenant_id_{column}", "invitations", ["tenant_id", column])
    enable_tenant_rls(op, "invitations")
    columns = "state, sends, sent_at, expires_at, accepted_by, decided_at"
    grant(op, "invitations", f"SELECT, INSERT, UPDATE ({columns}), DELETE")
    op.execute(ADDRESSED)
    grant(op, "invitations", "SELECT", role="person")


def _create_links() -> None:
    op.create_table(
        "invitation_links",
        *_tenant_columns(),
        _text("role"),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        _instant("expires_at"),
        _instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_invitation_links"),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name="fk_invitation_links_created_by"
        ),
        sa.CheckConstraint("uses BETWEEN 0 AND max_uses", name=op.f("ck_invitation_links_uses")),
    )
    enable_tenant_rls(op, "invitation_links")
    grant(op, "invitation_links", "SELECT, INSERT, UPDATE (uses, revoked_at), DELETE")


def _create_tokens() -> None:
    op.create_table(
        "invitation_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("send", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_invitation_tokens"),
        sa.CheckConstraint(
            "(invitation_id IS NULL) <> (link_id IS NULL)",
            name=op.f("ck_invitation_tokens_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invitation_id"],
            ["invitations.tenant_id", "invitations.id"],
            name="fk_invitation_tokens_tenant_id_invitation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "link_id"],
            ["invitation_links.tenant_id", "invitation_links.id"],
            name="fk_invitation_tokens_tenant_id_link_id",
            ondelete="CASCADE",
        ),
    )
    for column in ("invitation_id", "link_id"):
        op.create_index(
            f"ix_invitation_tokens_tenant_id_{column}", "invitation_tokens", ["tenant_id", column]
        )
    grant(op, "invitation_tokens", "SELECT, INSERT, DELETE")


def _create_transfers() -> None:
    op.create_table(
        "ownership_transfers",
        *_tenant_columns(),
        sa.Column("from_user_id", sa.Uuid(), nullable=False),
        sa.Column("to_user_id", sa.Uuid(), nullable=False),
        _text("to_role"),
        _text("state"),
        _instant("expires_at"),
        _instant("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_ownership_transfers"),
        sa.ForeignKeyConstraint(
            ["from_user_id"], ["users.id"], name="fk_ownership_transfers_from_user_id"
        ),
        sa.ForeignKeyConstraint(
            ["to_user_id"], ["users.id"], name="fk_ownership_transfers_to_user_id"
        ),
        sa.CheckConstraint(
            "state IN ('open', 'confirmed', 'cancelled', 'expired')",
            name=op.f("ck_ownership_transfers_state"),
        ),
    )
    op.create_index(
        "uq_ownership_transfers_tenant_id_open",
        "ownership_transfers",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    enable_tenant_rls(op, "ownership_transfers")
    grant(op, "ownership_transfers", "SELECT, INSERT, UPDATE (state, decided_at), DELETE")


def _tenant_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _instant("created_at"),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, AutoString(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
