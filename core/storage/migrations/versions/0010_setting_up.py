"""Keep pasted credentials, self-tests, tracking defaults, and who is never tracked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.storage.columns import Unsigned64, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.String(32)
_SWITCHES = {
    "messages": {"is_test": False, "is_over_temporary_url": False},
    "users": {"tracks_opens": True, "tracks_links": True, "tracks_per_recipient": False, "hides_start": False},
}


def upgrade() -> None:
    """Apply."""
    for table, columns in _SWITCHES.items():
        for name, default in columns.items():
            standard = sa.true() if default else sa.false()
            op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=standard))
    _create_provider_credentials()
    _create_self_tests()
    _create_exclusions()


def _create_provider_credentials() -> None:
    op.create_table(
        "provider_credentials",
        sa.Column("id", _ID, nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.String(255), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["users.id"],
            name=op.f("fk_provider_credentials_changed_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_credentials")),
        sa.UniqueConstraint("provider", name=op.f("uq_provider_credentials_provider")),
    )


def _create_self_tests() -> None:
    op.create_table(
        "self_tests",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("run_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=True),
        sa.Column("copy_id", Unsigned64(), nullable=False),
        sa.Column("tracking_url", sa.String(300), nullable=False),
        sa.Column("way", sa.String(20), nullable=True),
        sa.Column("connection_id", _ID, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("send_problem", sa.Text(), nullable=True),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("fetch_problem", sa.Text(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_self_tests_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_self_tests_message_id_messages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_self_tests")),
    )
    op.create_index(op.f("ix_self_tests_message_id"), "self_tests", ["message_id"])


def _create_exclusions() -> None:
    op.create_table(
        "exclusions",
        sa.Column("id", _ID, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("pattern", sa.String(320), nullable=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_exclusions_workspace_id_workspaces"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_exclusions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusions")),
    )
    op.create_index(op.f("ix_exclusions_workspace_id"), "exclusions", ["workspace_id"])
    op.create_index(op.f("ix_exclusions_user_id"), "exclusions", ["user_id"])


def downgrade() -> None:
    """Undo."""
    for table in ("exclusions", "self_tests", "provider_credentials"):
        op.drop_table(table)
    for table, columns in _SWITCHES.items():
        for name in columns:
            op.drop_column(table, name)
