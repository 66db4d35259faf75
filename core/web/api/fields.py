"""The field types that requests are made of: addresses, URLs, times, cursors, each with its words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from core.errors import InputError
from core.links import parse_destination
from core.messages.draft import EARLIEST, clean_address
from core.timeline.paging import DEFAULT_LIMIT, MAXIMUM_LIMIT

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_BLANK_FOR_PLUS: Final = re.compile(r" (?=\d\d:\d\d$)")


class RequestModel(BaseModel):
    """Base of all request bodies: unknown fields are refused, and nothing is converted from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class QueryModel(BaseModel):
    """Base of all query strings: unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ResponseModel(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _own_words(check: Callable[[str], Any]) -> Callable[[str], Any]:
    """Let an InputError of ours reach pydantic, which knows ValueError."""

    def validate(value: str) -> Any:
        try:
            return check(value)
        except InputError as error:
            raise ValueError(str(error)) from None

    return validate


def _keep_if_trackable(url: str) -> str:
    parse_destination(url)
    return url


def _refuse_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    return text


def _parse_time(value: Any) -> datetime:
    text = _BLANK_FOR_PLUS.sub("+", value) if isinstance(value, str) else ""
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        time = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time in RFC 3339 with its zone, such as 2026-11-22T09:30:00Z") from None
    if time < EARLIEST:
        raise ValueError("must not be before 1970")
    return time


Address = Annotated[
    str,
    AfterValidator(_own_words(clean_address)),
    Field(description="An e-mail address; `Ann <ann@example.com>` is taken as well.", examples=["ann@example.com"]),
]
TrackableUrl = Annotated[
    str,
    AfterValidator(_own_words(_keep_if_trackable)),
    Field(description="An http or https URL.", examples=["https://example.com/offer?a=1"]),
]
Time = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
SearchText = Annotated[str, Field(max_length=200), AfterValidator(_refuse_nul)]
Cursor = Annotated[str | None, Field(description="`next` of an earlier answer, as it is.")]
Limit = Annotated[int, Field(ge=1, le=MAXIMUM_LIMIT, description="At most so many items.")]
Identifier = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Verdict = Literal["human", "human_via_proxy", "prefetch", "scanner", "self", "unknown"]
Status = Literal["draft", "sent", "read", "clicked", "replied", "bounced"]

Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time in an answer: RFC 3339 in UTC, with `Z`."""


class PageQuery(QueryModel):
    """The query of every paged list."""

    cursor: Cursor = None
    limit: Limit = DEFAULT_LIMIT
