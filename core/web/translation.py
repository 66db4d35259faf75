"""Texts in other languages: gettext catalogues for templates and code. Only compiled catalogues are read here.

Templates say `{{ _("…") }}`, `{{ ngettext("…", "…", number) }}` or `{% trans %}`, and `{{ text|translated }}` for a
text that code named; code says `gettext("…")`, and `mark("…")` where a text is only named. `make translations` finds
them all. There are two domains, for they are complete at different times: what recipients read, and all other pages.
"""

from __future__ import annotations

import gettext as catalogues
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, Request, g, has_request_context

from core.wording import mark as mark
from core.wording import mark_plural as mark_plural

FOLDER: Final = Path(__file__).parent / "translations"
PAGES: Final = "messages"
RECIPIENTS: Final = "recipients"
SOURCE: Final = "en"
LANGUAGES: Final = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "pt": "Português"}
"""What recipients can read, by their codes (RFC 5646), as their speakers call them."""
PAGE_LANGUAGES: Final = {"en": "English"}
"""What all other pages are offered in: languages whose catalogue is complete, which a test insists on."""


@lru_cache(maxsize=32)
def load_catalogue(language: str, domain: str = PAGES) -> catalogues.NullTranslations:
    """Load the catalogue of a language; the source language has none."""
    if language == SOURCE:
        return catalogues.NullTranslations()
    return catalogues.translation(domain, FOLDER, [language])


def choose_language(request: Request) -> str:
    """Choose by the address's `lang`, else by what the browser's user reads best."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, SOURCE) or SOURCE


def choose_page_language(request: Request) -> str:
    """Choose what a signed-in page is written in by what the browser's user reads best."""
    return request.accept_languages.best_match(PAGE_LANGUAGES, SOURCE) or SOURCE


def use_language(language: str, domain: str = PAGES) -> None:
    """Speak a language for the rest of the request."""
    g.language, g.domain = language, domain


def current_language() -> str:
    """Return the language of the request."""
    language: str = g.get("language", SOURCE) if has_request_context() else SOURCE
    return language


def gettext(text: str) -> str:
    """Translate a text into the language of the request; nothing stays nothing."""
    return _current_catalogue().gettext(text) if text else text


def ngettext(one: str, many: str, number: int) -> str:
    """Translate a text of which there is one for one thing and one for several."""
    return _current_catalogue().ngettext(one, many, number)


def _current_catalogue() -> catalogues.NullTranslations:
    domain: str = g.get("domain", PAGES) if has_request_context() else PAGES
    return load_catalogue(current_language(), domain)


def translate_templates(app: Flask) -> None:
    """Give templates `_`, `ngettext`, `{% trans %}`, `translated` and `current_language()`."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # What the extension adds to the environment when it is loaded.
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals["current_language"] = current_language
    # Unlike `_`, whose texts stand in templates and may hold markup, this one's result is escaped.
    app.jinja_env.filters["translated"] = gettext
