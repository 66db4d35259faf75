"""Signing in the browser that asks, however it proved whose it is: the one way in for all pages."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.accounts.entry import sign_in
from core.web.browsers import find_current_viewer
from core.web.clients import find_origin
from core.web.services import WebServices


def enter(services: WebServices, session: Session, user_id: str, way: str) -> str:
    """Sign the browser in, in the caller's transaction; return the secret to give it by `Browser.sign_in` afterwards.

    `way` is how the person proved who they are: "one-time link", or a provider's title.
    """
    return sign_in(session, user_id, way, find_origin(services), services.clock(), find_current_viewer(services))
