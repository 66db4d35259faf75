"""Which version of MailerPlex this is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def find_version() -> str:
    """Return the installed version."""
    try:
        return version("mailerplex")
    except PackageNotFoundError:
        return "0"
