"""One route of the API, declared once: the dispatcher obeys the declaration, and the OpenAPI document is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from core.accounts.scopes import Scope
from core.accounts.sight import Sight
from core.web.access import Access
from core.web.api.services import ApiServices

Body = TypeVar("Body")
Query = TypeVar("Query")

SMALL_BODY_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a token, acting for its user, within one workspace."""

    token_id: str
    user_id: str
    workspace_id: str
    scopes: frozenset[str] = frozenset()

    @property
    def sight(self) -> Sight:
        """What the token's user may see."""
        return Sight(self.workspace_id, self.user_id)


@dataclass(frozen=True, slots=True)
class Call(Generic[Body, Query]):
    """One checked call. `path` holds the parts of the path by name; ids in it are well-formed."""

    services: ApiServices
    caller: Caller
    path: Mapping[str, str]
    body: Body
    query: Query
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a route answers when all went well. `content` None means no body; `status` None the declared one."""

    content: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None


Handler = Callable[[Any], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """A route as declared. `path` is OpenAPI's, `errors` are the statuses beyond those that any route may answer."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    handle: Handler
    tag: str
    body: type[BaseModel] | None = None
    body_optional: bool = False
    body_limit: int = SMALL_BODY_BYTES
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    # Another status that the same answer may come with.
    other_status: int | None = None
    errors: tuple[int, ...] = ()
    access: Access = Access.TOKEN
    # What the caller's token must carry; an operation for tokens without one is refused to all.
    scope: Scope | None = None

    @property
    def takes_idempotency_key(self) -> bool:
        """Every POST does."""
        return self.method == "POST"

    @property
    def statuses(self) -> tuple[int, ...]:
        """All statuses of problems that this route may answer, in order."""
        found = {400, 500, 503, *self.errors}
        if self.access is Access.TOKEN:
            found |= {401, 403, 429}
        if "{" in self.path:
            found.add(404)
        if self.body is not None:
            found |= {413, 415, 422}
        if self.takes_idempotency_key:
            found |= {409, 422}
        return tuple(sorted(found))


class Operations:
    """The operations of one group of routes, in the order of their declaration."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.declared: list[Operation] = []

    def add(self, method: str, path: str, summary: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare the decorated function as the handler of a route; its docstring is the description."""

        def declare(handle: Handler) -> Handler:
            description = " ".join((handle.__doc__ or "").split())
            self.declared.append(
                Operation(handle.__name__, method, path, summary, description, handle, self.tag, **options)
            )
            return handle

        return declare
