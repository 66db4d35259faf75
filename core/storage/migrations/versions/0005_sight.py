"""List one's own messages, and those that teammates share, along an index each"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_messages_user_sent", "messages", ["user_id", "sent_at", "id"])
    op.create_index(
        "ix_messages_shared_sent",
        "messages",
        ["workspace_id", "sent_at", "id"],
        postgresql_where=sa.text("is_shared"),
        sqlite_where=sa.text("is_shared = 1"),
    )
    op.drop_index("ix_messages_user_id", "messages")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_messages_user_id", "messages", ["user_id"])
    op.drop_index("ix_messages_shared_sent", "messages")
    op.drop_index("ix_messages_user_sent", "messages")
