"""More people for tests: colleagues in the owner's workspace."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.storage.models import User


def add_colleague(session: Session, owner: User, email: str = "colleague@example.com", role: str = "member") -> User:
    """Add somebody to the owner's workspace."""
    user = User(workspace_id=owner.workspace_id, email=email, role=role, created_at=owner.created_at)
    session.add(user)
    session.flush()
    return user
