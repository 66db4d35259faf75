"""`make translations`: finds the texts to translate, brings each language's catalogue up to date, and compiles it.

What recipients read is the domain "recipients"; all other pages are "messages", whose texts are also written to
`messages.pot`, from which translators begin. `make translations LANGUAGE=it` begins a language for the pages.

The compiled catalogues are committed, so that running needs no Babel. New texts are left empty and said so; until
they are translated they read in English. Nothing is guessed: a text that changed counts as new.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.privacy.statement import list_held_kinds
from core.web.translation import FOLDER, LANGUAGES, PAGE_LANGUAGES, PAGES, RECIPIENTS, SOURCE

Keywords = Mapping[str, tuple[int, ...] | None]

_ROOT = Path(__file__).resolve().parents[1]
_ROOMS = ("core", "connectors")
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false", "trim_blocks": "true"}}
_KEYWORDS: Final[Keywords] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "mark": None,
    "mark_plural": (1, 2),
}
_ERRORS: Final[tuple[Keywords, ...]] = (
    {"InputError": None, "NotAllowedError": None, "InstallError": None},
    {"InstallError": (2,)},
)
_SHOWN_ERRORS = (
    "core/accounts/",
    "core/people/",
    "core/web/pages/",
    "core/timeline/insights/",
    "core/messages/exclusions.py",
)
"""Where errors are raised that pages show in a form; those of the API and the command line stay English."""
_OF_RECIPIENTS = ("core/web/recipients/", "core/web/templates/recipient", "core/privacy/")
_WIDTH = 110
_DAY = datetime(2026, 11, 1, tzinfo=UTC)


def main(begun: Iterable[str] = ()) -> None:
    """Update all catalogues; leave with 1 if a language that is offered lacks a text."""
    template = find_texts(PAGES)
    write_template(template)
    missing = sum(_bring_up(language, RECIPIENTS, find_texts(RECIPIENTS)) for language in LANGUAGES)
    for language in sorted({*begun, *PAGE_LANGUAGES, *list_page_languages()}):
        lacking = _bring_up(language, PAGES, template)
        missing += lacking if language in PAGE_LANGUAGES else 0
    sys.exit(1 if missing else 0)


def list_page_languages() -> list[str]:
    """List the languages for which somebody began to translate the pages."""
    return sorted(path.parent.parent.name for path in FOLDER.glob(f"*/LC_MESSAGES/{PAGES}.po"))


def find_texts(domain: str) -> Catalog:
    """Find all texts of a domain that code and templates mark; for recipients also those of the tables' columns."""
    catalogue = Catalog(project="MailerPlex", charset="utf-8")
    for file, message, comments in _extract(_KEYWORDS):
        if file.startswith(_OF_RECIPIENTS) == (domain == RECIPIENTS):
            catalogue.add(message, None, [(file, 0)], auto_comments=comments)
    if domain == PAGES:
        for file, message, comments in chain.from_iterable(map(_extract, _ERRORS)):
            if file.startswith(_SHOWN_ERRORS):
                catalogue.add(message, None, [(file, 0)], auto_comments=comments)
    if domain == RECIPIENTS:
        for kind in list_held_kinds():
            for text in (*kind.purposes, *(retention.value for retention in kind.retentions)):
                catalogue.add(text, None, [("core/storage", 0)])
    return catalogue


def _extract(keywords: Keywords) -> Iterator[tuple[str, str | tuple[str, ...], list[str]]]:
    for room in _ROOMS:
        found = extract_from_dir(_ROOT / room, _METHODS, _OPTIONS, keywords, comment_tags=("Translators:",))
        for file, _line, message, comments, _context in found:
            yield f"{room}/{file}", message, comments


def write_template(template: Catalog) -> None:
    """Write the texts of the pages as the template that translators begin from."""
    template.fuzzy = False
    template.creation_date = _DAY
    template.header_comment = "# The texts of MailerPlex's pages. `make translations` writes this file."
    _write(FOLDER / f"{PAGES}.pot", template)


def _bring_up(language: str, domain: str, template: Catalog) -> int:
    """Update one catalogue, say how it stands, and count what it lacks."""
    if language == SOURCE:
        return 0
    catalogue = update(language, domain, template)
    lacking = [message for message in catalogue if message.id and not is_translated(message.string)]
    print(f"{language}, {domain}: {len(catalogue)} texts, {len(lacking)} to translate", file=sys.stderr)
    return len(lacking)


def update(language: str, domain: str, template: Catalog) -> Catalog:
    """Bring one language's catalogue up to date, and compile it."""
    folder = FOLDER / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{domain}.po"
    catalogue = _start(language)
    if source.exists():
        with source.open("rb") as file:
            old = read_po(file, locale=language)
        for message in old:
            if message.id and not message.fuzzy:
                catalogue.add(message.id, message.string)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = _DAY  # the update took the template's
    _write(source, catalogue)
    with (folder / f"{domain}.mo").open("wb") as compiled:
        write_mo(compiled, catalogue)
    return catalogue


def _start(language: str) -> Catalog:
    """Begin a catalogue, with a fixed date, so that the same texts make the same bytes."""
    name = LANGUAGES.get(language) or Locale.parse(language).display_name
    header = f"# MailerPlex in {name}. `make translations` brings this file up to date."
    return Catalog(
        locale=language,
        project="MailerPlex",
        version="1",
        header_comment=header,
        charset="utf-8",
        fuzzy=False,
        creation_date=_DAY,
        revision_date=_DAY,
    )


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Say whether a text has its translation, in all its forms."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _write(path: Path, catalogue: Catalog) -> None:
    """Write a catalogue without dates and line numbers, so that it changes only with its texts."""
    path.write_text(render(catalogue), encoding="utf-8")


def render(catalogue: Catalog) -> str:
    """Render a catalogue as its file holds it."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=_WIDTH, sort_output=True, include_lineno=False, omit_header=False)
    lines = buffer.getvalue().decode("utf-8").splitlines(keepends=True)
    dated = ('"POT-', '"PO-', '"Generated-By', '"Last-Translator', '"Report-Msgid', '"Language-Team')
    return "".join(line for line in lines if not line.startswith(dated))


if __name__ == "__main__":
    main(sys.argv[1:])
