"""Bringing catalogues up to date: new texts are empty, changed ones count as new, and nothing depends on the day."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from core.web.translation import FOLDER, PAGE_LANGUAGES, PAGES, RECIPIENTS, SOURCE
from tools import translations


def test_catalogues_are_as_the_command_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FOLDER / "de" / "LC_MESSAGES"
    target = tmp_path / "de" / "LC_MESSAGES"
    target.mkdir(parents=True)
    for path in source.glob("recipients.*"):
        (target / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    translations.update("de", RECIPIENTS, translations.find_texts(RECIPIENTS))
    for path in source.glob("recipients.*"):
        assert (target / path.name).read_bytes() == path.read_bytes(), "run `make translations`"


def test_a_new_text_is_empty_and_one_that_is_gone_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    first = Catalog()
    first.add("Old text", None)
    catalogue = translations.update("fr", PAGES, first)
    catalogue.add("Old text", "Ancien texte")
    second = Catalog()
    second.add("Old text changed", None)
    updated = translations.update("fr", PAGES, second)
    assert [message.id for message in updated if message.id] == ["Old text changed"]
    assert not translations.is_translated(updated["Old text changed"].string)


def test_the_template_of_the_pages_holds_the_texts_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    translations.write_template(translations.find_texts(PAGES))
    name = f"{PAGES}.pot"
    assert (FOLDER / name).read_text("utf-8") == (tmp_path / name).read_text("utf-8"), "run `make translations`"


def test_pages_are_offered_only_in_languages_that_are_complete() -> None:
    texts = [message.id for message in translations.find_texts(PAGES) if message.id]
    for language in PAGE_LANGUAGES.keys() - {SOURCE}:
        with (FOLDER / language / "LC_MESSAGES" / f"{PAGES}.po").open("rb") as file:
            written = read_po(file, locale=language)
        for text in texts:
            found = written.get(text)
            assert found is not None, text
            assert translations.is_translated(found.string), text
