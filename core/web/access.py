"""Who may call an endpoint: every view function carries one mark, and an endpoint without a mark is refused.

A mark may name the roles that may call it: `@access(SESSION, roles=MANAGERS)`. Others among the signed-in get 403.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import Flask, abort, current_app, request

from core.accounts.roles import EVERYONE, Role

View = TypeVar("View", bound=Callable[..., Any])

MARK: Final = "__access__"
ROLES: Final = "__roles__"


class Access(StrEnum):
    """Who may call an endpoint."""

    PUBLIC = "public"  # anyone
    SESSION = "session"  # a signed-in browser
    TOKEN = "token"  # noqa: S105 - a bearer token of the REST API; no secret here


PUBLIC: Final = Access.PUBLIC
SESSION: Final = Access.SESSION
TOKEN: Final = Access.TOKEN


def access(mark: Access, *, roles: frozenset[Role] = EVERYONE) -> Callable[[View], View]:
    """Mark a view function with who may call it. Put it directly below the route decorator."""

    def decorate(view: View) -> View:
        setattr(view, MARK, mark)
        setattr(view, ROLES, roles)
        return view

    return decorate


def find_access(view: Callable[..., Any]) -> Access | None:
    """Return the mark of a view function, None where it has none."""
    mark = getattr(view, MARK, None)
    return mark if isinstance(mark, Access) else None


def find_roles(view: Callable[..., Any]) -> frozenset[Role]:
    """Return the roles of those who may call a view function."""
    roles: frozenset[Role] = getattr(view, ROLES, EVERYONE)
    return roles


def refuse_unmarked(app: Flask) -> None:
    """Make `app` answer 403 for every endpoint without a mark. The mark itself is enforced by each blueprint."""
    app.before_request(_refuse_unmarked)


def _refuse_unmarked() -> None:
    if request.endpoint is None:
        return  # no such page, or a wrong method: Flask answers
    view = current_app.view_functions.get(request.endpoint)
    if view is None or find_access(view) is None:
        abort(403)
