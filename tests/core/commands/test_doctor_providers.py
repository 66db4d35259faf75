"""Doctor on providers' credentials: their form, whether the issuer answers, and what the consoles need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.accounts.providers.credentials import ClientCredentials, Source, store_credentials
from core.commands.doctor.providers import check_providers
from core.keys import KeyRing
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import User
from core.storage.sealing import Sealer
from tests.fakes.openid import OpenIdProvider, serve


def make_settings(folder: Path, issuer_url: str, client_id: str = "123-abc.apps.googleusercontent.com") -> Settings:
    """Make settings with credentials of Google."""
    return Settings(
        data_dir=folder, google_client_id=client_id, google_client_secret="secret", google_issuer_url=issuer_url
    )


def lines(settings: Settings) -> list[str]:
    """Return what is found."""
    return [str(finding) for finding in check_providers(settings)]


def test_without_credentials_it_says_where_to_paste_them_and_what_to_enter(tmp_path: Path) -> None:
    found = lines(Settings(data_dir=tmp_path, public_url="https://mail.example.com"))
    assert found[0].startswith("warn  google")
    assert "https://mail.example.com/start" in found[0]
    assert "https://mail.example.com/connect/google/callback" in found[1]
    assert "https://www.googleapis.com/auth/gmail.send" in found[1]
    assert "https://mail.example.com/connect/microsoft/callback" in found[3]
    assert "Mail.Send" in found[3]


def test_credentials_are_well_where_the_issuer_answers(tmp_path: Path) -> None:
    with serve(OpenIdProvider()) as provider:
        found = lines(make_settings(tmp_path, provider.url))
    assert found[0] == "ok    google       credentials from the environment, Google answers"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9"])
def test_an_issuer_that_does_not_answer_fails(tmp_path: Path, url: str) -> None:
    found = lines(make_settings(tmp_path, url))
    assert found[0].startswith("fail  google")
    assert "does not answer" in found[0]


def test_a_client_id_of_another_form_fails_without_asking_anybody(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, google_client_id="my-app", google_client_secret="secret")
    assert "the client id from the environment is none of Google's" in lines(settings)[0]


def test_an_address_that_no_provider_takes_is_warned_of(tmp_path: Path) -> None:
    with serve(OpenIdProvider()) as provider:
        settings = make_settings(tmp_path, provider.url)
        found = lines(replace(settings, public_url="http://mail.example.com"))
    assert found[0].startswith("warn  google")


def test_what_was_pasted_in_is_checked_as_well(
    settings: Settings, sessions: Sessions, owner: User, ring: KeyRing
) -> None:
    given = ClientCredentials("pasted-client", "pasted-secret", None, Source.PASTED)
    with sessions.begin() as session:
        store_credentials(session, Sealer(ring), "google", given, owner.id, datetime.now(UTC))
    with serve(OpenIdProvider()) as provider:
        found = lines(replace(settings, google_issuer_url=provider.url))
    assert found[0] == "ok    google       credentials from the start page, Google answers"
    assert "pasted-secret" not in "".join(found)
