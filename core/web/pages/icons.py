"""The signs beside texts: own line drawings in `static/icons.svg`, coloured by the text they stand beside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from markupsafe import Markup

_ICON = Markup(
    '<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">'
    '<use href="{}#{}"/></svg>'
)


def make_icon(static_url: Callable[[str], str]) -> Callable[[str], Markup]:
    """Return the function that builds an icon by name. An icon says nothing of its own: the text beside it does."""
    sheet = static_url("icons.svg")
    return cache(lambda name: _ICON.format(sheet, name))
