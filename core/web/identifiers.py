"""Identifiers in the paths of pages: what is none is a page that does not exist, before any database is asked."""

from __future__ import annotations

import re

from werkzeug.routing import BaseConverter


class IdConverter(BaseConverter):
    """32 lower-case hexadecimal digits, see `core.storage.identifiers`."""

    regex = "[0-9a-f]{32}"

    @classmethod
    def is_one(cls, text: str) -> bool:
        """Say whether a text is an identifier."""
        return re.fullmatch(cls.regex, text) is not None
