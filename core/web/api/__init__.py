"""The REST API: declared operations, carried out and described from the same declarations."""

from __future__ import annotations

from core.web.api.blueprint import PREFIX, create_api
from core.web.api.services import ApiServices

__all__ = ["PREFIX", "ApiServices", "create_api"]
