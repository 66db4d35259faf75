"""Rendering a page for who looks at it, with what its frame needs."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounts.install.connections import needs_user
from core.accounts.sessions import Viewer
from core.accounts.sight import Sight
from core.storage.messages import Message
from core.web.pages.live import answer_unchanged, find_unseen, fingerprint
from core.web.release import find_version


def render_page(session: Session, viewer: Viewer, template: str, **context: Any) -> Response:
    """Render `template` inside the frame of signed-in pages, which tells of an account to be connected again."""
    unseen = find_unseen(session, viewer)
    reconnect = needs_user(session, viewer.user_id)
    page = render_template(template, viewer=viewer, unseen=unseen, needs_reconnect=reconnect, **context)
    return Response(page, content_type="text/html; charset=utf-8")


def begin_live_page(session: Session, viewer: Viewer) -> tuple[str, Response | None]:
    """Return the page's tag, and the 304 to answer if the asking page shows that already."""
    tag = fingerprint(session, viewer, find_version())
    return tag, answer_unchanged(tag)


def render_live_page(session: Session, viewer: Viewer, tag: str, template: str, **context: Any) -> Response:
    """Render a page that will ask for news of itself by `tag`."""
    response = render_page(session, viewer, template, live_tag=tag, **context)
    response.headers["ETag"] = tag
    return response


def has_samples(session: Session, sight: Sight) -> bool:
    """Say whether sample messages of one's own are there."""
    own = (Message.user_id == sight.user_id, Message.is_sample, Message.is_test.is_(False))
    return bool(session.scalar(select(func.count()).select_from(select(Message.id).where(*own).limit(1).subquery())))
