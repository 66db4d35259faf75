"""What a person may see of a workspace: their own messages, and those that their senders share with the team.

Every query for people and programs takes a `Sight`, never a bare workspace, so that none can forget to ask.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from core.storage.messages import Message


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose eyes a query looks with. Roles give no sight: an owner sees who has access, not what others wrote."""

    workspace_id: str
    user_id: str
    own_only: bool = False


def sees_message(sight: Sight) -> ColumnElement[bool]:
    """Return the condition on `messages` under which a row may be seen."""
    own = Message.user_id == sight.user_id
    return and_(Message.workspace_id == sight.workspace_id, own if sight.own_only else or_(own, Message.is_shared))
