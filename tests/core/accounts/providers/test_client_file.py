"""What people paste as Google's client_secret.json, and what they are told about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounts.providers.client_file import parse_client_file
from core.errors import InputError

HERE = "https://mail.example.com/connect/google/callback"
WEB: dict[str, Any] = {
    "client_id": "123-abc.apps.googleusercontent.com",
    "client_secret": "GOCSPX-secret-of-google",
    "redirect_uris": [HERE, "https://other.example/cb"],
}


def write(**parts: Any) -> str:
    """Write a file's text."""
    return json.dumps(parts)


def test_the_file_of_a_web_client_is_read() -> None:
    file = parse_client_file(write(web=WEB))
    assert file.credentials.client_id == WEB["client_id"]
    assert file.credentials.client_secret == WEB["client_secret"]
    assert not file.is_missing(HERE)
    assert "GOCSPX" not in repr(file)


@pytest.mark.parametrize("other", [HERE + "/", HERE.replace("https", "http"), HERE.replace("mail.", "")])
def test_a_redirect_uri_counts_only_to_the_letter(other: str) -> None:
    assert parse_client_file(write(web=WEB)).is_missing(other)
    assert parse_client_file(write(web={**WEB, "redirect_uris": "none"})).is_missing(HERE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste the whole content"),
        ('{"web": {', "not JSON"),
        ("[]", "not a client_secret.json"),
        (write(installed=WEB), "desktop app"),
        (write(type="service_account", private_key="x"), "service account"),
        (write(web={**WEB, "client_secret": ""}), "client secret is missing"),
        (write(web={**WEB, "client_id": 7}), "client id is missing"),
        ("[" * 19_000, "not JSON"),
        ("x" * 30_000, "too long"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_to_do(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_client_file(text)


NAMES = st.sampled_from(["web", "installed", "client_id", "client_secret", "redirect_uris", "type"])
VALUES = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(NAMES, inner))


@given(st.text() | VALUES.map(json.dumps))
def test_whatever_is_pasted_is_read_or_refused(text: str) -> None:
    try:
        file = parse_client_file(text)
    except InputError:
        return
    assert file.credentials.client_id
    assert file.credentials.client_secret
