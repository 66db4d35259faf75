"""Five languages: chosen by what the browser reads, complete, with the same placeholders, compiled as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.privacy.statement import list_held_kinds
from core.signal.evidence import Verdict
from core.web.recipients.letter import write_link_letter
from core.web.recipients.words import CATEGORIES, VERDICTS
from core.web.translation import FOLDER, LANGUAGES, RECIPIENTS, SOURCE, load_catalogue
from tests.core.web.recipients.conftest import ANN, BOB, Pages
from tests.support.api import add_event
from tools.translations import find_texts

OTHERS = [language for language in LANGUAGES if language != SOURCE]
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%[^(\s]")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_with_its_placeholders(language: str) -> None:
    catalogue = load_catalogue(language, RECIPIENTS)
    for message in find_texts(RECIPIENTS):
        if not message.id:
            continue
        if isinstance(message.id, str):
            pairs = [(message.id, catalogue.gettext(message.id))]
        else:
            one, many = message.id
            pairs = [(many, catalogue.ngettext(one, many, number)) for number in (1, 2)]
        for source, translated in pairs:
            assert translated, source
            assert sorted(_PLACEHOLDER.findall(translated)) == sorted(_PLACEHOLDER.findall(source)), source
        if isinstance(message.id, str) and " " in message.id:
            assert catalogue.gettext(message.id) != message.id, f"{message.id!r} reads in English"


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    path = FOLDER / language / "LC_MESSAGES" / f"{RECIPIENTS}.po"
    with path.open("rb") as file:
        written = read_po(file, locale=language)
    catalogue = load_catalogue(language, RECIPIENTS)
    for message in written:
        if message.id and isinstance(message.id, str):
            assert catalogue.gettext(message.id) == message.string
    assert {str(message.id) for message in written} == {str(message.id) for message in find_texts(RECIPIENTS)}


def test_running_needs_no_babel() -> None:
    sources = Path(__file__).resolve().parents[4] / "core"
    assert not [
        path
        for path in sources.rglob("*.py")
        if re.search(r"^\s*(import|from) babel", path.read_text("utf-8"), re.MULTILINE)
    ]


def test_every_kind_of_data_on_recipients_has_its_words() -> None:
    assert {kind.category for kind in list_held_kinds()} == CATEGORIES.keys()
    assert VERDICTS.keys() == set(Verdict)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("accepted", "language", "heading"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Diese E-Mail meldet"),
        ("fr-CA", "fr", "Cet e-mail informe"),
        ("es-MX,es", "es", "Este correo avisa"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt", "Este e-mail avisa"),
        ("en-GB", "en", "This e-mail tells"),
        ("ja,ko;q=0.9", "en", "This e-mail tells"),
        ("", "en", "This e-mail tells"),
        ("*;q=broken,,;", "en", "This e-mail tells"),
    ],
)
def test_the_browsers_language_is_spoken(pages: Pages, accepted: str, language: str, heading: str) -> None:
    answer = pages.get(pages.path(pages.send(ANN)), language=accepted)
    assert f'<html lang="{language}">' in answer.text
    assert heading in answer.text
    assert answer.headers["Content-Language"] == language


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_language_can_be_chosen_and_stays(pages: Pages) -> None:
    message_id = pages.send(ANN, BOB)
    add_event(pages.services.sessions, message_id)
    path = pages.path(message_id)
    page = pages.get(f"{path}?lang=fr", language="de")
    assert '<html lang="fr">' in page.text
    assert 'action="?lang=fr"' in page.text
    answer = pages.post(f"{path}?lang=fr", "stop", Accept_Language="de")
    assert "C’est fait" in pages.get(answer.headers["Location"], language="de").text
    assert '<html lang="en">' in pages.get(f"{path}?lang=xx", language="en").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mailed_link_is_whole_in_every_language(language: str) -> None:
    link = "https://t.example/p/me/1" + "A" * 48 + "?lang=" + language
    letter = write_link_letter(ANN, link, "t.example", language)
    assert link in letter.get_content().splitlines()
    assert letter["Subject"]
    assert letter["Content-Language"] == language
