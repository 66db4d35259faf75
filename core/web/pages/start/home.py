"""Which page opens first: Start, until its user would rather have Activity."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.accounts.sessions import Viewer
from core.storage.accounts import User


def find_home(session: Session, viewer: Viewer) -> str:
    """Name the page that opens first for a person."""
    user = session.get(User, viewer.user_id)
    return "pages.show_activity" if user is None or user.hides_start else "pages.show_start"
