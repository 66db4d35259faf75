"""What a person may see of a workspace: their own messages, and those that their senders share with the team.

Every query for people and programs takes a `Sight`, never a bare workspace, so that none can forget to ask. Seeing is
not changing: a message is corrected, shared, deleted by its sender alone (`is_own`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_

from core.storage.messages import Message


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose eyes a query looks with. Roles give no sight: an owner sees who has access, not what others wrote.

    `is_whole` is for those who answer for a workspace as a whole, see `see_whole`; there is no user then.
    """

    workspace_id: str
    user_id: str
    own_only: bool = False
    is_whole: bool = False


def see_whole(workspace_id: str) -> Sight:
    """Make the sight of all in a workspace: the command line's, and erasure's. Never show a signed-in person by it."""
    return Sight(workspace_id, user_id="", is_whole=True)


def sees_message(sight: Sight) -> ColumnElement[bool]:
    """Return the condition on `messages` under which a row may be seen."""
    in_workspace = Message.workspace_id == sight.workspace_id
    if sight.is_whole:
        return in_workspace
    own = Message.user_id == sight.user_id
    return and_(in_workspace, own if sight.own_only else or_(own, Message.is_shared))


def split_sight(sight: Sight) -> tuple[ColumnElement[bool], ...]:
    """Return conditions that together are `sees_message`, and each of which an index orders by time of sending.

    A list takes its first rows from each: "own or shared" in one condition makes a database read a whole workspace.
    """
    in_workspace = Message.workspace_id == sight.workspace_id
    if sight.is_whole:
        return (in_workspace,)
    own = Message.user_id == sight.user_id  # a person belongs to one workspace; naming it would mislead the planner
    return (own,) if sight.own_only else (own, and_(in_workspace, Message.is_shared))


def is_own(sight: Sight, message: Message) -> bool:
    """Say whether a message that is seen may also be changed: by its sender, and by the installation's operator."""
    return sight.is_whole or message.user_id == sight.user_id
