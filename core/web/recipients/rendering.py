"""Rendering the recipients' pages in the language of whoever reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, render_template, request
from markupsafe import Markup

from core.privacy.statement import list_held_kinds
from core.web.recipients import words
from core.web.translation import LANGUAGES, RECIPIENTS, choose_language, current_language, use_language


def speak() -> None:
    """Take up the language that the request asks for."""
    use_language(choose_language(request), RECIPIENTS)


def render(template: str, status: int, **context: Any) -> Response:
    """Render a page."""
    page = render_template(
        template,
        language=current_language(),
        languages=LANGUAGES,
        words=words,
        kinds=list_held_kinds(),
        show_moment=show_moment,
        **context,
    )
    response = Response(page, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = current_language()
    response.headers["Vary"] = "Accept-Language"
    return response


def render_message(which: str, status: int) -> Response:
    """Render a page that says one thing: "forged", "refused", "gone" or "nothing"."""
    return render("recipient_message.html", status, which=which)


def show_moment(at: datetime | str | None) -> Markup:
    """Write a time as it reads in every language: by numbers, in UTC."""
    if at is None:
        return Markup("–")
    moment = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
    return Markup('<time datetime="{}">{:%Y-%m-%d, %H:%M} UTC</time>').format(moment.isoformat(), moment)
