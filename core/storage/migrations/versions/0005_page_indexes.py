"""Find what pages list by its order: one's own mail, what is shared, what just happened"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SHARED = {"postgresql_where": sa.text("is_shared"), "sqlite_where": sa.text("is_shared")}


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_messages_user_sent", "messages", ["user_id", "sent_at", "id"])
    op.create_index("ix_messages_user_status_sent", "messages", ["user_id", "status", "sent_at", "id"])
    op.create_index("ix_messages_shared_sent", "messages", ["workspace_id", "sent_at", "id"], **_SHARED)
    op.create_index(
        "ix_messages_shared_status_sent", "messages", ["workspace_id", "status", "sent_at", "id"], **_SHARED
    )
    op.create_index("ix_events_workspace_at", "events", ["workspace_id", "at"])
    op.drop_index("ix_messages_user_id", "messages")
    # Nothing asks by it, and it made each visit a change of every index of the table.
    op.drop_index("ix_messages_workspace_active", "messages")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_messages_workspace_active", "messages", ["workspace_id", "last_event_at"])
    op.create_index("ix_messages_user_id", "messages", ["user_id"])
    op.drop_index("ix_events_workspace_at", "events")
    op.drop_index("ix_messages_shared_status_sent", "messages")
    op.drop_index("ix_messages_shared_sent", "messages")
    op.drop_index("ix_messages_user_status_sent", "messages")
    op.drop_index("ix_messages_user_sent", "messages")
