"""Show people their sessions and sign-ins, tell them of what concerns their account, give API tokens scopes"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core.storage import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Tokens made before there were scopes may go on doing all that there was to do.
_SCOPES = "messages:read messages:write events:read recipients:read recipients:erase"


def upgrade() -> None:
    """Apply."""
    op.add_column("api_tokens", sa.Column("scopes", sa.Text(), nullable=False, server_default=_SCOPES))
    op.add_column("api_tokens", sa.Column("expires_at", columns.UtcDateTime(), nullable=True))
    op.add_column("sessions", sa.Column("way", sa.String(length=40), nullable=True))
    op.add_column("sessions", sa.Column("network", sa.String(length=50), nullable=True))
    op.add_column("sessions", sa.Column("place", sa.String(length=200), nullable=True))
    _create_signins()
    _create_notices()


def _create_signins() -> None:
    op.create_table(
        "signins",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=40), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=True),
        sa.Column("network", sa.String(length=50), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("at", columns.UtcDateTime(), nullable=False),
        sa.Column("disowned_at", columns.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_signins_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signins")),
    )
    op.create_index("ix_signins_user_at", "signins", ["user_id", "at"])
    op.create_index(op.f("ix_signins_at"), "signins", ["at"])
    op.create_index(op.f("ix_signins_session_id"), "signins", ["session_id"])


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("unique_key", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_at", columns.UtcDateTime(), nullable=False),
        sa.Column("created_at", columns.UtcDateTime(), nullable=False),
        sa.Column("sent_at", columns.UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notices_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("unique_key", name=op.f("uq_notices_unique_key")),
    )
    op.create_index("ix_notices_state_due", "notices", ["state", "due_at"])
    op.create_index(op.f("ix_notices_created_at"), "notices", ["created_at"])
    op.create_index(op.f("ix_notices_user_id"), "notices", ["user_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("notices")
    op.drop_table("signins")
    for table, names in {"sessions": ("place", "network", "way"), "api_tokens": ("expires_at", "scopes")}.items():
        for name in names:
            op.drop_column(table, name)
