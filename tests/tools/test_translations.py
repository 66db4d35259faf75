"""Bringing catalogues up to date: new texts are empty, changed ones count as new, and nothing depends on the day."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from core.web.translation import FOLDER
from tools import translations


def test_catalogues_are_as_the_command_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FOLDER / "de" / "LC_MESSAGES"
    target = tmp_path / "de" / "LC_MESSAGES"
    target.mkdir(parents=True)
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    translations.update("de", translations.find_texts())
    for path in source.iterdir():
        assert (target / path.name).read_bytes() == path.read_bytes(), "run `make translations`"


def test_a_new_text_is_empty_and_one_that_is_gone_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    first = Catalog()
    first.add("Old text", None)
    catalogue = translations.update("fr", first)
    catalogue.add("Old text", "Ancien texte")
    second = Catalog()
    second.add("Old text changed", None)
    updated = translations.update("fr", second)
    assert [message.id for message in updated if message.id] == ["Old text changed"]
    assert not translations.is_translated(updated["Old text changed"].string)
