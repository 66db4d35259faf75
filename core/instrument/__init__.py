"""Puts the pixel and the tracked links into a message: HTML and RFC 5322. Pure: no SQL, no settings, no HTTP."""

from __future__ import annotations

from core.instrument.document import HtmlResult, instrument_html, list_links
from core.instrument.reasons import SENTENCES
from core.instrument.tracking import Tracking

__all__ = ["SENTENCES", "HtmlResult", "Tracking", "instrument_html", "list_links"]
