"""Pages that follow what happens: they ask again and again, and mostly hear 304 (RFC 9110, conditional requests).

What a page shows is named by a fingerprint that costs a look at one row, so that an open page costs next to nothing
and never holds one of the web's threads.
"""

from __future__ import annotations

from hashlib import blake2b

from flask import Response, g, request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounts.sessions import Viewer
from core.accounts.sight import split_sight
from core.alerts.inbox import count_unseen
from core.storage.messages import Message
from core.timeline.feed import find_feed_position
from core.web.translation import current_language


def fingerprint(session: Session, viewer: Viewer, version: str) -> str:
    """Return the ETag of what this viewer would see now at the requested address.

    Read it before what is shown: then a page can be newer than its tag, never older.
    """
    position = find_feed_position(session, viewer.workspace_id)
    newest = [session.scalar(select(func.max(Message.sent_at)).where(seen)) for seen in split_sight(viewer.sight)]
    spoken = (version, current_language(), viewer.session_id, viewer.email, request.full_path)
    parts = (*spoken, position, newest, find_unseen(session, viewer))
    return f'"{blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


def find_unseen(session: Session, viewer: Viewer) -> int:
    """Count the viewer's new alerts, once for each request: the tag and the frame both tell it."""
    if "unseen" not in g:
        g.unseen = count_unseen(session, viewer.user_id)
    unseen: int = g.unseen
    return unseen


def answer_unchanged(tag: str) -> Response | None:
    """Answer 304 if the page that asks shows this already."""
    if not request.if_none_match.contains(tag.strip('"')):
        return None
    response = Response(status=304)
    response.headers["ETag"] = tag
    return response
