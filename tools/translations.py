"""`make translations`: finds the texts to translate, brings each language's catalogue up to date, and compiles it.

The compiled catalogues are committed, so that running needs no Babel. New texts are left empty and said so; until
they are translated they read in English. Nothing is guessed: a text that changed counts as new.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from core.privacy.statement import list_held_kinds
from core.web.translation import DOMAIN, FOLDER, LANGUAGES, SOURCE

_ROOT = Path(__file__).resolve().parents[1]
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false", "trim_blocks": "true"}}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}
_WIDTH = 110
_DAY = datetime(2026, 11, 1, tzinfo=UTC)


def main() -> None:
    """Update all catalogues; leave with 1 if a text lacks its translation."""
    template = find_texts()
    missing = 0
    for language in LANGUAGES:
        if language != SOURCE:
            catalogue = update(language, template)
            lacking = [message for message in catalogue if message.id and not is_translated(message.string)]
            missing += len(lacking)
            print(f"{language}: {len(catalogue)} texts, {len(lacking)} to translate", file=sys.stderr)
    sys.exit(1 if missing else 0)


def find_texts() -> Catalog:
    """Find all texts that code and templates mark, and those that the tables' columns carry."""
    catalogue = Catalog(project="MailerPlex", charset="utf-8")
    found = extract_from_dir(_ROOT / "core", _METHODS, _OPTIONS, _KEYWORDS, comment_tags=("Translators:",))
    for file, _line, message, comments, context in found:
        catalogue.add(message, None, [(f"core/{file}", 0)], auto_comments=comments, context=context)
    for kind in list_held_kinds():
        for text in (*kind.purposes, *(retention.value for retention in kind.retentions)):
            catalogue.add(text, None, [("core/storage", 0)])
    return catalogue


def update(language: str, template: Catalog) -> Catalog:
    """Bring one language's catalogue up to date, and compile it."""
    folder = FOLDER / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{DOMAIN}.po"
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
    with (folder / f"{DOMAIN}.mo").open("wb") as compiled:
        write_mo(compiled, catalogue)
    return catalogue


def _start(language: str) -> Catalog:
    """Begin a catalogue, with a fixed date, so that the same texts make the same bytes."""
    header = f"# MailerPlex in {LANGUAGES[language]}. `make translations` brings this file up to date."
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
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=_WIDTH, sort_output=True, include_lineno=False, omit_header=False)
    lines = buffer.getvalue().decode("utf-8").splitlines(keepends=True)
    dated = ('"POT-', '"PO-', '"Generated-By', '"Last-Translator', '"Report-Msgid', '"Language-Team')
    path.write_text("".join(line for line in lines if not line.startswith(dated)), encoding="utf-8")


if __name__ == "__main__":
    main()
