"""Reads what a client sent into models, and says precisely what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError

from core.web.api.problems import FieldError, Problem

Model = TypeVar("Model", bound=BaseModel)

_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}", re.ASCII)
_SHOWN_CHARACTERS: Final = 100
_ESCAPE: Final = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)")
_LENGTH_OF_LONE_SURROGATE: Final = len(rb"\ud800")
_LISTED_ERRORS: Final = 5000
"""Beyond these they are only counted: a list of millions, for a body of a few MB, would fill the memory."""


def read_body(request: Request, model: type[Model], *, optional: bool) -> Model:
    """Read the JSON body. Raises Problem: 400 for no JSON, 415 for another type, 422 for what the model refuses."""
    raw = request.get_data(cache=False)
    if not raw and optional:
        raw = b"{}"
    elif not _is_json(request):
        raise Problem(415, "Send the body as JSON, with `Content-Type: application/json`.")
    try:
        return model.model_validate_json(_mend_surrogates(raw))
    except ValidationError as error:
        raise _describe_body(error) from None


def _mend_surrogates(raw: bytes) -> bytes:
    """Replace halves of surrogate pairs; few requests have any escape that might be one."""
    return _ESCAPE.sub(_replace_lone_surrogate, raw) if b"\\ud" in raw.lower() else raw


def _replace_lone_surrogate(escape: re.Match[bytes]) -> bytes:
    """Give U+FFFD for half a surrogate pair, which JavaScript's JSON.stringify writes and no UTF-8 can hold."""
    found = escape[0]
    return rb"\ufffd" if len(found) == _LENGTH_OF_LONE_SURROGATE else found


def _is_json(request: Request) -> bool:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    return request.mimetype == "application/json" and charset in ("utf-8", "utf8")


def _describe_body(error: ValidationError) -> Problem:
    if error.error_count() > _LISTED_ERRORS:
        return Problem(422, f"The body has {error.error_count()} errors, too many to list: see the OpenAPI document.")
    errors = _list_errors(error)
    if errors[0]["type"] == "json_invalid":
        reason = errors[0].get("ctx", {}).get("error", "not JSON")
        return Problem(400, f"The body is not valid JSON (RFC 8259, UTF-8): {reason}.")
    found = [FieldError(_describe_error(item), pointer=_point(item["loc"])) for item in errors]
    return Problem(422, _summarise(found[0].pointer or "the body", found), found)


def read_query(request: Request, model: type[Model]) -> Model:
    """Read the query string. Raises Problem (400)."""
    values: dict[str, str] = {}
    for name, given in request.args.lists():
        if len(given) > 1:
            raise _refuse_parameter(FieldError("is given more than once", parameter=_cut(name)))
        values[name] = given[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        item = _list_errors(error)[0]
        raise _refuse_parameter(FieldError(_describe_error(item), parameter=_cut(str(item["loc"][0])))) from None


def read_idempotency_key(request: Request) -> str | None:
    """Read the Idempotency-Key header. Raises Problem (400)."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise _refuse_parameter(
            FieldError("must be 1 to 200 printable ASCII characters without blanks", parameter="Idempotency-Key")
        )
    return key


def _refuse_parameter(error: FieldError) -> Problem:
    return Problem(400, f"{error.parameter}: {error.detail}.", [error])


def refuse_parameter(name: str, detail: str) -> Problem:
    """Make the problem of one parameter of path or query."""
    return _refuse_parameter(FieldError(detail.rstrip("."), parameter=name))


def _list_errors(error: ValidationError) -> Sequence[Any]:
    return error.errors(include_url=False, include_input=False)


def _describe_error(item: Any) -> str:
    """Say what is wrong in one line: our own validators' words, else pydantic's."""
    own = item.get("ctx", {}).get("error")
    if isinstance(own, ValueError):
        return str(own).rstrip(".")
    if item["type"] == "extra_forbidden":
        return "is not a field of this request"
    return str(item["msg"][:1].lower() + item["msg"][1:])


def _point(location: Sequence[int | str]) -> str:
    return "".join("/" + _cut(str(part)).replace("~", "~0").replace("/", "~1") for part in location)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."


def _summarise(first: str, found: Sequence[FieldError]) -> str:
    more = "" if len(found) == 1 else f" (and {len(found) - 1} more)"
    shown = "".join(character if character.isprintable() else "?" for character in first)
    return f"{shown}: {found[0].detail}{more}."
