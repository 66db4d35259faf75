"""Texts in other languages: gettext catalogues for templates and code. Only compiled catalogues are read here.

Templates say `{{ _("…") }}`, `{{ ngettext("…", "…", number) }}` or `{% trans %}`; code says `gettext("…")`, and
`mark("…")` where a text is only named, to be translated later. `make translations` finds them all. A page without a
language of its own is English.
"""

from __future__ import annotations

import gettext as catalogues
from functools import lru_cache
from pathlib import Path
from typing import Final

from flask import Flask, Request, g, has_request_context

FOLDER: Final = Path(__file__).parent / "translations"
DOMAIN: Final = "messages"
SOURCE: Final = "en"
LANGUAGES: Final = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "pt": "Português"}
"""By their codes (RFC 5646), as their speakers call them."""


def mark(text: str) -> str:
    """Name a text that is translated where it is shown."""
    return text


@lru_cache(maxsize=len(LANGUAGES))
def load_catalogue(language: str) -> catalogues.NullTranslations:
    """Load the catalogue of a language; the source language has none."""
    if language == SOURCE:
        return catalogues.NullTranslations()
    return catalogues.translation(DOMAIN, FOLDER, [language])


def choose_language(request: Request) -> str:
    """Choose by the address's `lang`, else by what the browser's user reads best."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, SOURCE) or SOURCE


def use_language(language: str) -> None:
    """Speak a language for the rest of the request."""
    g.language = language


def current_language() -> str:
    """Return the language of the request."""
    language: str = g.get("language", SOURCE) if has_request_context() else SOURCE
    return language


def gettext(text: str) -> str:
    """Translate a text into the language of the request."""
    return load_catalogue(current_language()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """Translate a text of which there is one for one thing and one for several."""
    return load_catalogue(current_language()).ngettext(one, many, number)


def translate_templates(app: Flask) -> None:
    """Give templates `_`, `ngettext`, `{% trans %}` and `current_language()`."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    # What the extension adds to the environment when it is loaded.
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.globals["current_language"] = current_language
