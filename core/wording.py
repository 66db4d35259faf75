"""Naming texts that are shown to people, so that they are found and can be translated. Translating is the web's."""

from __future__ import annotations


def mark(text: str) -> str:
    """Name a text that is translated where it is shown."""
    return text


def mark_plural(one: str, many: str) -> tuple[str, str]:
    """Name a text that there is for one thing and for several."""
    return one, many
